//! Step 5, status: what is told of a pipeline. Pure.

mod followed;

use jiff::Timestamp;
use kube::ResourceExt;

use super::fetch::Facts;
use crate::{
    api::{ConditionStatus, Operation, ProcessingPipeline, ProcessingPipelineStatus},
    component_state::Trouble,
    conditions::{Found, is_ready, merge},
    labels,
    names::Component,
    scaled::{self, Scaled},
    stall::Stall,
};

/// The status of a pipeline whose children were made, or could not be made for `stall`.
pub(super) fn judge(
    pipeline: &ProcessingPipeline,
    facts: &Facts,
    stall: Option<&Stall>,
    now: Timestamp,
) -> ProcessingPipelineStatus {
    let before = pipeline.status.clone().unwrap_or_default();
    let trouble = stall.cloned().or_else(|| facts.workers.stall());
    let platform = platform_found(pipeline, facts);
    let stages = stages_valid(trouble.as_ref());
    let mut found = vec![
        ready(pipeline, facts, &platform, trouble.as_ref()),
        reconciling(facts, &platform, trouble.as_ref()),
        Found::stalled(trouble.as_ref()),
        Found::overrides_accepted(stall),
        platform,
        stages,
    ];
    let generation = pipeline.metadata.generation;
    let selector =
        labels::selector_text(Component::Worker, &pipeline.spec.platform_ref.name, Some(&pipeline.name_any()));
    let scaling = facts.scaling.as_ref();
    found.extend(match (&facts.platform, scaling) {
        (None, _) => scaled::without_platform(),
        (Some(_), Some(scaling)) => scaled::conditions(Scaled::Workers, scaling),
        (Some(_), None) => Vec::new(),
    });
    let mut conditions = merge(&before.conditions, found, generation, now);
    if scaling.is_none() && facts.platform.is_some() {
        conditions.extend(scaled::told_before(&before.conditions));
    }
    let mut status = ProcessingPipelineStatus {
        observed_generation: generation,
        conditions,
        desired_replicas: before.desired_replicas,
        queue: before.queue.clone(),
        scaling: before.scaling.clone(),
        replicas: if facts.workers.image.is_some() { facts.workers.desired } else { 0 },
        ready_replicas: facts.workers.ready,
        selector: Some(selector),
        worker_image: facts.workers.image.clone(),
        config_hash: facts.workers.config.clone(),
    };
    if let Some(scaling) = scaling {
        followed::fill(&mut status, &before, scaling);
    }
    status
}

fn ready(pipeline: &ProcessingPipeline, facts: &Facts, platform: &Found, stall: Option<&Stall>) -> Found {
    let ready = "Ready";
    if let Some(stall) = stall {
        return Found::no(ready, stall.reason(), stall.to_string());
    }
    if platform.status != ConditionStatus::True {
        return Found::no(ready, platform.reason, platform.message.clone());
    }
    match pipeline.spec.operation {
        Operation::Paused => return Found::no(ready, "Paused", "spec.operation is Paused: photos wait in the queue"),
        Operation::Stopped => {
            return Found::no(ready, "Stopped", "spec.operation is Stopped: photos wait, no worker runs");
        }
        Operation::Running => {}
    }
    let workers = &facts.workers;
    if workers.is_ready() {
        return Found::yes(ready, "Available", format!("{} workers are ready", workers.ready));
    }
    if let Some((reason, detail)) = workers.trouble.as_ref().map(Trouble::told) {
        return Found::no(ready, reason, detail);
    }
    Found::no(ready, "Starting", format!("{} of {} workers are ready", workers.ready, workers.desired))
}

fn reconciling(facts: &Facts, platform: &Found, stall: Option<&Stall>) -> Found {
    if stall.is_some() || platform.status != ConditionStatus::True || facts.workers.is_ready() {
        return Found::no("Reconciling", "Settled", "");
    }
    let reason = if facts.workers.image.is_none() { "Creating" } else { "RollingOut" };
    let workers = &facts.workers;
    Found::yes("Reconciling", reason, format!("{} of {} workers are ready", workers.ready, workers.desired))
}

fn stages_valid(stall: Option<&Stall>) -> Found {
    match stall {
        Some(Stall::InvalidSpec(detail)) => Found::no("StagesValid", "Invalid", detail.clone()),
        Some(_) | None => Found::yes("StagesValid", "Valid", ""),
    }
}

fn platform_found(pipeline: &ProcessingPipeline, facts: &Facts) -> Found {
    let name = &pipeline.spec.platform_ref.name;
    let found = "PlatformFound";
    match &facts.platform {
        None => Found::no(
            found,
            "PlatformMissing",
            format!("there is no PhotoPlatform `{name}` in this namespace: make it"),
        ),
        Some(platform) if platform.metadata.deletion_timestamp.is_some() => {
            Found::no(found, "PlatformTerminating", format!("the PhotoPlatform `{name}` is being deleted"))
        }
        Some(platform) if !is_ready(platform.status.iter().flat_map(|status| &status.conditions)) => Found::yes(
            found,
            "PlatformNotReady",
            format!("the PhotoPlatform `{name}` is not ready: look at its conditions"),
        ),
        Some(_) => Found::yes(found, "Found", ""),
    }
}

#[cfg(test)]
mod tests;
