//! The events role follows its connections, as its pods tell them.

use photo_e2e::patience::until;
use serde_json::{Value, json};

use crate::scene::{Scene, accounts, small_platform};

const PLATFORM: &str = "pplat/photos";
const EVENTS: &str = "deployment/photos-events";
const SERVICE: &str = "photos-events";

async fn until_replicas(scene: &Scene, what: &str, wanted: u64) {
    scene.until_object(EVENTS, what, |found| found["spec"]["replicas"] == wanted).await;
}

#[tokio::test]
async fn its_pods_come_with_connections_and_go_with_them() {
    let (scene, operator) = Scene::with_operator().await;
    let autoscaling = json!({
        "minReplicas": 1, "maxReplicas": 4, "targetConnectionsPerPod": 100, "scaleDownCooldownSeconds": 0,
    });
    let platform = small_platform(&json!({"eventBus": {"autoscaling": autoscaling}}));
    scene.apply(&[accounts(), platform].join("\n---\n")).await;
    scene.until_ready(&[PLATFORM]).await;
    scene.until_condition(PLATFORM, "ScalingActive", ("True", "FollowsConnections")).await;
    until_replicas(&scene, "one is enough", 1).await;

    scene.data_plane.connects(SERVICE, 190);
    until_replicas(&scene, "one more comes, and each of them has as many", 4).await;
    scene.until_condition(PLATFORM, "ScalingLimited", ("True", "TooFewReplicas")).await;
    let told = |found: &Value| {
        let of_events = &found["status"]["scaling"]["recommendations"][0];
        of_events["component"] == "events" && of_events["recommended"] == 4 && of_events["confidencePercent"] == 100
    };
    let status = scene.until_object(PLATFORM, "its status tells of it", told).await;
    assert_eq!(status["status"]["scaling"]["recommendations"][1]["reason"], "Steady", "of the storage role");
    let gauge = format!("photo_operator_events_pods_desired{{namespace=\"{}\",platform=\"photos\"}}", scene.namespace);
    assert_eq!(operator.metric(&gauge).await.unwrap(), 4);

    // What can't be counted changes nothing, though nobody would be left.
    scene.data_plane.fails(SERVICE);
    scene.data_plane.connects(SERVICE, 0);
    scene.until_condition(PLATFORM, "MetricsFresh", ("False", "MetricsStale")).await;
    assert_eq!(scene.existing(EVENTS).await["spec"]["replicas"], 4);
    scene.data_plane.recovers(SERVICE);
    until_replicas(&scene, "by halves, down to the fewest", 1).await;
    scene.until_condition(PLATFORM, "ScalingLimited", ("False", "WithinBounds")).await;
    scene.until_ready(&[PLATFORM]).await;
}

#[tokio::test]
async fn without_autoscaling_its_need_is_told_and_nothing_is_done() {
    let (scene, _operator) = Scene::with_operator().await;
    scene.data_plane.connects(SERVICE, 3001);
    scene.apply(&[accounts(), small_platform(&json!({"eventBus": {"replicas": 2}}))].join("\n---\n")).await;
    scene.until_ready(&[PLATFORM]).await;
    let recommended = |found: &Value| found["status"]["scaling"]["recommendations"][0]["recommended"] == 4;
    scene.until_object(PLATFORM, "the need is told", recommended).await;
    assert_eq!(scene.existing(EVENTS).await["spec"]["replicas"], 2);
    assert!(scene.condition(PLATFORM, "ScalingActive").await.is_none(), "nobody asked for it");

    // Taken over from the spec, and given back to it.
    scene.patch(PLATFORM, &json!({"spec": {"eventBus": {"replicas": null, "autoscaling": {"minReplicas": 1}}}})).await;
    scene.until_object(EVENTS, "it follows", |found| found["spec"]["replicas"].as_u64() > Some(2)).await;
    scene.patch(PLATFORM, &json!({"spec": {"eventBus": {"replicas": 3, "autoscaling": null}}})).await;
    until_replicas(&scene, "the spec says it", 3).await;
    until("the conditions are gone", async || scene.condition(PLATFORM, "ScalingActive").await.is_none().then_some(()))
        .await;
}
