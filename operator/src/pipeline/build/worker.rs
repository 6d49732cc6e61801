//! Workers: pods that take the jobs of one pipeline.

use serde_json::json;

use super::PipelineInput;
use crate::{
    api::{AutoscalingMode, StringMap},
    children::{NotRendered, Rendered},
    config, digest,
    names::Component,
    platform::build::Connection,
    pod::{ConfigFiles, Defaults, Ending, Files, MARKS, Pod, Port, Probes, fitted},
    secrets::RedisUser,
    workload::{self, Aims},
};

const COMPONENT: Component = Component::Worker;
const CONFIG_FOLDER: &str = "/etc/photo/config";
const CONFIG_FILE: &str = "pipeline.yaml";
const START_SECONDS: i32 = 60;

pub(super) fn children(input: &PipelineInput) -> Result<Vec<Rendered>, NotRendered> {
    let (family, ground, spec) = (input.family(), input.ground(), input.spec);
    let text = config::yaml(&config::pipeline_spec(spec)?)?;
    let files: StringMap = [(CONFIG_FILE.to_owned(), text)].into();
    // Images are read once, as the file is.
    let mut read = files.clone();
    read.extend(input.marks.iter().map(|(image, version)| (image.to_string(), version.clone())));
    let hash = digest::of(&json!(read));
    let mut children = vec![
        workload::service_account(&family, COMPONENT)?,
        workload::config_map(&family, COMPONENT, files)?,
        workload::pods_address(&family, COMPONENT, Port::PROBE)?,
        workload::disruption_budget(&family, COMPONENT, spec.worker.max_unavailable.clone())?,
        workload::deployment(&ground, input.replicas(), pod(input, hash)?)?,
    ];
    if let Some(autoscaling) = spec.autoscaling
        && autoscaling.mode == AutoscalingMode::Cpu
        && input.runs()
    {
        let aims = Aims {
            min: autoscaling.min_replicas,
            max: autoscaling.max_replicas,
            cpu_percent: autoscaling.target_cpu_utilization_percent,
            memory_percent: None,
        };
        children.push(workload::autoscaler(&family, COMPONENT, aims)?);
    }
    Ok(children)
}

fn pod(input: &PipelineInput, hash: String) -> Result<Pod, NotRendered> {
    let worker = &input.spec.worker;
    let connection = environment(input);
    Ok(Pod {
        component: COMPONENT,
        image: input.image.to_owned(),
        command: &[],
        arguments: vec!["run".to_owned()],
        environment: connection.environment,
        ports: vec![Port::PROBE],
        resources: fitted(worker.resources.as_ref(), &defaults(worker.concurrency))?,
        probes: Probes::own(START_SECONDS),
        files: Files {
            secrets: connection.secrets,
            config: Some(ConfigFiles { name: COMPONENT.of(input.name), folder: CONFIG_FOLDER, hash }),
            marks: input.marks.keys().cloned().collect(),
            scratch: Vec::new(),
            volume: None,
        },
        ending: Ending { grace_seconds: config::worker_grace_seconds(worker), lingers_seconds: None },
        is_replicated: true,
        overrides: worker.pod_overrides.clone(),
    })
}

/// What a worker gets where nobody says. Each photo at the same time may take 1536 MiB, in which every photo of the
/// default limits fits, and takes a sixth of that as a rule.
fn defaults(concurrency: i32) -> Defaults {
    let photos = i64::from(concurrency);
    Defaults {
        cpu: "250m".to_owned(),
        memory: format!("{}Mi", 256 * photos),
        memory_limit: format!("{}Mi", 64 + 1536 * photos),
    }
}

/// What a worker reads.
fn environment(input: &PipelineInput) -> Connection {
    let platform = &input.platform;
    let mut connection = Connection::of_process(platform)
        .and(Connection::to_storage(platform))
        .and(Connection::to_redis(platform, RedisUser::Worker))
        .and(Connection::to_store(platform));
    connection.environment = connection
        .environment
        .with("PIPELINE_NAME", input.name)
        .with("PIPELINE_FILE", format!("{CONFIG_FOLDER}/{CONFIG_FILE}"))
        .with_pod_name("WORKER_NAME");
    if !input.marks.is_empty() {
        connection.environment = connection.environment.with("WATERMARK_FOLDER", MARKS);
    }
    connection
}
