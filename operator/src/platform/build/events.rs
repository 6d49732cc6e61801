//! The events role.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{
    PlatformInput,
    connection::{Connection, SHUTDOWN_SECONDS},
    gateway::{AWAY, LINGERS_SECONDS},
};
use crate::{
    children::{NotRendered, Rendered},
    names::{Component, port},
    pod::{Defaults, Ending, Files, Pod, Port, Probes, fitted},
    secrets::RedisUser,
    workload::{self, Replicas},
};

const COMPONENT: Component = Component::Events;
const HTTP: Port = Port::http(port::EVENTS);
const START_SECONDS: i32 = 60;

pub(super) fn children(input: &PlatformInput) -> Result<Vec<Rendered>, NotRendered> {
    let (family, ground) = (input.family(), input.ground());
    let event_bus = &input.spec.event_bus;
    let fewest = event_bus.autoscaling.map(|autoscaling| autoscaling.min_replicas);
    let replicas = Replicas::of_role(input.runs(), fewest, event_bus.replicas);
    Ok(vec![
        workload::service_account(&family, COMPONENT)?,
        workload::stable_address(&family, COMPONENT, HTTP, None)?,
        workload::pods_address(&family, COMPONENT, Port::PROBE)?,
        workload::disruption_budget(&family, COMPONENT, IntOrString::String(AWAY.to_owned()))?,
        workload::deployment(&ground, replicas, pod(input)?)?,
    ])
}

fn pod(input: &PlatformInput) -> Result<Pod, NotRendered> {
    let connection = environment(input);
    Ok(Pod {
        component: COMPONENT,
        image: input.image(COMPONENT),
        command: &[],
        arguments: vec!["events".to_owned()],
        environment: connection.environment,
        ports: vec![HTTP, Port::PROBE],
        resources: fitted(input.spec.event_bus.resources.as_ref(), &Defaults::of("50m", "64Mi", "256Mi"))?,
        probes: Probes::own(START_SECONDS),
        files: Files { secrets: connection.secrets, ..Files::default() },
        ending: Ending {
            grace_seconds: LINGERS_SECONDS + SHUTDOWN_SECONDS + 10,
            lingers_seconds: Some(LINGERS_SECONDS),
        },
        is_replicated: true,
        overrides: input.spec.event_bus.pod_overrides.clone(),
    })
}

/// What the role reads.
fn environment(input: &PlatformInput) -> Connection {
    let mut connection = Connection::of_role(input, port::EVENTS)
        .and(Connection::to_storage(input))
        .and(Connection::to_redis(input, RedisUser::Events))
        .and(Connection::from_users(input));
    let socket = &input.spec.event_bus.websocket;
    let mut environment = connection
        .environment
        .with_number("PING_PERIOD_SECONDS", socket.ping_period_seconds)
        .with_number("PING_TIMEOUT_SECONDS", socket.ping_timeout_seconds)
        .with_number("MAX_PAYLOAD_BYTES", socket.max_payload_bytes);
    if !socket.cors_origins.is_empty() {
        environment = environment.with("CORS_ORIGINS", socket.cors_origins.join(","));
    }
    connection.environment = environment;
    connection
}
