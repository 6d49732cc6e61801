//! Paused, stopped, running again.

use photo_e2e::{audit::AuditLog, operator, patience::until};
use photo_stack::role::Role;
use serde_json::json;

use crate::scene::{Scene, small_scene};

/// How often objects of that kind were reconciled well.
pub(crate) async fn reconciles(operator: &Role, kind: &str) -> u64 {
    operator::reconciles(operator, kind).await.unwrap()
}

#[tokio::test]
async fn a_paused_platform_is_not_written_to() {
    let (scene, operator) = Scene::with_operator().await;
    scene.apply(&small_scene()).await;
    scene.until_ready(&["pplat/photos", "pipe/thumbs"]).await;
    let paused = scene.existing("pplat/photos").await["metadata"]["generation"].as_i64().unwrap() + 1;
    scene.patch("pplat/photos", &json!({"spec": {"operation": "Paused"}})).await;
    scene
        .until_object("pplat/photos", "the pause is seen", |found| found["status"]["observedGeneration"] == paused)
        .await;
    let log = AuditLog::from_now(&scene.server.audit_log).unwrap();
    let before = (reconciles(&operator, "PhotoPlatform").await, reconciles(&operator, "ProcessingPipeline").await);
    scene.run(&["delete", "service/photos-gateway", "configmap/thumbs-worker"]).await;
    scene.patch("deployment/photos-events", &json!({"spec": {"replicas": 1}})).await;
    scene.patch("pplat/photos", &json!({"spec": {"gateway": {"replicas": 3}}})).await;
    let looked = async || {
        let now = (reconciles(&operator, "PhotoPlatform").await, reconciles(&operator, "ProcessingPipeline").await);
        (now.0 > before.0 + 1 && now.1 > before.1).then_some(())
    };
    until("both were looked at", looked).await;
    let generation = paused + 1;
    let seen = |found: &serde_json::Value| found["status"]["observedGeneration"] == generation;
    scene.until_object("pplat/photos", "the last change is seen", seen).await;
    let told = ["leases", "events", "photoplatforms/status", "processingpipelines/status"];
    let requests = log.requests_of(&[scene.user("first")]).unwrap();
    let written: Vec<String> = requests
        .iter()
        .filter(|request| request.writes() && !told.contains(&request.resource.as_str()))
        .map(ToString::to_string)
        .collect();
    assert_eq!(written, Vec::<String>::new());
    assert_eq!(scene.object("service/photos-gateway").await, None);

    scene.patch("pplat/photos", &json!({"spec": {"operation": "Running"}})).await;
    scene.until_object("service/photos-gateway", "it is there again", |_| true).await;
    scene.until_object("configmap/thumbs-worker", "it is there again", |_| true).await;
    scene.until_object("deployment/photos-gateway", "it has three", |found| found["spec"]["replicas"] == 3).await;
    scene.until_ready(&["pplat/photos", "pipe/thumbs"]).await;
}

#[tokio::test]
async fn a_stopped_platform_has_no_pods_and_keeps_its_data() {
    let (scene, _operator) = Scene::with_operator().await;
    scene.apply_samples(&["quickstart.yaml"]).await;
    scene.until_ready(&["pplat/quickstart", "pipe/full-processing"]).await;
    let claims = |names: Vec<&str>| {
        names
            .into_iter()
            .filter(|name| name.starts_with("PersistentVolumeClaim "))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let before = claims(scene.contents().await.names());
    assert_eq!(before.len(), 3, "Redis, store and SQLite have a volume each: {before:?}");
    scene.patch("pplat/quickstart", &json!({"spec": {"operation": "Stopped"}})).await;
    until("there are no pods", async || scene.names("pod").await.is_empty().then_some(())).await;
    scene.until_condition("pplat/quickstart", "Ready", ("False", "Stopped")).await;
    assert_eq!(claims(scene.contents().await.names()), before);
    scene.patch("pplat/quickstart", &json!({"spec": {"operation": "Running"}})).await;
    scene.until_ready(&["pplat/quickstart", "pipe/full-processing"]).await;
}

#[tokio::test]
async fn a_stopped_pipeline_has_no_workers_and_a_paused_one_keeps_them() {
    let (scene, _operator) = Scene::with_operator().await;
    scene.apply(&small_scene()).await;
    scene.until_ready(&["pplat/photos", "pipe/thumbs"]).await;
    scene.patch("pipe/thumbs", &json!({"spec": {"operation": "Paused"}})).await;
    scene.until_condition("pipe/thumbs", "Ready", ("False", "Paused")).await;
    let workers = async || {
        let pods = scene.names("pod").await;
        pods.into_iter().filter(|name| name.starts_with("thumbs-worker-")).count()
    };
    assert_eq!(workers().await, 1);
    scene.patch("pipe/thumbs", &json!({"spec": {"operation": "Stopped"}})).await;
    scene.until_condition("pipe/thumbs", "Ready", ("False", "Stopped")).await;
    until("there are no workers", async || (workers().await == 0).then_some(())).await;
    scene.patch("pipe/thumbs", &json!({"spec": {"operation": "Running", "replicas": 2}})).await;
    scene.until_ready(&["pipe/thumbs"]).await;
    until("there are two workers", async || (workers().await == 2).then_some(())).await;
    scene.until_condition("pplat/photos", "Ready", ("True", "AllComponentsReady")).await;
}
