//! Every reason, from what was found.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::{api::unset, component_state::ComponentState};

type MakeTrouble = fn(String) -> Trouble;

const YES: ConditionStatus = ConditionStatus::True;
const NO: ConditionStatus = ConditionStatus::False;

fn pipeline(operation: &str) -> ProcessingPipeline {
    serde_json::from_value(json!({
        "apiVersion": "photoplatform.io/v1alpha1", "kind": "ProcessingPipeline",
        "metadata": {"name": "full", "namespace": "team", "generation": 4},
        "spec": {"platformRef": {"name": "photos"}, "operation": operation, "stages": []},
    }))
    .unwrap()
}

fn platform(ready: &str, change: impl FnOnce(&mut Value)) -> Arc<crate::api::PhotoPlatform> {
    let condition = json!({
        "type": "Ready", "status": ready, "reason": "A", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z",
    });
    let mut platform = json!({
        "apiVersion": "photoplatform.io/v1alpha1", "kind": "PhotoPlatform", "metadata": {"name": "photos"},
        "spec": {}, "status": {"conditions": [condition]},
    });
    change(&mut platform);
    Arc::new(serde_json::from_value(platform).unwrap())
}

/// Two workers of a ready platform, with nothing wrong.
fn well() -> Facts {
    let workers = ComponentState {
        desired: 2,
        ready: 2,
        updated: 2,
        is_rolled_out: true,
        image: Some("example".to_owned()),
        config: Some("0123".to_owned()),
        ..ComponentState::missing(Component::Worker)
    };
    Facts { platform: Some(platform("True", |_| ())), children: Vec::new(), workers, scaling: None }
}

/// The same, whose workers follow their queue.
fn followed_well() -> Facts {
    Facts { scaling: Some(followed::tests::scaling()), ..well() }
}

fn assert_told(operation: &str, facts: &Facts, stall: Option<&Stall>, expected: &[(&str, ConditionStatus, &str)]) {
    let conditions = judge(&pipeline(operation), facts, stall, Timestamp::UNIX_EPOCH).conditions;
    for (r#type, status, reason) in expected {
        let told = conditions.iter().find(|found| found.r#type == *r#type).unwrap();
        assert_eq!((told.status, told.reason.as_str()), (*status, *reason), "{type}: {}", told.message);
    }
}

#[test]
fn a_pipeline_is_ready_when_its_workers_are() {
    let expected = [
        ("Ready", YES, "Available"),
        ("Reconciling", NO, "Settled"),
        ("Stalled", NO, "Progressing"),
        ("PlatformFound", YES, "Found"),
        ("StagesValid", YES, "Valid"),
    ];
    assert_told("Running", &well(), None, &expected);
    assert_told("Paused", &well(), None, &[("Ready", NO, "Paused")]);
    let stopped = Facts { workers: ComponentState { desired: 0, ready: 0, ..well().workers }, ..well() };
    assert_told("Stopped", &stopped, None, &[("Ready", NO, "Stopped"), ("Reconciling", NO, "Settled")]);
}

#[test]
fn an_image_that_is_missing_is_told_though_its_workers_are_ready() {
    let stall = Stall::ConfigMapMissing(photo_core::pipeline::ConfigMapKeyRef::new("logo", "mark.png").unwrap());
    let expected =
        [("Ready", NO, "ConfigMapMissing"), ("Stalled", YES, "ConfigMapMissing"), ("StagesValid", YES, "Valid")];
    assert_told("Running", &well(), Some(&stall), &expected);
}

#[test]
fn what_is_wrong_with_the_platform_is_told() {
    let of = |platform| Facts { platform, ..well() };
    let missing =
        [("PlatformFound", NO, "PlatformMissing"), ("Ready", NO, "PlatformMissing"), ("Reconciling", NO, "Settled")];
    assert_told("Running", &of(None), None, &missing);
    let leaving =
        platform("True", |platform| platform["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z"));
    let terminating = [("PlatformFound", NO, "PlatformTerminating"), ("Ready", NO, "PlatformTerminating")];
    assert_told("Running", &of(Some(leaving)), None, &terminating);
    // Its workers work as far as they can: what is wrong is told where it is.
    let unready = [("PlatformFound", YES, "PlatformNotReady"), ("Ready", YES, "Available")];
    assert_told("Running", &of(Some(platform("False", |_| ()))), None, &unready);
}

#[test]
fn what_keeps_workers_from_being_ready_is_told() {
    let of = |workers| Facts { workers, ..well() };
    let troubles: [(MakeTrouble, &str); 4] = [
        (Trouble::CrashLooping, "CrashLooping"),
        (Trouble::CannotStart, "CannotStart"),
        (Trouble::Unschedulable, "Unschedulable"),
        (Trouble::ImagePull, "ImagePullFailed"),
    ];
    for (trouble, reason) in troubles {
        let workers = ComponentState { ready: 1, trouble: Some(trouble("why".to_owned())), ..well().workers };
        let is_stalled = reason == "ImagePullFailed";
        let stalled = if is_stalled { ("Stalled", YES, reason) } else { ("Stalled", NO, "Progressing") };
        let going_on = if is_stalled { ("Reconciling", NO, "Settled") } else { ("Reconciling", YES, "RollingOut") };
        assert_told("Running", &of(workers), None, &[("Ready", NO, reason), stalled, going_on]);
    }
    let starting = ComponentState { ready: 1, ..well().workers };
    assert_told("Running", &of(starting), None, &[("Ready", NO, "Starting"), ("Reconciling", YES, "RollingOut")]);
    let missing = ComponentState::missing(Component::Worker);
    assert_told("Running", &of(missing), None, &[("Ready", NO, "Starting"), ("Reconciling", YES, "Creating")]);
}

#[test]
fn what_stalls_a_pipeline_is_told() {
    let invalid = Stall::InvalidSpec("why".to_owned());
    let told = [("Ready", NO, "InvalidSpec"), ("Stalled", YES, "InvalidSpec"), ("StagesValid", NO, "Invalid")];
    assert_told("Running", &well(), Some(&invalid), &told);
    let quota = Stall::QuotaExceeded("why".to_owned());
    let told = [("Ready", NO, "QuotaExceeded"), ("Stalled", YES, "QuotaExceeded"), ("StagesValid", YES, "Valid")];
    assert_told("Running", &well(), Some(&quota), &told);
}

/// What is told of the scaling of a pipeline: its conditions' types and reasons.
fn told_of_scaling(status: &ProcessingPipelineStatus) -> Vec<(&str, &str)> {
    let of_scaling = status.conditions.iter().filter(|condition| scaled::is_of_scaling(&condition.r#type));
    of_scaling.map(|condition| (condition.r#type.as_str(), condition.reason.as_str())).collect()
}

#[test]
fn what_was_told_of_scaling_stays_until_it_was_looked_again() {
    let followed = [("ScalingActive", "FollowsQueue"), ("MetricsFresh", "Fresh"), ("ScalingLimited", "WithinBounds")];
    let status = judge(&pipeline("Running"), &followed_well(), None, Timestamp::UNIX_EPOCH);
    assert_eq!(told_of_scaling(&status), followed);
    let mut before = pipeline("Running");
    before.status = Some(status.clone());
    let later = judge(&before, &well(), None, Timestamp::UNIX_EPOCH);
    assert_eq!(later, status, "an operator that has just started has not looked yet");
    let missing = judge(&before, &Facts { platform: None, ..well() }, None, Timestamp::UNIX_EPOCH);
    assert_eq!(told_of_scaling(&missing), [("ScalingActive", "PlatformMissing")], "nobody looks");
    let never = judge(&pipeline("Running"), &well(), None, Timestamp::UNIX_EPOCH);
    assert!(told_of_scaling(&never).is_empty() && never.scaling.is_none());
}

/// A value of the status that nothing sets promises what nobody keeps.
#[test]
fn every_field_of_the_status_is_told() {
    let status = judge(&pipeline("Running"), &followed_well(), None, Timestamp::UNIX_EPOCH);
    assert_eq!((status.replicas, status.ready_replicas, status.observed_generation), (2, 2, Some(4)));
    let selector = status.selector.as_deref().unwrap();
    assert!(selector.contains("photoplatform.io/pipeline=full") && selector.contains("component=worker"), "{selector}");
    assert_eq!(unset("ProcessingPipeline", &serde_json::to_value(&status).unwrap()), Vec::<String>::new());
    let missing = Facts { workers: ComponentState::missing(Component::Worker), ..well() };
    let status = judge(&pipeline("Running"), &missing, None, Timestamp::UNIX_EPOCH);
    assert_eq!(status.replicas, 0, "an autoscaler would count pods that nobody made");
}
