//! Step 5, status: what is told of a platform. Pure; true only if what it says was seen.

use std::sync::Arc;

use jiff::Timestamp;
use kube::ResourceExt;
use photo_core::port::Reason;
use photo_runtime::health::{DependencyState, HealthStatus};

use super::fetch::Facts;
use crate::{
    api::{
        Component as ComponentStatus, ConditionStatus, Endpoints, Operation, PhotoPlatform, PhotoPlatformStatus,
        PipelineCount, Volume,
    },
    children::{Live, sizes, unfinished},
    component_state::{ComponentState, Trouble},
    conditions::{Found, is_ready, merge},
    names::{Component, port},
    stall::Stall,
};

/// The status of a platform whose children were made, or could not be made for `stall`.
pub(super) fn judge(
    platform: &PhotoPlatform,
    facts: &Facts,
    stall: Option<&Stall>,
    now: Timestamp,
) -> PhotoPlatformStatus {
    let before = platform.status.clone().unwrap_or_default();
    let components = [
        redis(platform, facts),
        object_store(platform, facts),
        role("MetadataReady", Component::Metadata, facts),
        role("GatewayReady", Component::Gateway, facts),
        role("EventBusReady", Component::Events, facts),
    ];
    let kept = [kept::buckets(facts), kept::queue_owned(facts)];
    // What is not known of them is no reason: who can't be asked is told of by the components.
    let broken = kept.iter().filter(|found| found.status == ConditionStatus::False);
    let trouble = stall.cloned().or_else(|| facts.components.iter().find_map(ComponentState::stall));
    let mut found = vec![
        ready(platform.spec.operation, components.iter().chain(broken), trouble.as_ref()),
        reconciling(platform.spec.operation, facts, trouble.as_ref()),
        Found::stalled(trouble.as_ref()),
        Found::overrides_accepted(stall),
    ];
    found.extend(components);
    found.extend(kept);
    found.push(kept::backup(platform, facts));
    found.extend(followed::conditions(platform, facts));
    let generation = platform.metadata.generation;
    let mut conditions = merge(&before.conditions, found, generation, now);
    conditions.extend(followed::told_before(platform, facts));
    PhotoPlatformStatus {
        observed_generation: generation,
        conditions,
        version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        components: facts.components.iter().map(component_status).collect(),
        endpoints: Some(endpoints(platform)),
        pipelines: Some(pipelines(facts)),
        volumes: volumes(facts),
        scaling: followed::scaling(platform, facts),
    }
}

fn ready<'a>(operation: Operation, parts: impl Iterator<Item = &'a Found>, stall: Option<&Stall>) -> Found {
    let ready = "Ready";
    match operation {
        Operation::Stopped => {
            return Found::no(ready, "Stopped", "spec.operation is Stopped: no pod runs, data is kept");
        }
        Operation::Running | Operation::Paused => {}
    }
    if let Some(stall) = stall {
        return Found::no(ready, stall.reason(), stall.to_string());
    }
    let missing: Vec<&Found> = parts.filter(|found| found.status != ConditionStatus::True).collect();
    let Some(first) = missing.first() else {
        return Found::yes(ready, "AllComponentsReady", "photos are taken, processed and told about");
    };
    let texts: Vec<String> = missing.iter().map(|found| format!("{}: {}", found.r#type, found.message)).collect();
    // A single cause is told by its own word; programs that wait look at this condition only.
    let reason = if missing.len() == 1 || is_cause(first.reason) { first.reason } else { "ComponentsNotReady" };
    Found::no(ready, reason, texts.join("; "))
}

fn is_cause(reason: &str) -> bool {
    matches!(reason, "AuthFailed" | "AccessDenied" | "Full" | "Misconfigured" | "Missing")
}

fn reconciling(operation: Operation, facts: &Facts, stall: Option<&Stall>) -> Found {
    let open = facts.components.iter().find(|state| !state.is_ready());
    match (stall, operation, open) {
        (None, Operation::Running, Some(state)) => {
            let reason = if state.image.is_none() { "Creating" } else { "RollingOut" };
            Found::yes("Reconciling", reason, format!("{}: {}", state.component.as_str(), count(state)))
        }
        (None, Operation::Running, None) => match facts.claims.iter().find_map(|claim| unfinished(claim)) {
            Some(detail) => Found::yes("Reconciling", "ExpandingVolumes", detail),
            None => Found::no("Reconciling", "Settled", ""),
        },
        (Some(_), _, _) | (_, Operation::Paused | Operation::Stopped, _) => Found::no("Reconciling", "Settled", ""),
    }
}

fn redis(platform: &PhotoPlatform, facts: &Facts) -> Found {
    backing("RedisReady", platform.spec.redis.managed.is_some().then_some(Component::Redis), "queue", facts)
}

fn object_store(platform: &PhotoPlatform, facts: &Facts) -> Found {
    backing(
        "ObjectStoreReady",
        platform.spec.object_store.managed.is_some().then_some(Component::Store),
        "store",
        facts,
    )
}

/// What stands behind the roles: its own pods, where the operator runs it, and what the storage role says of it.
fn backing(r#type: &'static str, managed: Option<Component>, dependency: &str, facts: &Facts) -> Found {
    if let Some(component) = managed
        && let Some(found) = unready_pods(r#type, component, facts)
    {
        return found;
    }
    match said_by_storage(r#type, dependency, facts) {
        Err(unknown) => unknown,
        Ok(state) if state.healthy => {
            let reason = if managed.is_some() { "Available" } else { "External" };
            Found::yes(r#type, reason, "the storage role reaches it and has the rights that it needs")
        }
        Ok(state) => Found::no(r#type, state.reason.map_or("Unreachable", reason_word), why(state)),
    }
}

/// What the storage role says of a dependency; where it says nothing, the condition that is told instead.
fn said_by_storage<'a>(r#type: &'static str, name: &str, facts: &'a Facts) -> Result<&'a DependencyState, Found> {
    let Some(Ok(report)) = facts.health(Component::Metadata) else {
        return Err(Found::unknown(r#type, "Unknown", "the storage role, which uses it, can't be asked"));
    };
    let untold = "the storage role does not tell about it: is its image older?";
    report.dependencies.get(name).ok_or_else(|| Found::unknown(r#type, "Unknown", untold))
}

/// Why a dependency is not there, for people.
fn why(state: &DependencyState) -> String {
    state.error.clone().unwrap_or_default()
}

/// One of our roles: its pods, and what it says itself.
fn role(r#type: &'static str, component: Component, facts: &Facts) -> Found {
    let said = facts.health(component);
    // A role that runs and is not well knows better why than its pod.
    if let Some(Ok(report)) = said
        && report.status == HealthStatus::Unhealthy
    {
        let failing = report
            .dependencies
            .iter()
            .find(|(_, state)| !state.healthy && state.need == photo_runtime::health::Need::Required);
        if let Some((name, state)) = failing {
            let reason = state.reason.map_or("Unhealthy", reason_word);
            return Found::no(r#type, reason, format!("{name}: {}", why(state)));
        }
    }
    if let Some(found) = unready_pods(r#type, component, facts) {
        return found;
    }
    match said {
        Some(Ok(report)) if matches!(report.status, HealthStatus::Healthy | HealthStatus::Degraded) => {
            Found::yes(r#type, "Available", "its pods are ready and say that they are well")
        }
        Some(Ok(_)) => Found::no(r#type, "Starting", "it is stopping or not ready yet"),
        Some(Err(error)) => Found::no(r#type, "Unreachable", error.to_string()),
        None => Found::no(r#type, "Starting", "it has no pod that could be asked"),
    }
}

fn unready_pods(r#type: &'static str, component: Component, facts: &Facts) -> Option<Found> {
    let state = facts.component(component)?;
    if state.is_ready() && state.desired > 0 {
        return None;
    }
    let (reason, detail) = match state.trouble.as_ref().map(Trouble::told) {
        Some((reason, detail)) => (reason, detail.to_owned()),
        None if state.awaits_turn => ("RollingOut", count(state)),
        None if state.desired == 0 => ("Stopped", "it has no pods".to_owned()),
        None => ("Starting", count(state)),
    };
    Some(Found::no(r#type, reason, detail))
}

fn count(state: &ComponentState) -> String {
    if state.awaits_turn {
        return "it gets its new image when those before it are ready".to_owned();
    }
    format!("{} of {} pods are ready, {} are up to date", state.ready, state.desired, state.updated)
}

fn reason_word(reason: Reason) -> &'static str {
    match reason {
        Reason::Unreachable => "Unreachable",
        Reason::AuthFailed => "AuthFailed",
        Reason::AccessDenied => "AccessDenied",
        Reason::Missing => "Missing",
        Reason::Full => "Full",
        Reason::Misconfigured => "Misconfigured",
        Reason::NotChecked => "Starting",
        Reason::Other => "Unhealthy",
    }
}

fn component_status(state: &ComponentState) -> ComponentStatus {
    ComponentStatus {
        name: state.component.as_str().to_owned(),
        desired: state.desired,
        ready: state.ready,
        updated: state.updated,
        image: state.image.clone(),
    }
}

fn endpoints(platform: &PhotoPlatform) -> Endpoints {
    let (name, namespace) = (platform.name_any(), platform.namespace().unwrap_or_default());
    let at = |component: Component, port: i32| format!("http://{}.{namespace}.svc:{port}", component.of(&name));
    Endpoints { gateway: at(Component::Gateway, port::API), event_bus: at(Component::Events, port::EVENTS) }
}

/// In the order of their names, since that of the cache changes.
fn volumes(facts: &Facts) -> Vec<Volume> {
    let volume = |claim: &Arc<Live>| {
        let (requested, capacity) = sizes(claim)?;
        Some(Volume { name: claim.name().to_owned(), requested, capacity })
    };
    let mut volumes: Vec<Volume> = facts.claims.iter().filter_map(volume).collect();
    volumes.sort_by(|one, other| one.name.cmp(&other.name));
    volumes
}

fn pipelines(facts: &Facts) -> PipelineCount {
    let ready = facts
        .pipelines
        .iter()
        .filter(|pipeline| is_ready(pipeline.status.iter().flat_map(|status| &status.conditions)));
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    PipelineCount { total: count(facts.pipelines.len()), ready: count(ready.count()) }
}

mod followed;
mod kept;
mod storage_need;
#[cfg(test)]
mod tests;
