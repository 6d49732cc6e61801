//! All pods run, and something else is wrong: the status says what, and stops saying it when it is over.

use photo_core::port::Reason;
use photo_e2e::patience::until;
use serde_json::json;

use crate::scene::{Scene, said, small_scene};

async fn ready_scene() -> (Scene, photo_stack::role::Role) {
    let (scene, operator) = Scene::with_operator().await;
    scene.apply(&small_scene()).await;
    scene.until_ready(&["pplat/photos", "pipe/thumbs"]).await;
    (scene, operator)
}

/// Breaks a role, looks at the platform, and mends it.
async fn told(scene: &Scene, service: &str, lost: (&str, Reason), condition: (&str, &str)) {
    let (dependency, reason) = lost;
    let (r#type, word) = condition;
    scene.data_plane.loses(service, dependency, Some(reason));
    let message = scene.until_condition("pplat/photos", r#type, ("False", word)).await;
    assert!(message.contains(&format!("{dependency} is away for a test")), "{type}: {message}");
    let message = scene.until_condition("pplat/photos", "Ready", ("False", word)).await;
    assert!(message.contains(&format!("{dependency} is away for a test")), "Ready: {message}");
    let platform = scene.existing("pplat/photos").await;
    let components = platform["status"]["components"].as_array().unwrap().clone();
    assert!(components.iter().all(|part| part["ready"] == part["desired"]), "all pods are ready: {components:?}");
    assert_eq!(said(&platform, "Stalled").unwrap().0, "False");
    scene.data_plane.recovers(service);
    scene.until_condition("pplat/photos", "Ready", ("True", "AllComponentsReady")).await;
}

#[tokio::test]
async fn what_a_role_lost_is_told_by_its_own_reason() {
    let (scene, _operator) = ready_scene().await;
    told(&scene, "photos-metadata", ("queue", Reason::AuthFailed), ("RedisReady", "AuthFailed")).await;
    told(&scene, "photos-metadata", ("store", Reason::AccessDenied), ("ObjectStoreReady", "AccessDenied")).await;
    told(&scene, "photos-metadata", ("sqlite", Reason::Full), ("MetadataReady", "Full")).await;
    told(&scene, "photos-gateway", ("storage", Reason::Unreachable), ("GatewayReady", "Unreachable")).await;
    told(&scene, "photos-metadata", ("buckets", Reason::AccessDenied), ("BucketsReady", "AccessDenied")).await;
    told(&scene, "photos-metadata", ("queueOwner", Reason::Misconfigured), ("QueueOwned", "ConflictingOwner")).await;
    told(&scene, "photos-events", ("log", Reason::Misconfigured), ("EventBusReady", "Misconfigured")).await;
}

#[tokio::test]
async fn a_backup_that_fails_is_told_and_stops_no_photo() {
    let (scene, _operator) = ready_scene().await;
    scene.until_condition("pplat/photos", "BackupHealthy", ("True", "LastBackupSucceeded")).await;
    scene.data_plane.loses("photos-metadata", "backup", Some(Reason::Full));
    scene.until_condition("pplat/photos", "BackupHealthy", ("False", "LastBackupFailed")).await;
    assert_eq!(said(&scene.existing("pplat/photos").await, "Ready").unwrap().0, "True");
}

#[tokio::test]
async fn a_gateway_that_answers_500_is_not_ready() {
    let (scene, _operator) = ready_scene().await;
    scene.data_plane.fails("photos-gateway");
    let message = scene.until_condition("pplat/photos", "GatewayReady", ("False", "Unreachable")).await;
    assert!(message.contains("status 500"), "{message}");
    scene.until_condition("pplat/photos", "Ready", ("False", "Unreachable")).await;
    scene.data_plane.recovers("photos-gateway");
    scene.until_condition("pplat/photos", "Ready", ("True", "AllComponentsReady")).await;
}

#[tokio::test]
async fn overrides_of_pods_are_merged_and_what_no_pod_may_have_is_refused() {
    let (scene, _operator) = ready_scene().await;
    let overrides = |spec| json!({"spec": {"gateway": {"podOverrides": {"spec": spec}}}});
    scene.patch("pplat/photos", &overrides(json!({"hostNetwork": true}))).await;
    let refused = ("False", "ViolatesRestricted");
    let message = scene.until_condition("pplat/photos", "OverridesAccepted", refused).await;
    assert!(message.contains("podOverrides of gateway: spec.hostNetwork"), "{message}");
    scene.until_condition("pplat/photos", "Stalled", ("True", "ViolatesRestricted")).await;
    let gateway = scene.existing("deployment/photos-gateway").await;
    assert!(gateway["spec"]["template"]["spec"]["hostNetwork"].is_null(), "pods stay as they are");

    let env = json!([{"name": "gateway", "env": [{"name": "TZ", "value": "UTC"}]}]);
    scene.patch("pplat/photos", &overrides(json!({"hostNetwork": null, "containers": env}))).await;
    scene.until_condition("pplat/photos", "OverridesAccepted", ("True", "Accepted")).await;
    let is_merged = |found: &serde_json::Value| {
        let env = found["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap().clone();
        env.len() > 1 && env.iter().any(|variable| variable["name"] == "TZ")
    };
    scene.until_object("deployment/photos-gateway", "it has the variable beside its own", is_merged).await;
    scene.patch("pplat/photos", &json!({"spec": {"gateway": {"podOverrides": null}}})).await;
    scene.until_object("deployment/photos-gateway", "it has its own again", |found| !is_merged(found)).await;
}

/// Transitions are told once, as events that `kubectl describe` shows.
#[tokio::test]
async fn a_transition_is_an_event() {
    let (scene, _operator) = ready_scene().await;
    let events = async |reason: &str| {
        let field = format!("reason={reason},regarding.name=photos");
        let text = scene.run(&["get", "events.v1.events.k8s.io", "--field-selector", &field, "-o", "json"]).await;
        let list: serde_json::Value = serde_json::from_str(&text).unwrap();
        list["items"].as_array().unwrap().clone()
    };
    let good = events("AllComponentsReady").await;
    assert_eq!(good.iter().map(|event| &event["type"]).collect::<Vec<_>>(), [&json!("Normal")]);
    scene.data_plane.loses("photos-metadata", "queue", Some(Reason::AuthFailed));
    scene.until_condition("pplat/photos", "Ready", ("False", "AuthFailed")).await;
    // Both conditions tell it, and Kubernetes folds what has the same reason into one event.
    let bad = until("it is told", async || Some(events("AuthFailed").await).filter(|events| !events.is_empty())).await;
    assert_eq!(bad.iter().map(|event| &event["type"]).collect::<Vec<_>>(), [&json!("Warning")]);
}
