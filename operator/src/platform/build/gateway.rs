//! The api role.

use k8s_openapi::apimachinery::pkg::{api::resource::Quantity, util::intstr::IntOrString};
use serde_json::json;

use super::{
    PlatformInput,
    connection::{Connection, SHUTDOWN_SECONDS},
};
use crate::{
    api::StringMap,
    children::{NotRendered, Rendered},
    config, digest,
    names::{Component, port},
    pod::{ConfigFiles, Defaults, Ending, Files, Pod, Port, Probes, Scratch, fitted},
    workload::{self, Aims, Replicas},
};

const COMPONENT: Component = Component::Gateway;
const HTTP: Port = Port::http(port::API);
const CONFIG_FOLDER: &str = "/etc/photo/config";
const CONFIG_FILE: &str = "platform.yaml";
const SPOOL_FOLDER: &str = "/var/spool/photo";
/// Seconds until every proxy knows that a pod goes.
pub(super) const LINGERS_SECONDS: i64 = 5;
/// Pods that may be away while nodes are drained.
pub(super) const AWAY: &str = "25%";
const START_SECONDS: i32 = 60;

pub(super) fn children(input: &PlatformInput) -> Result<Vec<Rendered>, NotRendered> {
    let (family, ground, gateway) = (input.family(), input.ground(), &input.spec.gateway);
    let files = files(input)?;
    let hash = digest::of(&json!(files));
    let autoscaling = gateway.autoscaling.filter(|_| input.runs());
    let fewest = autoscaling.map(|autoscaling| autoscaling.min_replicas);
    let replicas = Replicas::of_role(input.runs(), fewest, gateway.replicas);
    let mut children = vec![
        workload::service_account(&family, COMPONENT)?,
        workload::config_map(&family, COMPONENT, files)?,
        workload::stable_address(&family, COMPONENT, HTTP, Some(&gateway.service))?,
        workload::pods_address(&family, COMPONENT, Port::PROBE)?,
        workload::disruption_budget(&family, COMPONENT, IntOrString::String(AWAY.to_owned()))?,
        workload::deployment(&ground, replicas, pod(input, hash)?)?,
    ];
    if let Some(autoscaling) = autoscaling {
        let aims = Aims {
            min: autoscaling.min_replicas,
            max: autoscaling.max_replicas,
            cpu_percent: autoscaling.target_cpu_percent,
            memory_percent: Some(autoscaling.target_memory_percent),
        };
        children.push(workload::autoscaler(&family, COMPONENT, aims)?);
    }
    Ok(children)
}

/// The part of the platform's spec that the role reads.
fn files(input: &PlatformInput) -> Result<StringMap, NotRendered> {
    let text = config::yaml(&config::platform_spec(input.spec)?)?;
    Ok([(CONFIG_FILE.to_owned(), text)].into())
}

fn pod(input: &PlatformInput, hash: String) -> Result<Pod, NotRendered> {
    let spool = SpoolSize::of(input.spec.gateway.upload.max_bytes);
    let connection = environment(input, &spool);
    Ok(Pod {
        component: COMPONENT,
        image: input.image(COMPONENT),
        command: &[],
        arguments: vec!["api".to_owned()],
        environment: connection.environment,
        ports: vec![HTTP, Port::PROBE],
        resources: fitted(input.spec.gateway.resources.as_ref(), &Defaults::of("50m", "128Mi", "512Mi"))?,
        probes: Probes::own(START_SECONDS),
        files: Files {
            secrets: connection.secrets,
            config: Some(ConfigFiles { name: COMPONENT.of(input.name), folder: CONFIG_FOLDER, hash }),
            marks: Vec::new(),
            scratch: vec![Scratch { name: "spool", folder: SPOOL_FOLDER, size: spool.volume() }],
            volume: None,
        },
        ending: Ending {
            grace_seconds: LINGERS_SECONDS + SHUTDOWN_SECONDS + 10,
            lingers_seconds: Some(LINGERS_SECONDS),
        },
        is_replicated: true,
        overrides: input.spec.gateway.pod_overrides.clone(),
    })
}

/// What the role reads.
fn environment(input: &PlatformInput, spool: &SpoolSize) -> Connection {
    let mut connection = Connection::of_role(input, port::API)
        .and(Connection::to_storage(input))
        .and(Connection::to_store(input))
        .and(Connection::from_users(input));
    let events = format!("http://{}:{}", Component::Events.of(input.name), port::EVENTS);
    connection.environment = connection
        .environment
        .with("PLATFORM_FILE", format!("{CONFIG_FOLDER}/{CONFIG_FILE}"))
        .with("EVENTS_URL", events)
        .with("SPOOL_DIR", SPOOL_FOLDER)
        .with_number("SPOOL_BYTES_MAX", spool.bytes);
    connection
}

/// Room for uploads on their way in.
struct SpoolSize {
    bytes: i64,
}

impl SpoolSize {
    const LEAST_BYTES: i64 = 4 * 1024 * 1024 * 1024;
    /// The longest uploads that fit at the same time, at least.
    const UPLOADS: i64 = 4;

    fn of(upload_bytes_max: i64) -> Self {
        Self { bytes: upload_bytes_max.saturating_mul(Self::UPLOADS).max(Self::LEAST_BYTES) }
    }

    /// A little more than the process uses: whoever is over the size of its volume is ended.
    fn volume(&self) -> Quantity {
        const MEBIBYTE: i64 = 1024 * 1024;
        Quantity(format!("{}Mi", (self.bytes / MEBIBYTE).saturating_add(64)))
    }
}
