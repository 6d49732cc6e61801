//! What goes with a custom resource, and what stays.

use photo_e2e::patience::until;
use serde_json::json;

use crate::scene::{Scene, accounts, pipeline, small_platform, small_scene};

async fn names(scene: &Scene) -> Vec<String> {
    scene.contents().await.names().into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn with_a_pipeline_go_its_children_and_its_place_in_the_catalogue() {
    let (scene, _operator) = Scene::with_operator().await;
    scene.apply(&small_scene()).await;
    scene.until_ready(&["pplat/photos", "pipe/thumbs"]).await;
    scene.until_object("pplat/photos", "it counts it", |found| found["status"]["pipelines"]["ready"] == 1).await;
    let before = names(&scene).await;
    scene.apply(&pipeline("second", &json!({}))).await;
    scene.until_ready(&["pipe/second"]).await;
    let catalogue = async |wanted: &[&str]| {
        let known = || scene.data_plane.catalogue("photos-metadata").into_keys().collect::<Vec<_>>();
        until(&format!("the catalogue is {wanted:?}"), async || (known() == wanted).then_some(())).await;
    };
    catalogue(&["second", "thumbs"]).await;
    scene.run(&["delete", "pipe/second"]).await;
    catalogue(&["thumbs"]).await;
    until("its children are gone", async || (names(&scene).await == before).then_some(())).await;
    scene.until_condition("pplat/photos", "Ready", ("True", "AllComponentsReady")).await;
    scene.until_condition("pipe/thumbs", "Ready", ("True", "Available")).await;
}

/// Volumes and generated Secrets stay, and a platform of the same name finds its data again.
#[tokio::test]
async fn what_is_retained_is_found_again() {
    let (scene, _operator) = Scene::with_operator().await;
    scene.apply(&small_scene()).await;
    scene.until_ready(&["pplat/photos", "pipe/thumbs"]).await;
    let secret = scene.existing("secret/photos-service").await;
    scene.run(&["delete", "pplat/photos"]).await;
    scene.until_condition("pipe/thumbs", "Ready", ("False", "PlatformMissing")).await;
    let retained = |name: &String| name.contains("photos-") && !name.contains("account");
    let ask = async || {
        let left: Vec<String> = names(&scene).await.into_iter().filter(retained).collect();
        let data = |name: &String| name.starts_with("Secret ") || name.starts_with("PersistentVolumeClaim ");
        left.iter().all(data).then_some(left)
    };
    let left = until("only data is left", ask).await;
    assert!(left.len() == 3 && left.iter().any(|name| name.starts_with("PersistentVolumeClaim ")), "{left:?}");
    // Workers of a platform that vanished are no reason to stop.
    scene.existing("deployment/thumbs-worker").await;

    scene.apply(&small_platform(&json!({}))).await;
    scene.until_ready(&["pplat/photos", "pipe/thumbs"]).await;
    assert_eq!(scene.existing("secret/photos-service").await["data"], secret["data"]);
}

#[tokio::test]
async fn with_the_policy_delete_nothing_is_left() {
    let (scene, _operator) = Scene::with_operator().await;
    scene.apply(&[accounts(), small_platform(&json!({"deletionPolicy": "Delete"}))].join("\n---\n")).await;
    scene.until_ready(&["pplat/photos"]).await;
    scene.run(&["delete", "pplat/photos"]).await;
    let ask = async || {
        let left: Vec<String> = names(&scene).await.into_iter().filter(|name| name.contains("photos")).collect();
        left.is_empty().then_some(())
    };
    until("nothing of the platform is left", ask).await;
    // What somebody else made is theirs.
    scene.existing("secret/redis-account").await;
}

#[tokio::test]
async fn a_namespace_ends_with_everything_in_it() {
    let (scene, operator) = Scene::with_operator().await;
    scene.apply(&small_scene()).await;
    scene.until_object("deployment/photos-gateway", "it is being made", |_| true).await;
    let namespace = scene.namespace.as_str();
    assert!(scene.kubectl.run(&["delete", "namespace", namespace, "--wait=false"], "").await.unwrap().ok);
    let gone = ["wait", "--for=delete", "--timeout=120s", &format!("namespace/{namespace}")];
    let answer = scene.kubectl.run(&gone, "").await.unwrap();
    assert!(answer.ok, "{}", answer.text);
    // The operator's Lease went too: here it lives in the same namespace. What becomes of the operator says nothing.
    drop(operator);
}
