//! Every field that is read changes something, and only where it should.

use std::collections::BTreeSet;

use photo_operator::{children::Rendered, secrets::SecretVersions};
use serde_json::{Value, json};

use crate::sample::Sample;

/// The names of children that differ between two renderings.
fn changed(before: &[Rendered], after: &[Rendered]) -> BTreeSet<String> {
    let only_in = |one: &[Rendered], other: &[Rendered]| -> BTreeSet<String> {
        let here = one.iter().filter(|child| !other.contains(child));
        here.map(|child| format!("{} {}", child.object["kind"].as_str().unwrap(), child.name)).collect()
    };
    &only_in(before, after) | &only_in(after, before)
}

/// The fields, each with another value and a child that it changes.
fn check(sample: &Sample, document: impl Fn(&mut Sample) -> &mut Value, cases: &[(&str, Value, &str)]) {
    let before = sample.rendered();
    for (field, value, expected) in cases {
        let mut sample = sample.clone();
        let spec = &mut document(&mut sample)["spec"];
        let place = field.split('.').fold(spec, |place, name| match name.parse::<usize>() {
            Ok(index) => &mut place[index],
            Err(_) => &mut place[name],
        });
        assert_ne!(place, value, "{field} has that value already");
        *place = value.clone();
        let changed = changed(&before, &sample.rendered());
        assert!(changed.contains(*expected), "{field} changes {changed:?}, not {expected}");
    }
}

#[test]
fn every_field_of_a_platforms_pods_and_backing_changes_something() {
    let sample = Sample::read(&["operator/tests/samples/everything.yaml"]);
    let (redis, store) = ("StatefulSet everything-redis", "StatefulSet everything-store");
    let (metadata, gateway) = ("StatefulSet everything-metadata", "Deployment everything-gateway");
    let (events, worker) = ("Deployment everything-events", "Deployment theirs-worker");
    check(
        &sample,
        |sample| &mut sample.platform,
        &[
            ("operation", json!("Stopped"), metadata),
            ("deletionPolicy", json!("Retain"), store),
            ("defaultPipelineRef.name", json!("other"), "ConfigMap everything-gateway"),
            ("defaultPipelineRef.name", json!("other"), gateway),
            ("images.pullPolicy", json!("Never"), worker),
            ("images.pullSecrets.0.name", json!("other"), worker),
            ("images.gateway", json!("other"), metadata),
            ("images.gateway", json!("other"), events),
            ("images.worker", json!("other"), worker),
            ("images.redis", json!("other"), redis),
            ("images.objectStore", json!("other"), store),
            ("podDefaults.labels.team", json!("other"), worker),
            ("podDefaults.annotations.other", json!("other"), redis),
            ("podDefaults.nodeSelector.disk", json!("other"), worker),
            ("podDefaults.tolerations.0.key", json!("other"), worker),
            ("podDefaults.topologySpread", json!("Zone"), worker),
            ("podDefaults.priorityClassName", json!("other"), store),
            ("podDefaults.runtimeClassName", json!("other"), gateway),
            ("redis.managed.storage.size", json!("5Gi"), redis),
            ("redis.managed.storage.storageClassName", json!("other"), redis),
            ("redis.managed.persistence", json!("AppendOnly"), "ConfigMap everything-redis"),
            ("redis.managed.maxMemoryPercent", json!(51), redis),
            ("redis.managed.resources.limits.memory", json!("3Gi"), "ConfigMap everything-redis"),
            ("objectStore.managed.storage.size", json!("2Ti"), store),
            ("objectStore.managed.resources.limits.memory", json!("5Gi"), store),
            ("objectStore.buckets.0.name", json!("other"), metadata),
            ("objectStore.buckets.1.name", json!("other"), gateway),
            ("objectStore.buckets.2.name", json!("other"), worker),
            ("objectStore.buckets.3.name", json!("other"), metadata),
        ],
    );
}

#[test]
fn every_field_of_a_platforms_roles_changes_something() {
    let sample = Sample::read(&["operator/tests/samples/everything.yaml"]);
    let (metadata, gateway) = ("StatefulSet everything-metadata", "Deployment everything-gateway");
    let (events, worker) = ("Deployment everything-events", "Deployment theirs-worker");
    let autoscaler = "HorizontalPodAutoscaler everything-gateway";
    check(
        &sample,
        |sample| &mut sample.platform,
        &[
            ("metadata.storage.size", json!("30Gi"), metadata),
            ("metadata.sqlite.readers", json!(8), metadata),
            ("metadata.resources.requests.cpu", json!("301m"), metadata),
            ("gateway.autoscaling.minReplicas", json!(4), autoscaler),
            ("gateway.autoscaling.maxReplicas", json!(8), autoscaler),
            ("gateway.autoscaling.targetCPUPercent", json!(61), autoscaler),
            ("gateway.autoscaling.targetMemoryPercent", json!(61), autoscaler),
            ("gateway.service.type", json!("NodePort"), "Service everything-gateway"),
            ("gateway.service.annotations.other", json!("other"), "Service everything-gateway"),
            ("gateway.service.loadBalancerClass", json!("other"), "Service everything-gateway"),
            ("gateway.upload.maxBytes", json!(8_589_934_592_i64), gateway),
            ("gateway.upload.maxFiles", json!(21), gateway),
            ("gateway.auth.secretRef.name", json!("other"), events),
            ("gateway.auth.audience", json!("other"), gateway),
            ("gateway.resources.requests.memory", json!("513Mi"), gateway),
            ("eventBus.replicas", json!(4), events),
            ("eventBus.websocket.corsOrigins.0", json!("https://other"), events),
            ("eventBus.websocket.pingPeriodSeconds", json!(21), events),
            ("eventBus.websocket.pingTimeoutSeconds", json!(41), events),
            ("eventBus.websocket.maxPayloadBytes", json!(2048), events),
            ("eventBus.resources.limits.memory", json!("1Gi"), events),
            ("observability.logging.level", json!("Warn"), worker),
            ("observability.logging.format", json!("JSON"), metadata),
        ],
    );
}

#[test]
fn every_field_of_an_external_backing_changes_its_clients() {
    let sample = Sample::read(&["operator/tests/samples/external.yaml"]);
    let (metadata, gateway) = ("StatefulSet external-metadata", "Deployment external-gateway");
    let (events, worker) = ("Deployment external-events", "Deployment outside-worker");
    check(
        &sample,
        |sample| &mut sample.platform,
        &[
            ("redis.external.host", json!("fd00::1"), events),
            ("redis.external.port", json!(6381), worker),
            ("redis.external.database", json!(4), metadata),
            ("redis.external.tls", json!("Disabled"), metadata),
            ("redis.external.credentialsSecretRef.name", json!("other"), events),
            ("redis.external.prefix", json!("other:"), worker),
            ("objectStore.external.endpoint", json!("https://other"), worker),
            ("objectStore.external.region", json!("other"), gateway),
            ("objectStore.external.credentialsSecretRef.name", json!("other"), metadata),
            ("gateway.replicas", json!(2), gateway),
        ],
    );
}

#[test]
fn every_field_of_a_pipeline_changes_something() {
    let sample = Sample::read(&["operator/tests/samples/everything.yaml"]);
    let (worker, config) = ("Deployment large-worker", "ConfigMap large-worker");
    let autoscaler = "HorizontalPodAutoscaler large-worker";
    check(
        &sample,
        |sample| &mut sample.pipelines[0],
        &[
            ("operation", json!("Stopped"), worker),
            ("operation", json!("Stopped"), autoscaler),
            ("queue.priority", json!(8), config),
            ("queue.jobOptions.attempts", json!(5), config),
            ("queue.jobOptions.backoff.type", json!("Exponential"), config),
            ("queue.jobOptions.backoff.delaySeconds", json!(7), config),
            ("queue.jobOptions.backoff.maxDelaySeconds", json!(61), config),
            ("stages.0.timeoutSeconds", json!(31), worker),
            ("stages.0.validation.maxBytes", json!(5), config),
            ("stages.0.validation.maxPixels", json!(5), config),
            ("stages.1.dependsOn", json!([]), config),
            ("stages.1.thumbnails.sizes.0.name", json!("65"), config),
            ("stages.1.thumbnails.sizes.0.width", json!(65), config),
            ("stages.1.thumbnails.sizes.0.height", json!(49), config),
            ("stages.1.thumbnails.sizes.0.fit", json!("Inside"), config),
            ("stages.1.thumbnails.qualityPercent", json!(71), config),
            ("stages.2.onFailure", json!("Fail"), config),
            ("stages.2.metadata.gps", json!("Strip"), config),
            ("stages.3.state", json!("Enabled"), config),
            ("stages.3.optimization.qualityPercent", json!(61), config),
            ("worker.image", json!("other"), worker),
            ("worker.concurrency", json!(2), config),
            ("worker.drainTimeoutSeconds", json!(301), worker),
            ("worker.maxUnavailable", json!("30%"), "PodDisruptionBudget large-worker"),
            ("worker.resources.limits.memory", json!("4Gi"), worker),
            ("worker.nodeSelector.size", json!("other"), worker),
            ("worker.tolerations.0.key", json!("other"), worker),
            ("autoscaling.mode", json!("Disabled"), autoscaler),
            ("autoscaling.minReplicas", json!(3), autoscaler),
            ("autoscaling.maxReplicas", json!(21), autoscaler),
            ("autoscaling.targetCPUUtilizationPercent", json!(71), autoscaler),
        ],
    );
    check(
        &sample,
        |sample| &mut sample.pipelines[1],
        &[
            ("replicas", json!(5), "Deployment theirs-worker"),
            ("worker.concurrency", json!(3), "Deployment theirs-worker"),
        ],
    );
}

#[test]
fn a_new_version_of_a_secret_restarts_who_has_it_and_nobody_else() {
    let mut sample = Sample::read(&["operator/tests/samples/everything.yaml"]);
    let before = sample.rendered();
    let mut restarted = |secret: &str| {
        sample.secrets = SecretVersions::from_iter([(secret.to_owned(), "2".to_owned())]);
        changed(&before, &sample.rendered()).into_iter().collect::<Vec<_>>().join(", ")
    };
    assert_eq!(restarted("users"), "Deployment everything-events, Deployment everything-gateway");
    assert_eq!(
        restarted("everything-redis-auth"),
        "Deployment everything-events, Deployment large-worker, Deployment theirs-worker, \
         StatefulSet everything-metadata, StatefulSet everything-redis"
    );
    assert_eq!(restarted("somebody-elses"), "");
}

#[test]
fn a_new_configuration_restarts_the_pods_that_read_it() {
    let sample = Sample::read(&["operator/tests/samples/everything.yaml"]);
    let before = sample.rendered();
    let mut other = sample.clone();
    other.pipelines[0]["spec"]["queue"]["priority"] = json!(8);
    let changed = changed(&before, &other.rendered());
    assert_eq!(changed, BTreeSet::from(["ConfigMap large-worker", "Deployment large-worker"].map(str::to_owned)));
}
