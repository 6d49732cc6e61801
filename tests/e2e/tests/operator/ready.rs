//! What people do first: they apply the samples and wait.

use photo_adapters::service_token::{CallerRole, ServiceTokenVerifier};
use photo_core::pipeline::PipelineState;
use photo_e2e::patience::until;
use photo_runtime::secret::Secret;

use crate::scene::Scene;

#[tokio::test]
async fn the_samples_become_ready() {
    let (scene, _operator) = Scene::with_operator().await;
    scene.apply_samples(&["quickstart.yaml", "full-processing.yaml", "quick-processing.yaml"]).await;
    scene.until_ready(&["pplat/quickstart", "pipe/full-processing", "pipe/quick-processing"]).await;

    let platform = scene.until_object("pplat/quickstart", "both pipelines are counted", |platform| {
        platform["status"]["pipelines"] == serde_json::json!({"total": 2, "ready": 2})
    });
    let platform = platform.await;
    assert_eq!(platform["status"]["observedGeneration"], platform["metadata"]["generation"]);
    for r#type in ["RedisReady", "ObjectStoreReady", "MetadataReady", "GatewayReady", "EventBusReady"] {
        let (status, reason, message) = scene.condition("pplat/quickstart", r#type).await.unwrap();
        assert_eq!((status.as_str(), reason.as_str()), ("True", "Available"), "{type}: {message}");
    }
    let components = platform["status"]["components"].as_array().unwrap();
    assert_eq!(components.len(), 5);
    assert!(components.iter().all(|part| part["ready"] == part["desired"] && part["desired"].as_i64() > Some(0)));
    let quick = scene.existing("pipe/quick-processing").await;
    assert_eq!((&quick["status"]["replicas"], &quick["status"]["readyReplicas"]), (&1.into(), &1.into()));
    assert_eq!(quick["status"]["observedGeneration"], quick["metadata"]["generation"]);
}

#[tokio::test]
async fn the_storage_role_learns_which_pipelines_there_are() {
    let (scene, _operator) = Scene::with_operator().await;
    scene.apply_samples(&["quickstart.yaml", "quick-processing.yaml"]).await;
    scene.until_ready(&["pplat/quickstart", "pipe/full-processing", "pipe/quick-processing"]).await;
    let storage = "quickstart-metadata";
    let known = async |wanted: &[(&str, PipelineState)]| {
        let wanted = wanted.iter().map(|(name, state)| ((*name).to_owned(), *state)).collect();
        let ask = async || (scene.data_plane.catalogue(storage) == wanted).then_some(());
        until(&format!("the catalogue is {wanted:?}"), ask).await;
    };
    known(&[("full-processing", PipelineState::Running), ("quick-processing", PipelineState::Running)]).await;
    scene.patch("pipe/quick-processing", &serde_json::json!({"spec": {"operation": "Paused"}})).await;
    known(&[("full-processing", PipelineState::Running), ("quick-processing", PipelineState::Paused)]).await;
    scene.run(&["delete", "pipe/quick-processing"]).await;
    known(&[("full-processing", PipelineState::Running)]).await;

    let key =
        scene.run(&["get", "secret", "quickstart-service", "-o", "go-template={{.data.key | base64decode}}"]).await;
    let verifier = ServiceTokenVerifier::new(Secret::from_value("key", key));
    assert_eq!(verifier.verify(&scene.data_plane.token().unwrap()).unwrap(), CallerRole::Operator);
}

#[tokio::test]
async fn a_pipeline_that_came_first_waits_for_its_platform() {
    let (scene, _operator) = Scene::with_operator().await;
    scene.apply_samples(&["quick-processing.yaml"]).await;
    let ready = ("False", "PlatformMissing");
    let message = scene.until_condition("pipe/quick-processing", "Ready", ready).await;
    assert!(message.contains("there is no PhotoPlatform `quickstart` in this namespace: make it"), "{message}");
    assert_eq!(scene.object("deployment/quick-processing-worker").await, None);
    scene.apply_samples(&["quickstart.yaml"]).await;
    scene.until_ready(&["pipe/quick-processing"]).await;
}
