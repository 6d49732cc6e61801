//! The storage role: exactly one pod, with SQLite on a volume.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::{
    PlatformInput,
    connection::{Connection, SHUTDOWN_SECONDS},
};
use crate::{
    api::{Cleanup, Metadata, State},
    children::{NotRendered, Rendered},
    names::{Component, port},
    pod::{Defaults, Ending, Files, Pod, Port, Probes, Scratch, fitted},
    secrets::RedisUser,
    workload::{self, PodVolume},
};

const COMPONENT: Component = Component::Metadata;
const HTTP: Port = Port::http(port::STORAGE);
const VOLUME: &str = "sqlite";
const FOLDER: &str = "/var/lib/photo";
/// Opening a large database checks it, and a new release may change its tables first.
const START_SECONDS: i32 = 900;

pub(super) fn children(input: &PlatformInput) -> Result<Vec<Rendered>, NotRendered> {
    let (family, ground) = (input.family(), input.ground());
    let volume =
        PodVolume { name: VOLUME, storage: &input.spec.metadata.storage, deletion: input.spec.deletion_policy };
    Ok(vec![
        workload::service_account(&family, COMPONENT)?,
        workload::stable_address(&family, COMPONENT, HTTP, None)?,
        workload::pods_address(&family, COMPONENT, Port::PROBE)?,
        workload::stateful_set(&ground, input.runs(), pod(input)?, volume)?,
    ])
}

fn pod(input: &PlatformInput) -> Result<Pod, NotRendered> {
    let connection = environment(input);
    // Where SQLite sorts what does not fit in memory.
    let scratch = Scratch { name: "scratch", folder: "/tmp", size: Quantity("1Gi".to_owned()) };
    Ok(Pod {
        component: COMPONENT,
        image: input.image(COMPONENT),
        command: &[],
        arguments: vec!["storage".to_owned()],
        environment: connection.environment,
        ports: vec![HTTP, Port::PROBE],
        resources: fitted(input.spec.metadata.resources.as_ref(), &Defaults::of("50m", "128Mi", "512Mi"))?,
        probes: Probes::own(START_SECONDS),
        files: Files {
            secrets: connection.secrets,
            config: None,
            marks: Vec::new(),
            scratch: vec![scratch],
            volume: Some((VOLUME, FOLDER)),
        },
        ending: Ending { grace_seconds: SHUTDOWN_SECONDS + 15, lingers_seconds: None },
        is_replicated: false,
        overrides: input.spec.metadata.pod_overrides.clone(),
    })
}

/// What the role reads.
fn environment(input: &PlatformInput) -> Connection {
    let mut connection = Connection::of_role(input, port::STORAGE)
        .and(Connection::between_roles(input))
        .and(Connection::to_redis(input, RedisUser::Storage))
        .and(Connection::to_store(input))
        .and(Connection::to_dead_letter_hook(input));
    let Metadata { backup, consistency, sqlite, .. } = &input.spec.metadata;
    connection.environment = connection
        .environment
        .with("PLATFORM_UID", input.data_owner)
        .with("SQLITE_PATH", format!("{FOLDER}/photos.sqlite"))
        .with_number("SQLITE_READERS", sqlite.readers)
        .with(
            "BACKUP",
            match backup.state {
                State::Enabled => "Enabled",
                State::Disabled => "Disabled",
            },
        )
        .with_number("BACKUP_PERIOD_SECONDS", backup.period_seconds)
        .with_number("BACKUP_RETAIN_COUNT", backup.retain_count)
        .with(
            "CLEANUP",
            match consistency.cleanup {
                Cleanup::ReportOnly => "ReportOnly",
                Cleanup::Quarantine => "Quarantine",
                Cleanup::Delete => "Delete",
            },
        )
        .with_number("SWEEP_PERIOD_SECONDS", consistency.period_seconds);
    connection
}
