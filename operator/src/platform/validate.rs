//! Step 2, validate: whether the spec can be made so in this cluster. What the schema already refuses comes here only
//! where the definitions are older than the operator.

use crate::{
    api::{PhotoPlatform, PhotoPlatformSpec, Presence},
    config,
    settings::Capabilities,
    stall::Stall,
};

/// Checks a spec.
///
/// # Errors
/// What stands in the way.
pub(super) fn validate(platform: &PhotoPlatform, capabilities: Capabilities) -> Result<(), Stall> {
    let spec = &platform.spec;
    check_unions(spec)?;
    config::connection_policy(&spec.event_bus).map_err(|invalid| Stall::InvalidSpec(invalid.to_string()))?;
    check_kinds(spec, capabilities)
}

fn check_unions(spec: &PhotoPlatformSpec) -> Result<(), Stall> {
    let exactly_one = |field: &str, managed: bool, external: bool| {
        if managed == external {
            Err(Stall::InvalidSpec(format!("spec.{field}: set exactly one of managed and external")))
        } else {
            Ok(())
        }
    };
    exactly_one("redis", spec.redis.managed.is_some(), spec.redis.external.is_some())?;
    exactly_one("objectStore", spec.object_store.managed.is_some(), spec.object_store.external.is_some())
}

fn check_kinds(spec: &PhotoPlatformSpec, capabilities: Capabilities) -> Result<(), Stall> {
    let metrics = &spec.observability.metrics;
    let demanded = [
        ("spec.observability.metrics.serviceMonitor", metrics.service_monitor, "ServiceMonitor"),
        ("spec.observability.metrics.prometheusRule", metrics.prometheus_rule, "PrometheusRule"),
    ];
    for (field, presence, kind) in demanded {
        if presence == Presence::Enabled && !capabilities.prometheus {
            return Err(Stall::UnknownKind { field, kind });
        }
    }
    let route = spec.gateway.expose.as_ref().is_some_and(|expose| expose.http_route.is_some());
    if route && !capabilities.gateway_api {
        return Err(Stall::UnknownKind { field: "spec.gateway.expose.httpRoute", kind: "HTTPRoute" });
    }
    Ok(())
}
