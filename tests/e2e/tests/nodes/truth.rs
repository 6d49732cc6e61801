//! The status of a platform whose pods run while something is wrong with it.

use photo_e2e::patience::until;

use crate::scene::{Place, sample};

/// Whether every pod runs, ready or not.
async fn all_run(place: &Place) -> bool {
    let phases = place.kubectl(&["get", "pods", "-o", "jsonpath={.items[*].status.phase}"]).await;
    phases.split_whitespace().all(|phase| phase == "Running")
}

#[tokio::test]
#[ignore = "needs a cluster with nodes: `make e2e`"]
async fn a_wrong_password_for_redis_is_told() {
    let place = Place::quickstart("password").await;
    let read = ["get", "secret", "quickstart-redis-auth", "-o", "jsonpath={.data.storage}"];
    let right = place.kubectl(&read).await;
    let write = async |password: &str| {
        let patch = format!(r#"{{"data": {{"storage": "{password}"}}}}"#);
        place.kubectl(&["patch", "secret", "quickstart-redis-auth", "--type", "merge", "--patch", &patch]).await;
        // A new pod has the new content at once.
        place.kubectl(&["delete", "pod", "quickstart-metadata-0", "--wait=true"]).await;
    };
    write("d3Jvbmc=").await;
    let message = place.reason("RedisReady", "False", "AuthFailed").await;
    assert!(message.contains("password"), "{message}");
    let message = place.reason("Ready", "False", "AuthFailed").await;
    assert!(message.contains("RedisReady"), "{message}");
    until("all pods run", async || all_run(&place).await.then_some(())).await;
    write(&right).await;
    place.ready().await;
    place.gone().await;
}

#[tokio::test]
#[ignore = "needs a cluster with nodes: `make e2e`"]
async fn what_is_missing_stalls_one_platform_and_no_other() {
    let place = Place::new("missing").await;
    let external = sample("quickstart.yaml").replacen(
        "spec:\n",
        "spec:\n  redis:\n    external:\n      host: redis.example.org\n      credentialsSecretRef:\n        name: nobody-made-this\n",
        1,
    );
    place.apply(&external).await;
    let message = place.reason("Stalled", "True", "SecretMissing").await;
    assert!(message.contains("`nobody-made-this`") && message.contains("make it"), "{message}");
    let other = Place::quickstart("beside").await;
    other.gone().await;
    place.gone().await;
}

#[tokio::test]
#[ignore = "needs a cluster with nodes: `make e2e`"]
async fn an_image_that_is_not_there_is_told() {
    let place = Place::quickstart("unpullable").await;
    place
        .patch("photoplatform/quickstart", r#"{"spec": {"images": {"gateway": "photo-platform/gateway:of-nobody"}}}"#)
        .await;
    let message = place.reason("Stalled", "True", "ImagePullFailed").await;
    assert!(message.contains("of-nobody"), "{message}");
    place.patch("photoplatform/quickstart", r#"{"spec": {"images": {"gateway": null}}}"#).await;
    place.ready().await;
    place.gone().await;
}
