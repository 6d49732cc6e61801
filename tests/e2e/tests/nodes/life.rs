//! What happens to a platform that runs: its pods die, its images change, its keys are rotated, it is paused and stopped.

use std::{sync::Arc, time::Duration};

use photo_core::photo::PhotoStatus;
use photo_e2e::patience::until;
use photo_stack::photos::Photos;
use tokio::sync::Notify;

use crate::scene::{Place, photo_bytes};

/// The name of the running pod of a component.
async fn pod_of(place: &Place, component: &str) -> String {
    let selector = format!("app.kubernetes.io/component={component}");
    let query = ["get", "pods", "--selector", &selector, "-o", "jsonpath={.items[0].metadata.name}"];
    place.kubectl(&query).await
}

/// An identity of each pod of a component, to see that they are others.
async fn uids(place: &Place, component: &str) -> Vec<String> {
    let selector = format!("app.kubernetes.io/component={component}");
    let query = ["get", "pods", "--selector", &selector, "-o", "jsonpath={.items[*].metadata.uid}"];
    let mut uids: Vec<String> = place.kubectl(&query).await.split_whitespace().map(str::to_owned).collect();
    uids.sort();
    uids
}

#[tokio::test]
#[ignore = "needs a cluster with nodes: `make e2e`"]
async fn a_platform_whose_pods_are_killed_keeps_its_photos_and_takes_more() {
    let place = Place::quickstart("killed").await;
    let before = place.photo_goes_through().await;
    for component in ["redis", "store", "metadata", "gateway", "events", "worker"] {
        let pod = pod_of(&place, component).await;
        place.kubectl(&["delete", "pod", &pod, "--force", "--grace-period=0"]).await;
        let after = until(&format!("a photo goes through after {component} died"), async || {
            place.ready().await;
            let (gateway, token) = place.try_gateway().await?;
            let photos = Photos::new(&gateway.url(), &token).ok()?;
            let photo = photos.upload("after.jpg", photo_bytes()).await.ok()?;
            Some(photo.id)
        })
        .await;
        let (gateway, token) = place.gateway().await;
        let photos = Photos::new(&gateway.url(), &token).unwrap();
        until(&format!("the photo after {component} died is completed"), async || {
            photos.photo(after).await.ok().filter(|photo| photo.status == PhotoStatus::Completed)
        })
        .await;
        let same = photos.photo(before.id).await.unwrap();
        assert_eq!(same.status, PhotoStatus::Completed, "{component}");
        assert!(!photos.bytes_of(&same.variants[0]).await.unwrap().is_empty(), "{component}");
    }
    place.gone().await;
}

#[tokio::test]
#[ignore = "needs a cluster with nodes: `make e2e`"]
async fn images_are_changed_under_load_and_no_photo_is_lost() {
    let place = Arc::new(Place::quickstart("upgraded").await);
    let before = [uids(&place, "gateway").await, uids(&place, "worker").await, uids(&place, "metadata").await];
    let enough = Arc::new(Notify::new());
    let uploading = tokio::spawn(upload_until(Arc::clone(&place), Arc::clone(&enough)));
    // The same images by another name: pods are rolled all the same.
    place
        .patch(
            "photoplatform/quickstart",
            r#"{"spec": {"images": {"gateway": "photo-platform/gateway:0.1.0", "worker": "photo-platform/worker:0.1.0"}}}"#,
        )
        .await;
    place.reason("Reconciling", "True", "RollingOut").await;
    place.reason("Ready", "True", "AllComponentsReady").await;
    place.ready().await;
    enough.notify_one();
    let accepted = uploading.await.unwrap();
    // The old ones end what they began.
    for (component, before) in ["gateway", "worker", "metadata"].into_iter().zip(&before) {
        until(&format!("no {component} of before is left"), async || {
            let now = uids(&place, component).await;
            before.iter().all(|uid| !now.contains(uid)).then_some(())
        })
        .await;
    }
    assert!(!accepted.is_empty(), "photos were taken meanwhile");
    let (gateway, token) = place.gateway().await;
    let photos = Photos::new(&gateway.url(), &token).unwrap();
    for id in accepted {
        until("an accepted photo is completed", async || {
            photos.photo(id).await.ok().filter(|photo| photo.status == PhotoStatus::Completed)
        })
        .await;
    }
    Arc::into_inner(place).unwrap().gone().await;
}

/// Uploads one photo after the other and returns those that were accepted. A forwarded port ends with its pod.
async fn upload_until(place: Arc<Place>, enough: Arc<Notify>) -> Vec<photo_core::id::PhotoId> {
    let mut accepted = Vec::new();
    let enough = enough.notified();
    tokio::pin!(enough);
    loop {
        let Some((gateway, token)) = place.try_gateway().await else { continue };
        let photos = Photos::new(&gateway.url(), &token).unwrap();
        loop {
            let uploaded = tokio::select! {
                () = &mut enough => return accepted,
                uploaded = photos.upload("load.jpg", photo_bytes()) => uploaded,
            };
            match uploaded {
                Ok(photo) => accepted.push(photo.id),
                Err(_) => break,
            }
        }
    }
}

#[tokio::test]
#[ignore = "needs a cluster with nodes: `make e2e`"]
async fn a_platform_is_paused_stopped_and_resumed() {
    let place = Place::quickstart("rested").await;
    let photo = place.photo_goes_through().await;

    // A paused platform runs on as it is, and nothing that changes in it is repaired.
    place.patch("photoplatform/quickstart", r#"{"spec": {"operation": "Paused"}}"#).await;
    until("the pause is seen", async || {
        let platform = place.object("photoplatform/quickstart").await;
        (platform["status"]["observedGeneration"] == platform["metadata"]["generation"]).then_some(())
    })
    .await;
    place.kubectl(&["delete", "poddisruptionbudget", "quickstart-gateway"]).await;
    place.photo_goes_through().await;
    place.patch("photoplatform/quickstart", r#"{"spec": {"operation": "Running"}}"#).await;
    place.kubectl(&["wait", "--for=create", "poddisruptionbudget/quickstart-gateway", "--timeout=60s"]).await;

    // A paused pipeline takes photos and does not process them.
    place.patch("processingpipeline/full-processing", r#"{"spec": {"operation": "Paused"}}"#).await;
    place
        .kubectl(&["wait", "--for=condition=Ready=false", "processingpipeline/full-processing", "--timeout=60s"])
        .await;
    let (gateway, token) = place.gateway().await;
    let photos = Photos::new(&gateway.url(), &token).unwrap();
    until("the queue is paused", async || {
        let counts = photos.pipelines().await.ok()?;
        counts.iter().any(|one| one.state == photo_core::pipeline::PipelineStanding::Paused).then_some(())
    })
    .await;
    let waiting = photos.upload("waiting.jpg", photo_bytes()).await.unwrap();
    place.patch("processingpipeline/full-processing", r#"{"spec": {"operation": "Running"}}"#).await;
    until("the photo that waited is completed", async || {
        photos.photo(waiting.id).await.ok().filter(|photo| photo.status == PhotoStatus::Completed)
    })
    .await;
    drop(gateway);

    // A stopped platform has no pods and keeps its data.
    place.patch("photoplatform/quickstart", r#"{"spec": {"operation": "Stopped"}}"#).await;
    place.reason("Ready", "False", "Stopped").await;
    until("no pod is left", async || place.pods().await.is_empty().then_some(())).await;
    place.patch("photoplatform/quickstart", r#"{"spec": {"operation": "Running"}}"#).await;
    place.ready().await;
    let (gateway, token) = place.gateway().await;
    let photos = Photos::new(&gateway.url(), &token).unwrap();
    assert_eq!(photos.photo(photo.id).await.unwrap().status, PhotoStatus::Completed);
    place.gone().await;
}

#[tokio::test]
#[ignore = "needs a cluster with nodes: `make e2e`"]
async fn a_rotated_secret_reaches_the_pods_without_a_restart() {
    let place = Place::quickstart("rotated").await;
    let before = uids(&place, "gateway").await;
    let (gateway, old_token) = place.gateway().await;
    place
        .kubectl(&[
            "patch",
            "secret",
            "quickstart-jwt",
            "--type",
            "merge",
            "--patch",
            r#"{"stringData": {"secret": "a-key-of-users-tokens-that-nobody-has-seen-yet"}}"#,
        ])
        .await;
    let (_, token) = place.gateway().await;
    let photos = Photos::new(&gateway.url(), &token).unwrap();
    // The kubelet brings it to the files of running pods within its sync period.
    until("tokens of the new key are taken", async || photos.newest(1).await.ok()).await;
    let with_old = Photos::new(&gateway.url(), &old_token).unwrap();
    assert!(with_old.newest(1).await.is_err(), "the old key is not valid any more");
    assert_eq!(uids(&place, "gateway").await, before, "no pod was restarted");
    tokio::time::timeout(Duration::from_mins(3), place.ready()).await.unwrap();
    place.gone().await;
}
