//! Writing status: only where it changed, with an event for each condition that became another.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use k8s_openapi::api::core::v1::ObjectReference;
use kube::{
    Resource, ResourceExt,
    runtime::events::{Event, EventType},
};
use serde::Serialize;

use crate::{
    api::{
        Condition, ConditionStatus, PhotoPlatform, PhotoPlatformStatus, ProcessingPipeline, ProcessingPipelineStatus,
    },
    cluster::ClusterError,
    conditions::transitions,
    context::Context,
    scaled::Scaled,
    scaling::Decision,
};

/// Writes the status of a platform, where it changed.
///
/// # Errors
/// The API server did not take it.
pub(crate) async fn platform(
    context: &Context,
    platform: &PhotoPlatform,
    status: &PhotoPlatformStatus,
) -> Result<(), ClusterError> {
    if platform.status.as_ref() == Some(status) {
        return Ok(());
    }
    write(context, platform, status).await?;
    let before = platform.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
    tell(context, &platform.object_ref(&()), before, &status.conditions).await;
    Ok(())
}

/// Writes the status of a pipeline, where it changed.
///
/// # Errors
/// The API server did not take it.
pub(crate) async fn pipeline(
    context: &Context,
    pipeline: &ProcessingPipeline,
    status: &ProcessingPipelineStatus,
) -> Result<(), ClusterError> {
    if pipeline.status.as_ref() == Some(status) {
        return Ok(());
    }
    write(context, pipeline, status).await?;
    let before = pipeline.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
    tell(context, &pipeline.object_ref(&()), before, &status.conditions).await;
    Ok(())
}

/// Tells that the operator has changed a number of pods as was decided, instead of the one before.
pub(crate) async fn scaled(
    context: &Context,
    about: &ObjectReference,
    scaled: Scaled,
    (from, decision): (u32, &Decision),
) {
    let note = format!("{} {} instead of {from}: {}", decision.desired, scaled.pods(), decision.reason.as_str());
    // Events that differ in their notes alone are counted as one, with the note of the first.
    let action = format!("Scale{from}To{}", decision.desired);
    publish(context, about, Event { action, ..event(EventType::Normal, "Scaled", note) }).await;
}

/// Tells that somebody else has: the operator goes on from there.
pub(crate) async fn scaled_by_others(context: &Context, about: &ObjectReference, scaled: Scaled, [from, to]: [u32; 2]) {
    let note = format!(
        "somebody else made it {to} {} instead of {from}: the operator goes on from there. To choose yourself, {}",
        scaled.pods(),
        scaled.way_out()
    );
    let action = format!("Scale{from}To{to}");
    publish(context, about, Event { action, ..event(EventType::Warning, "ScaledByOthers", note) }).await;
}

async fn write<K>(context: &Context, object: &K, status: &impl Serialize) -> Result<(), ClusterError>
where
    K: Resource<DynamicType = (), Scope = kube::core::NamespaceResourceScope>,
{
    let namespace = object.namespace().unwrap_or_default();
    context.cluster.write_status::<K>(&namespace, &object.name_any(), status).await
}

async fn tell(context: &Context, about: &ObjectReference, before: &[Condition], after: &[Condition]) {
    for condition in transitions(before, after).filter(|condition| is_worth_telling(before, condition)) {
        let kind = if is_good(condition) { EventType::Normal } else { EventType::Warning };
        let note = format!("{} is {:?}: {}", condition.r#type, condition.status, condition.message);
        publish(context, about, event(kind, &condition.reason, note)).await;
    }
}

fn event(kind: EventType, reason: &str, note: String) -> Event {
    Event { type_: kind, reason: reason.to_owned(), note: Some(note), action: "Reconcile".to_owned(), secondary: None }
}

/// Events are for people who look; one that can't be written is no reason to stop.
async fn publish(context: &Context, about: &ObjectReference, event: Event) {
    if let Err(error) = context.cluster.may_write() {
        tracing::warn!(%error, "an event is lost");
        return;
    }
    if let Err(error) = context.events.publish(&event, about).await {
        tracing::warn!(%error, "an event is lost");
    }
}

/// What merely begins is no news, and neither is what is well from the beginning: a new platform would have an event for
/// each of its parts, and a thousand new pipelines several thousand.
fn is_worth_telling(before: &[Condition], condition: &Condition) -> bool {
    let is_first = before.iter().all(|old| old.r#type != condition.r#type);
    condition.status != ConditionStatus::Unknown
        && !(is_first && is_good(condition))
        && !matches!(
            condition.reason.as_str(),
            "Starting" | "Settled" | "Progressing" | "Creating" | "RollingOut" | "ExpandingVolumes" | "WithinBounds"
                // What somebody has just said themselves.
                | "Disabled" | "External" | "ByCPU"
        )
}

fn is_good(condition: &Condition) -> bool {
    (condition.status == ConditionStatus::True)
        != matches!(condition.r#type.as_str(), "Stalled" | "Reconciling" | "ScalingLimited")
}

/// A wait, longer or shorter by up to a fifth, so that many objects do not wake at once.
pub(crate) fn spread(wait: Duration) -> Duration {
    /// Any odd number spreads well; this is that of Knuth's multiplicative hash.
    const STEP: u64 = 2_654_435_769;
    static TURN: AtomicU64 = AtomicU64::new(0);
    let turn = TURN.fetch_add(1, Ordering::Relaxed);
    let part = u32::try_from(turn.wrapping_mul(STEP) % 1000).unwrap_or_default();
    wait * 4 / 5 + wait * 2 / 5 * part / 1000
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{
        ConditionStatus::{False, True, Unknown},
        *,
    };

    #[test]
    fn waits_are_spread_by_a_fifth_to_both_sides() {
        let wait = Duration::from_secs(100);
        let waits: BTreeSet<Duration> = (0..1000).map(|_| spread(wait)).collect();
        assert!(waits.first() >= Some(&Duration::from_secs(80)) && waits.last() <= Some(&Duration::from_mins(2)));
        assert!(waits.len() > 900, "{} of 1000 waits differ", waits.len());
        let tenth = |number: u64| Duration::from_secs(80 + 4 * number)..Duration::from_secs(84 + 4 * number);
        for number in 0..10 {
            let there = waits.range(tenth(number)).count();
            assert!((80..=120).contains(&there), "{there} of 1000 waits are in {:?}", tenth(number));
        }
        assert_eq!(spread(Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn what_begins_is_no_news_and_what_stalls_is_bad_news() {
        let condition = |r#type: &str, status, reason: &str| Condition {
            r#type: r#type.to_owned(),
            status,
            reason: reason.to_owned(),
            message: String::new(),
            last_transition_time: jiff::Timestamp::UNIX_EPOCH,
            observed_generation: None,
        };
        let ready = |status, reason| condition("Ready", status, reason);
        let starting = [ready(False, "Starting"), condition("ScalingLimited", False, "WithinBounds")];
        let is_worth_telling = |condition: &Condition| is_worth_telling(&starting, condition);
        assert!(is_worth_telling(&ready(True, "AllComponentsReady")) && is_good(&ready(True, "AllComponentsReady")));
        assert!(is_worth_telling(&ready(False, "AuthFailed")) && !is_good(&ready(False, "AuthFailed")));
        assert!(!is_worth_telling(&ready(False, "Starting")) && !is_worth_telling(&ready(Unknown, "Unknown")));
        let stalled = condition("Stalled", True, "SecretMissing");
        assert!(is_worth_telling(&stalled) && !is_good(&stalled));
        let limited = condition("ScalingLimited", True, "TooFewReplicas");
        assert!(is_worth_telling(&limited) && !is_good(&limited));
        assert!(!is_worth_telling(&condition("ScalingLimited", False, "WithinBounds")));
        assert!(!is_worth_telling(&condition("ScalingActive", False, "Disabled")));
        let fresh = condition("MetricsFresh", True, "Fresh");
        assert!(!is_worth_telling(&fresh), "a queue is seen for the first time");
        assert!(super::is_worth_telling(&[condition("MetricsFresh", False, "Stale")], &fresh), "it is seen again");
    }
}
