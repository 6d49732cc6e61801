//! Every reason, from what was found.

use std::sync::Arc;

use photo_core::pipeline::ConfigMapKeyRef;
use photo_runtime::health::HealthReport;
use serde_json::{Value, json};

use super::*;
use crate::{
    api::{Condition, unset},
    data_plane::HealthError,
};

const ROLES: [Component; 3] = [Component::Metadata, Component::Gateway, Component::Events];

fn platform(spec: &Value) -> PhotoPlatform {
    serde_json::from_value(json!({
        "apiVersion": "photoplatform.io/v1alpha1", "kind": "PhotoPlatform", "spec": spec,
        "metadata": {"name": "photos", "namespace": "team", "generation": 3},
    }))
    .unwrap()
}

fn external() -> Value {
    let secret = json!({"name": "a"});
    json!({
        "redis": {"external": {"host": "redis.example", "credentialsSecretRef": secret}},
        "objectStore": {"external": {"endpoint": "https://s3.example", "credentialsSecretRef": secret}},
    })
}

fn runs(component: Component) -> ComponentState {
    ComponentState {
        desired: 1,
        ready: 1,
        updated: 1,
        is_rolled_out: true,
        image: Some("example".to_owned()),
        ..ComponentState::missing(component)
    }
}

fn report(status: &str, dependencies: &Value) -> HealthReport {
    serde_json::from_value(json!({"role": "a", "status": status, "dependencies": dependencies})).unwrap()
}

/// A platform with nothing wrong.
fn well() -> Facts {
    let fine = json!({"need": "required", "healthy": true});
    let health = |component| {
        let note = json!({"need": "deferred", "healthy": true, "note": "the newest is of today"});
        let dependencies = json!({"queue": fine, "store": fine, "buckets": fine, "queueOwner": fine, "backup": note});
        (component, Ok(report("healthy", &dependencies)))
    };
    let components = [Component::Redis, Component::Store].into_iter().chain(ROLES);
    Facts {
        children: Vec::new(),
        claims: Vec::new(),
        components: components.map(runs).collect(),
        health: ROLES.map(health).into(),
        storage_numbers: None,
        scaling: None,
        pipelines: Vec::new(),
    }
}

fn found(spec: &Value, facts: &Facts, stall: Option<&Stall>) -> Vec<Condition> {
    judge(&platform(spec), facts, stall, Timestamp::UNIX_EPOCH).conditions
}

fn condition<'a>(conditions: &'a [Condition], r#type: &str) -> (&'a Condition, ConditionStatus, &'a str) {
    let found = conditions.iter().find(|found| found.r#type == r#type).unwrap();
    (found, found.status, found.reason.as_str())
}

/// Asserts what is told of a platform of `facts`: types, whether they hold, and why.
fn assert_told(spec: &Value, facts: &Facts, expected: &[(&str, ConditionStatus, &str)]) {
    let conditions = found(spec, facts, None);
    for (r#type, status, reason) in expected {
        let (told, ..) = condition(&conditions, r#type);
        assert_eq!((told.status, told.reason.as_str()), (*status, *reason), "{type}: {}", told.message);
    }
}

type MakeTrouble = fn(String) -> Trouble;

const YES: ConditionStatus = ConditionStatus::True;
const NO: ConditionStatus = ConditionStatus::False;
const UNKNOWN: ConditionStatus = ConditionStatus::Unknown;

fn with_health(component: Component, said: Result<HealthReport, HealthError>) -> Facts {
    let mut facts = well();
    facts.health.retain(|(asked, _)| *asked != component);
    facts.health.push((component, said));
    facts
}

fn with_state(component: Component, change: impl FnOnce(&mut ComponentState)) -> Facts {
    let mut facts = well();
    change(facts.components.iter_mut().find(|state| state.component == component).unwrap());
    facts
}

#[test]
fn a_platform_is_ready_when_every_part_is() {
    let parts = ["RedisReady", "ObjectStoreReady", "MetadataReady", "GatewayReady", "EventBusReady"];
    let expected = parts.map(|part| (part, YES, "Available"));
    assert_told(&json!({}), &well(), &expected);
    let whole = [("Ready", YES, "AllComponentsReady"), ("Reconciling", NO, "Settled"), ("Stalled", NO, "Progressing")];
    assert_told(&json!({}), &well(), &whole);
    assert_told(&json!({"operation": "Paused"}), &well(), &whole);
    let mut facts = well();
    facts.components.retain(|state| ROLES.contains(&state.component));
    assert_told(&external(), &facts, &[("RedisReady", YES, "External"), ("ObjectStoreReady", YES, "External")]);
}

#[test]
fn what_the_storage_role_says_of_redis_and_the_store_is_told_with_its_reason() {
    let reasons = [
        ("Unreachable", "Unreachable"),
        ("AuthFailed", "AuthFailed"),
        ("AccessDenied", "AccessDenied"),
        ("Missing", "Missing"),
        ("Full", "Full"),
        ("Misconfigured", "Misconfigured"),
        ("NotChecked", "Starting"),
        ("Other", "Unhealthy"),
    ];
    for (said, told) in reasons {
        let reason: Reason = serde_json::from_value(json!(said)).unwrap();
        assert_eq!(serde_json::to_value(reason).unwrap(), said, "the test knows the words of reasons");
        for (dependency, part) in [("queue", "RedisReady"), ("store", "ObjectStoreReady")] {
            let mut dependencies = json!({"queue": {"need": "deferred", "healthy": true}});
            dependencies["store"] = dependencies["queue"].clone();
            dependencies[dependency] = json!({"need": "deferred", "healthy": false, "reason": said, "error": "why"});
            let facts = with_health(Component::Metadata, Ok(report("degraded", &dependencies)));
            // The role works on, the platform as a whole is not ready.
            assert_told(
                &json!({}),
                &facts,
                &[(part, NO, told), ("MetadataReady", YES, "Available"), ("Ready", NO, told)],
            );
            let conditions = found(&json!({}), &facts, None);
            assert_eq!(condition(&conditions, "Ready").0.message, format!("{part}: why"));
        }
    }
    let silent = with_health(Component::Metadata, Ok(report("healthy", &json!({}))));
    assert_told(&json!({}), &silent, &[("RedisReady", UNKNOWN, "Unknown"), ("Ready", NO, "ComponentsNotReady")]);
    let mut nobody = well();
    nobody.health.clear();
    assert_told(&json!({}), &nobody, &[("ObjectStoreReady", UNKNOWN, "Unknown"), ("GatewayReady", NO, "Starting")]);
}

/// A platform whose events role follows its connections, and whose storage role tells its numbers.
fn followed() -> Facts {
    let numbers = [("photo_database_disk_bytes", 100.0), ("photo_database_disk_available_bytes", 10.0)];
    let numbers = numbers.map(|(name, number)| (name.to_owned(), number)).into();
    Facts { storage_numbers: Some(numbers), scaling: Some(crate::scaled::tests::scaling()), ..well() }
}

#[test]
fn what_is_told_of_scaling_is_what_was_asked_for_and_stays_over_a_restart() {
    let spec = json!({"eventBus": {"autoscaling": {}}});
    assert_told(&spec, &followed(), &[("ScalingActive", YES, "FollowsConnections"), ("MetricsFresh", YES, "Fresh")]);
    let told = |status: &PhotoPlatformStatus| {
        let is_of_scaling = |condition: &&Condition| crate::scaled::is_of_scaling(&condition.r#type);
        let conditions = status.conditions.iter().filter(is_of_scaling).count();
        let recommended = status.scaling.iter().flat_map(|scaling| &scaling.recommendations);
        let recommended = recommended.map(|told| format!("{} {} {}", told.component, told.recommended, told.reason));
        (conditions, recommended.collect::<Vec<_>>())
    };
    let both = ["events 6 BacklogDrain", "metadata 1 VolumeNearlyFull"].map(str::to_owned).to_vec();
    let judged = |platform: &PhotoPlatform, facts: &Facts| judge(platform, facts, None, Timestamp::UNIX_EPOCH);
    let status = judged(&platform(&spec), &followed());
    assert_eq!(told(&status), (3, both.clone()));
    assert_eq!(told(&judged(&platform(&json!({})), &followed())), (0, both.clone()), "recommended all the same");
    let mut before = platform(&spec);
    before.status = Some(status.clone());
    assert_eq!(judged(&before, &well()), status, "an operator that has just started has not looked yet");
    let silent = Facts { storage_numbers: None, ..followed() };
    assert_eq!(told(&judged(&before, &silent)), (3, both), "the storage role does not tell now");
    before.spec.operation = Operation::Stopped;
    assert_eq!(told(&judged(&before, &well())), (0, Vec::new()));
}

/// A platform of which the storage role says this of a dependency, and else only good.
fn with_said(dependency: &str, state: &Value) -> Facts {
    let mut facts = well();
    let said = facts.health.iter_mut().find(|(asked, _)| *asked == Component::Metadata).unwrap();
    let report = said.1.as_mut().unwrap();
    report.dependencies.insert(dependency.to_owned(), serde_json::from_value(state.clone()).unwrap());
    facts
}

#[test]
fn what_the_storage_role_says_of_buckets_queues_and_backups_is_told() {
    let (ready, not_ready) = (("Ready", YES, "AllComponentsReady"), |reason| ("Ready", NO, reason));
    let fine = [("BucketsReady", YES, "Provisioned"), ("QueueOwned", YES, "Owned")];
    assert_told(&json!({}), &well(), &fine);
    assert_told(&json!({}), &well(), &[("BackupHealthy", YES, "LastBackupSucceeded"), ready]);
    assert_eq!(condition(&found(&json!({}), &well(), None), "BackupHealthy").0.message, "the newest is of today");
    let away = |reason: &str| json!({"need": "deferred", "healthy": false, "reason": reason, "error": "why"});
    let told = [
        ("buckets", "AccessDenied", ("BucketsReady", NO, "AccessDenied"), not_ready("AccessDenied")),
        ("buckets", "Misconfigured", ("BucketsReady", NO, "Misconfigured"), not_ready("Misconfigured")),
        ("buckets", "Unreachable", ("BucketsReady", UNKNOWN, "Unknown"), ready),
        ("buckets", "NotChecked", ("BucketsReady", UNKNOWN, "Unknown"), ready),
        ("store", "Missing", ("BucketsReady", NO, "Drifted"), not_ready("Missing")),
        ("store", "AccessDenied", ("BucketsReady", NO, "AccessDenied"), not_ready("AccessDenied")),
        ("store", "Unreachable", ("BucketsReady", YES, "Provisioned"), not_ready("Unreachable")),
        ("queueOwner", "Misconfigured", ("QueueOwned", NO, "ConflictingOwner"), not_ready("ConflictingOwner")),
        ("queueOwner", "Unreachable", ("QueueOwned", UNKNOWN, "Unknown"), ready),
        ("backup", "AccessDenied", ("BackupHealthy", NO, "LastBackupFailed"), ready),
        ("backup", "NotChecked", ("BackupHealthy", UNKNOWN, "Starting"), ready),
    ];
    for (dependency, reason, condition, whole) in told {
        assert_told(&json!({}), &with_said(dependency, &away(reason)), &[condition, whole]);
    }
    let disabled = json!({"metadata": {"backup": {"state": "Disabled"}}});
    assert_told(&disabled, &well(), &[("BackupHealthy", NO, "Disabled"), ready]);
    let silent = with_health(Component::Metadata, Err(HealthError::NoPod));
    let unknown = ["BucketsReady", "QueueOwned", "BackupHealthy"].map(|part| (part, UNKNOWN, "Unknown"));
    assert_told(&json!({}), &silent, &unknown);
}

#[test]
fn what_a_role_says_of_itself_is_told() {
    for (component, part) in ROLES.into_iter().zip(["MetadataReady", "GatewayReady", "EventBusReady"]) {
        let full = json!({"need": "required", "healthy": false, "reason": "Full", "error": "no room"});
        let others = json!({"need": "deferred", "healthy": false, "reason": "AuthFailed", "error": "no"});
        let fine = json!({"need": "required", "healthy": true});
        let dependencies = json!({"a": others, "disk": full, "queue": fine, "store": fine});
        let unhealthy = with_health(component, Ok(report("unhealthy", &dependencies)));
        assert_told(&json!({}), &unhealthy, &[(part, NO, "Full"), ("Ready", NO, "Full")]);
        let stopping = with_health(component, Ok(report("stopping", &json!({"queue": fine, "store": fine}))));
        assert_told(&json!({}), &stopping, &[(part, NO, "Starting")]);
        let silent = with_health(component, Err(HealthError::NoPod));
        assert_told(&json!({}), &silent, &[(part, NO, "Unreachable")]);
    }
}

#[test]
fn what_keeps_pods_from_being_ready_is_told() {
    let troubles: [(MakeTrouble, &str); 4] = [
        (Trouble::CrashLooping, "CrashLooping"),
        (Trouble::CannotStart, "CannotStart"),
        (Trouble::Unschedulable, "Unschedulable"),
        (Trouble::ImagePull, "ImagePullFailed"),
    ];
    let parts = [
        (Component::Redis, "RedisReady"),
        (Component::Store, "ObjectStoreReady"),
        (Component::Metadata, "MetadataReady"),
        (Component::Gateway, "GatewayReady"),
        (Component::Events, "EventBusReady"),
    ];
    for (component, part) in parts {
        for (trouble, reason) in troubles {
            let facts = with_state(component, |state| {
                state.ready = 0;
                state.trouble = Some(trouble("why".to_owned()));
            });
            assert_told(&json!({}), &facts, &[(part, NO, reason), ("Ready", NO, reason)]);
            let is_stalled = reason == "ImagePullFailed";
            let stalled = if is_stalled { ("Stalled", YES, reason) } else { ("Stalled", NO, "Progressing") };
            let going_on = if is_stalled { ("Reconciling", NO, "Settled") } else { ("Reconciling", YES, "RollingOut") };
            assert_told(&json!({}), &facts, &[stalled, going_on]);
        }
        let starting = with_state(component, |state| state.ready = 0);
        assert_told(&json!({}), &starting, &[(part, NO, "Starting"), ("Reconciling", YES, "RollingOut")]);
        let rolling = with_state(component, |state| state.is_rolled_out = false);
        assert_told(&json!({}), &rolling, &[(part, NO, "Starting"), ("Ready", NO, "Starting")]);
        let creating = with_state(component, |state| *state = ComponentState::missing(component));
        assert_told(&json!({}), &creating, &[(part, NO, "Starting"), ("Reconciling", YES, "Creating")]);
        // The pods of a platform that is to have none are not what is waited for.
        let stopped = with_state(component, |state| (state.desired, state.ready) = (0, 0));
        assert_told(&json!({}), &stopped, &[(part, NO, "Stopped")]);
    }
}

#[test]
fn volumes_that_grow_are_waited_for_and_hold_nothing_up() {
    let claim = |capacity: &str| {
        let claim = json!({
            "metadata": {"name": "sqlite-photos-metadata-0"}, "status": {"capacity": {"storage": capacity}},
            "spec": {"resources": {"requests": {"storage": "2Gi"}}},
        });
        Facts { claims: vec![Arc::new(claim.try_into().unwrap())], ..well() }
    };
    let growing = [("Ready", YES, "AllComponentsReady"), ("Reconciling", YES, "ExpandingVolumes")];
    assert_told(&json!({}), &claim("1Gi"), &growing);
    assert_told(&json!({}), &claim("2Gi"), &[("Reconciling", NO, "Settled")]);
    assert_told(&json!({"operation": "Paused"}), &claim("1Gi"), &[("Reconciling", NO, "Settled")]);
}

#[test]
fn several_causes_are_told_together() {
    let mut facts = with_state(Component::Gateway, |state| state.ready = 0);
    facts.components.iter_mut().find(|state| state.component == Component::Redis).unwrap().ready = 0;
    let conditions = found(&json!({}), &facts, None);
    let (ready, status, reason) = condition(&conditions, "Ready");
    assert_eq!((status, reason), (NO, "ComponentsNotReady"));
    assert!(ready.message.contains("RedisReady: 0 of 1") && ready.message.contains("GatewayReady: 0 of 1"));
}

#[test]
fn a_stopped_platform_is_not_ready_and_not_waited_for() {
    let facts = with_state(Component::Gateway, |state| state.ready = 0);
    let stopped = json!({"operation": "Stopped"});
    assert_told(&stopped, &facts, &[("Ready", NO, "Stopped"), ("Reconciling", NO, "Settled")]);
    assert_told(&json!({"operation": "Paused"}), &facts, &[("Ready", NO, "Starting"), ("Reconciling", NO, "Settled")]);
}

#[test]
fn what_stalls_a_platform_is_told_by_three_conditions() {
    let claim = || "sqlite-photos-metadata-0".to_owned();
    let conflict = crate::children::ConflictingOwner {
        kind: crate::children::ChildKind::Service,
        name: "photos-redis".to_owned(),
        owner: "somebody".to_owned(),
    };
    let text = || "text".to_owned();
    let stalls = [
        (Stall::SecretMissing { field: "spec.a", name: text(), keys: text() }, "SecretMissing"),
        (Stall::SecretKeyMissing { field: "spec.a", name: text(), key: "secret" }, "SecretMissing"),
        (Stall::ConfigMapMissing(ConfigMapKeyRef::new("logo", "mark.png").unwrap()), "ConfigMapMissing"),
        (Stall::ConfigMapKeyMissing(ConfigMapKeyRef::new("logo", "mark.png").unwrap()), "ConfigMapMissing"),
        (Stall::ForeignSecret { name: text() }, "ConflictingOwner"),
        (Stall::NoRandomness(text()), "NoRandomness"),
        (Stall::InvalidSpec(text()), "InvalidSpec"),
        (Stall::UnknownKind { field: "spec.a", kind: "HTTPRoute" }, "InvalidReference"),
        (conflict.into(), "ConflictingOwner"),
        (Stall::Refused(text()), "Refused"),
        (Stall::Forbidden(text()), "Forbidden"),
        (Stall::QuotaExceeded(text()), "QuotaExceeded"),
        (Stall::VolumeNotExpandable { claim: claim(), size: text(), detail: text() }, "VolumeNotExpandable"),
        (Stall::ImagePullFailed { component: text(), detail: text() }, "ImagePullFailed"),
    ];
    for (stall, reason) in stalls {
        let conditions = found(&json!({}), &well(), Some(&stall));
        let (ready, status, why) = condition(&conditions, "Ready");
        assert_eq!((status, why, &ready.message), (NO, reason, &stall.to_string()));
        let (stalled, status, why) = condition(&conditions, "Stalled");
        assert_eq!((status, why, &stalled.message), (YES, reason, &stall.to_string()));
        assert_eq!(condition(&conditions, "Reconciling").1, NO);
    }
}

/// A value of the status that nothing sets promises what nobody keeps.
#[test]
fn every_field_of_the_status_is_told() {
    let pipeline = |name: &str, ready: &str| {
        let condition = json!({"type": "Ready", "status": ready, "reason": "A", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"});
        let pipeline = json!({
            "apiVersion": "photoplatform.io/v1alpha1", "kind": "ProcessingPipeline", "metadata": {"name": name},
            "spec": {"platformRef": {"name": "photos"}, "stages": []}, "status": {"conditions": [condition]},
        });
        Arc::new(serde_json::from_value(pipeline).unwrap())
    };
    let claim = |name: &str, capacity: &str| {
        let spec = json!({"resources": {"requests": {"storage": "2Gi"}}});
        let status = json!({"capacity": {"storage": capacity}});
        Arc::new(json!({"metadata": {"name": name}, "status": status, "spec": spec}).try_into().unwrap())
    };
    let claims = vec![claim("sqlite", "1Gi"), claim("redis", "2Gi")];
    let facts = Facts { pipelines: vec![pipeline("a", "True"), pipeline("b", "False")], claims, ..followed() };
    let status = judge(&platform(&json!({})), &facts, None, Timestamp::UNIX_EPOCH);
    assert_eq!(status.observed_generation, Some(3));
    assert_eq!(status.pipelines, Some(PipelineCount { total: 2, ready: 1 }));
    assert_eq!(status.endpoints.as_ref().unwrap().gateway, "http://photos-gateway.team.svc:3000");
    assert_eq!(status.components.len(), 5);
    let volumes = status.volumes.iter().map(|one| (&*one.name, &*one.requested, one.capacity.as_deref()));
    assert_eq!(volumes.collect::<Vec<_>>(), [("redis", "2Gi", Some("2Gi")), ("sqlite", "2Gi", Some("1Gi"))]);
    assert_eq!(unset("PhotoPlatform", &serde_json::to_value(&status).unwrap()), Vec::<String>::new());
}
