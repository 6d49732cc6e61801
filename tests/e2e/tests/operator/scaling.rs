//! Workers follow their queue, as a storage role tells it; and where it can't be believed, they stay.

use photo_e2e::patience::until;
use photo_stack::role::Role;
use serde_json::{Value, json};

use crate::scene::{Scene, accounts, pipeline, small_platform};

const STORAGE: &str = "photos-metadata";
const PIPELINE: &str = "pipe/thumbs";
const WORKERS: &str = "deployment/thumbs-worker";

/// A pipeline that is looked at every second and holds on to nothing for longer than it has to.
fn following(changes: &Value) -> Value {
    let mut autoscaling = json!({
        "minReplicas": 0, "maxReplicas": 8, "scaleDownCooldownSeconds": 0,
        "queue": {
            "pollPeriodSeconds": 1, "staleAfterSeconds": 2, "startupSeconds": 1, "scaleToZeroAfterSeconds": 0,
            "fastWindowSeconds": 2, "slowWindowSeconds": 2, "anomalyHoldSeconds": 0, "expectedJobMillis": 10_000,
        },
    });
    for (name, value) in changes.as_object().unwrap() {
        autoscaling[name] = value.clone();
    }
    json!({"autoscaling": autoscaling, "worker": {"concurrency": 1}})
}

async fn made(changes: &Value) -> (Scene, Role) {
    let (scene, operator) = Scene::with_operator().await;
    make(&scene, changes).await;
    (scene, operator)
}

async fn make(scene: &Scene, changes: &Value) {
    let documents = [accounts(), small_platform(&json!({})), pipeline("thumbs", &following(changes))];
    scene.apply(&documents.join("\n---\n")).await;
    scene.until_ready(&["pplat/photos", PIPELINE]).await;
}

/// So many jobs wait, and this many have come to an end.
fn queue(scene: &Scene, waiting: u64, completed: u64) {
    scene.data_plane.queue(STORAGE, "thumbs", |row| {
        row.numbers.prioritized = waiting;
        row.numbers.oldest_seconds = (waiting > 0).then_some(1);
        row.enqueued_total = waiting + completed;
        row.completed_total = completed;
        row.busy_seconds_total = 1.0;
    });
}

async fn until_replicas(scene: &Scene, what: &str, are: impl Fn(u64) -> bool) -> u64 {
    let found = scene.until_object(WORKERS, what, |found| found["spec"]["replicas"].as_u64().is_some_and(&are)).await;
    found["spec"]["replicas"].as_u64().unwrap()
}

/// Waits until the storage role has been asked so often again: that many decisions at least were made of what is told now.
async fn until_asked_again(scene: &Scene, times: u64) {
    let before = scene.data_plane.times_asked(STORAGE);
    let ask = async || (scene.data_plane.times_asked(STORAGE) > before + times).then_some(());
    until("the storage role is asked again", ask).await;
}

async fn until_active(scene: &Scene, wanted: (&str, &str)) -> String {
    scene.until_condition(PIPELINE, "ScalingActive", wanted).await
}

/// Waits until an event of that reason says so.
async fn until_event(scene: &Scene, reason: &str, says: impl Fn(&str) -> bool) {
    let field = format!("--field-selector=reason={reason}");
    until(&format!("an event {reason} tells of it"), async || {
        let found: Value = serde_json::from_str(&scene.run(&["get", "events", &field, "-o", "json"]).await).unwrap();
        let events = found["items"].as_array().unwrap();
        events.iter().any(|event| event["message"].as_str().is_some_and(&says)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn workers_come_for_what_waits_and_go_when_there_is_nothing() {
    let (scene, operator) = made(&json!({})).await;
    until_active(&scene, ("True", "FollowsQueue")).await;
    assert_eq!(scene.existing(WORKERS).await["spec"]["replicas"], 0, "nothing waits");
    queue(&scene, 40, 0);
    let first = until_replicas(&scene, "there are workers", |count| count > 0).await;
    assert_eq!(first, 8, "all that may be, in one step");
    let status =
        |found: &Value| found["status"]["desiredReplicas"] == 8 && found["status"]["queue"]["prioritized"] == 40;
    let told = scene.until_object(PIPELINE, "its status tells of it", status).await;
    assert!(told["status"]["scaling"]["reason"].is_string());
    assert_eq!(told["status"]["scaling"]["recommendations"][0]["component"], "worker");
    assert!(told["status"]["scaling"]["lastScaleTime"].is_string());
    assert_eq!(owners(&scene.existing(WORKERS).await), ["photo-operator-scaler"]);
    let demand = operator.tells(&format!("/demand/{}/thumbs", scene.namespace)).await.unwrap();
    assert_eq!(serde_json::from_str::<Value>(&demand).unwrap()["recommended"], 8);
    let gauge = format!("photo_operator_workers_desired{{namespace=\"{}\",pipeline=\"thumbs\"}}", scene.namespace);
    assert_eq!(operator.metric(&gauge).await.unwrap(), 8);
    assert!(operator.tells("/demand/elsewhere/thumbs").await.unwrap_err().to_string().contains("404"));
    scene.until_condition(PIPELINE, "ScalingLimited", ("True", "TooFewReplicas")).await;
    queue(&scene, 0, 40);
    until_replicas(&scene, "they are gone", |count| count == 0).await;
    scene.until_condition(PIPELINE, "ScalingLimited", ("False", "WithinBounds")).await;
    scene.until_ready(&[PIPELINE]).await;
    until_event(&scene, "Scaled", |note| note.starts_with("8 workers instead of 0: ")).await;
    until_event(&scene, "Scaled", |note| note.starts_with("0 workers instead of ")).await;
}

#[tokio::test]
async fn what_somebody_scaled_by_hand_is_gone_on_from_and_told() {
    let (scene, _operator) = made(&json!({"minReplicas": 2, "maxReplicas": 4})).await;
    until_replicas(&scene, "the fewest are there", |count| count == 2).await;
    until_active(&scene, ("True", "FollowsQueue")).await;
    until_asked_again(&scene, 1).await;
    // Out of bounds: corrected at once. Within them: when the load allows it.
    for theirs in ["7", "1", "4"] {
        scene.run(&["scale", WORKERS, &format!("--replicas={theirs}")]).await;
        until_replicas(&scene, "they are as many as are needed again", |count| count == 2).await;
    }
    let note = "somebody else made it 7 workers instead of 2";
    until_event(&scene, "ScaledByOthers", |told| told.starts_with(note)).await;
}

#[tokio::test]
async fn where_another_autoscaler_chooses_ours_only_recommends() {
    let (scene, _operator) = made(&json!({"minReplicas": 1})).await;
    until_active(&scene, ("True", "FollowsQueue")).await;
    let theirs = json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "theirs"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "thumbs-worker"},
            "minReplicas": 1, "maxReplicas": 3,
            "metrics": [{"type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}],
        },
    });
    scene.apply(&theirs.to_string()).await;
    queue(&scene, 40, 0);
    let message = until_active(&scene, ("False", "ForeignAutoscaler")).await;
    assert!(message.contains("`theirs`"), "{message}");
    let recommends = |found: &Value| found["status"]["scaling"]["recommendations"][0]["recommended"] == 8;
    scene.until_object(PIPELINE, "the need is told", recommends).await;
    until_asked_again(&scene, 2).await;
    assert_eq!(scene.existing(WORKERS).await["spec"]["replicas"], 1);
    scene.run(&["delete", "hpa/theirs"]).await;
    until_replicas(&scene, "it chooses again", |count| count == 8).await;
}

#[tokio::test]
async fn where_autoscaling_is_off_the_need_is_told_and_nothing_is_done() {
    let (scene, _operator) = made(&json!({"mode": "Disabled"})).await;
    queue(&scene, 40, 0);
    until_active(&scene, ("False", "Disabled")).await;
    let recommends = |found: &Value| found["status"]["scaling"]["recommendations"][0]["recommended"] == 8;
    scene.until_object(PIPELINE, "the need is told", recommends).await;
    assert_eq!(scene.existing(WORKERS).await["spec"]["replicas"], 1, "spec.replicas");
    scene.patch(PIPELINE, &json!({"spec": {"autoscaling": {"mode": "Queue"}, "operation": "Paused"}})).await;
    until_active(&scene, ("False", "Paused")).await;
    until_asked_again(&scene, 2).await;
    assert_eq!(scene.existing(WORKERS).await["spec"]["replicas"], 1, "workers of a paused queue wait");
    scene.patch(PIPELINE, &json!({"spec": {"operation": "Running"}})).await;
    until_replicas(&scene, "it follows", |count| count == 8).await;
    scene.patch(PIPELINE, &json!({"spec": {"operation": "Stopped"}})).await;
    until_replicas(&scene, "none is left", |count| count == 0).await;
    until_active(&scene, ("False", "Stopped")).await;
    scene.patch(PIPELINE, &json!({"spec": {"operation": "Running"}})).await;
    until_replicas(&scene, "it follows", |count| count == 8).await;
}

#[tokio::test]
async fn a_queue_that_can_not_be_seen_costs_no_worker() {
    let (scene, _operator) = made(&json!({"fallback": {"replicas": 6, "afterSeconds": 3}})).await;
    let short = json!({"expectedJobMillis": 100});
    scene.patch(PIPELINE, &json!({"spec": {"autoscaling": {"queue": short}}})).await;
    queue(&scene, 3, 0);
    let few = until_replicas(&scene, "there are workers", |count| count > 0).await;
    assert!(few < 6, "{few} workers for three short jobs");
    // The same reading again and again says that nothing waits, and is not believed for long.
    queue(&scene, 0, 3);
    scene.data_plane.freezes(STORAGE, true);
    scene.until_condition(PIPELINE, "MetricsFresh", ("False", "MetricsStale")).await;
    until_replicas(&scene, "the floor is kept", |count| count == 6).await;
    scene.data_plane.freezes(STORAGE, false);
    scene.until_condition(PIPELINE, "MetricsFresh", ("True", "Fresh")).await;
    until_replicas(&scene, "they go", |count| count == 0).await;
    queue(&scene, 3, 3);
    until_replicas(&scene, "there are workers again", |count| count > 0).await;
    scene.data_plane.fails(STORAGE);
    let message = scene.until_condition(PIPELINE, "MetricsFresh", ("False", "MetricsStale")).await;
    assert!(message.contains("does not fall"), "{message}");
    until_replicas(&scene, "the floor is kept", |count| count == 6).await;
}

/// A storage role that lost its counters, and says that nothing waits while the workers have all they can do.
#[tokio::test]
async fn a_queue_that_lies_is_not_believed() {
    let (scene, _operator) = Scene::with_operator().await;
    // From the beginning, so that it is no burst.
    queue(&scene, 2, 100);
    make(&scene, &json!({"minReplicas": 2})).await;
    let for_long = json!({"anomalyHoldSeconds": 600});
    scene.patch(PIPELINE, &json!({"spec": {"autoscaling": {"queue": for_long}}})).await;
    measured(&scene).await;
    until_replicas(&scene, "the fewest are there", |count| count == 2).await;
    let pods = async || {
        Some(scene.names("pod").await)
            .filter(|names| names.iter().filter(|name| name.starts_with("thumbs-worker-")).count() == 2)
    };
    for pod in until("there are two workers", pods).await.iter().filter(|name| name.starts_with("thumbs-worker-")) {
        saturate(&scene, pod).await;
    }
    until_asked_again(&scene, 1).await;
    queue(&scene, 0, 0);
    scene.until_condition(PIPELINE, "MetricsFresh", ("False", "MetricsSuspect")).await;
    until_replicas(&scene, "there are more", |count| count > 2).await;
    until_event(&scene, "Scaled", |note| note.ends_with("MetricsContradictCpuUp")).await;
}

/// The API server knows how much pods use, as with metrics-server.
async fn measured(scene: &Scene) {
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "pods.metrics.k8s.io",
            "annotations": {"api-approved.kubernetes.io": "unapproved, in the place of metrics-server"}},
        "spec": {
            "group": "metrics.k8s.io", "scope": "Namespaced",
            "names": {"plural": "pods", "kind": "PodMetrics", "singular": "podmetrics", "listKind": "PodMetricsList"},
            "versions": [{"name": "v1beta1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "x-kubernetes-preserve-unknown-fields": true}}}],
        },
    });
    scene.apply(&definition.to_string()).await;
    scene.run(&["wait", "--for=condition=Established", "--timeout=60s", "crd/pods.metrics.k8s.io"]).await;
}

/// The pod has used all that it requested, for as long as this test takes.
async fn saturate(scene: &Scene, pod: &str) {
    let labels = scene.existing(&format!("pod/{pod}")).await["metadata"]["labels"].clone();
    let metrics = json!({
        "apiVersion": "metrics.k8s.io/v1beta1", "kind": "PodMetrics", "metadata": {"name": pod, "labels": labels},
        "timestamp": photo_core::clock::Clock::System.now(), "window": "15s",
        "containers": [{"name": "worker", "usage": {"cpu": "64", "memory": "1Mi"}}],
    });
    scene.apply(&metrics.to_string()).await;
}

/// Who owns the number of workers.
fn owners(object: &Value) -> Vec<&str> {
    let managed = object["metadata"]["managedFields"].as_array().unwrap();
    let owning = managed.iter().filter(|entry| !entry["fieldsV1"]["f:spec"]["f:replicas"].is_null());
    owning.map(|entry| entry["manager"].as_str().unwrap()).collect()
}
