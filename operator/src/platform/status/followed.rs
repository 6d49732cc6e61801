//! What is told of how the events role follows its connections, and of what else a platform needs.

use super::{Facts, storage_need};
use crate::{
    api::{Condition, Operation, PhotoPlatform, ScalingStatus},
    conditions::Found,
    names::Component,
    scaled::{self, Scaled},
};

/// The conditions of its scaling, where somebody asked for it: nobody waits for what nobody asked for.
pub(super) fn conditions(platform: &PhotoPlatform, facts: &Facts) -> Vec<Found> {
    let scaling = facts.scaling.as_ref().filter(|_| is_asked_for(platform));
    scaling.map(|scaling| scaled::conditions(Scaled::Events, scaling)).unwrap_or_default()
}

/// Those that a predecessor told, where nobody has looked since.
pub(super) fn told_before(platform: &PhotoPlatform, facts: &Facts) -> Vec<Condition> {
    let before = platform.status.as_ref().filter(|_| facts.scaling.is_none() && is_asked_for(platform));
    before.map(|before| scaled::told_before(&before.conditions).collect()).unwrap_or_default()
}

/// What is not a condition: how many pods the events role should have, and what the storage role needs.
pub(super) fn scaling(platform: &PhotoPlatform, facts: &Facts) -> Option<ScalingStatus> {
    let before = platform.status.as_ref().and_then(|status| status.scaling.as_ref());
    if platform.spec.operation == Operation::Stopped {
        return None;
    }
    let Some(scaling) = &facts.scaling else { return before.cloned() };
    let mut status = scaled::status(Scaled::Events, scaling, before);
    let of_storage = facts.storage_numbers.as_ref().and_then(storage_need::recommendation).or_else(|| {
        // It does not tell now.
        let told = before?.recommendations.iter().find(|told| told.component == Component::Metadata.as_str());
        told.cloned()
    });
    status.recommendations.extend(of_storage);
    Some(status)
}

fn is_asked_for(platform: &PhotoPlatform) -> bool {
    platform.spec.event_bus.autoscaling.is_some() && platform.spec.operation != Operation::Stopped
}
