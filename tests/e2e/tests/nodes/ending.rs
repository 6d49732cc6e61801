//! How a platform ends: with its data or without, with its namespace, with its operator.

use photo_core::photo::PhotoStatus;
use photo_e2e::{helm::helm, patience::until};
use photo_stack::photos::Photos;

use crate::scene::{OPERATOR_NAMESPACE, Place, RELEASE, install, sample};

async fn names(place: &Place, kind: &str) -> Vec<String> {
    let names = place.kubectl(&["get", kind, "-o", "jsonpath={.items[*].metadata.name}"]).await;
    let own = names.split_whitespace().filter(|name| name.contains("quickstart"));
    own.map(str::to_owned).collect()
}

#[tokio::test]
#[ignore = "needs a cluster with nodes: `make e2e`"]
async fn what_is_retained_is_found_again_by_a_platform_of_the_same_name() {
    let place = Place::quickstart("retained").await;
    place.patch("photoplatform/quickstart", r#"{"spec": {"deletionPolicy": "Retain"}}"#).await;
    place.ready().await;
    let photo = place.photo_goes_through().await;
    let secrets = names(&place, "secret").await;
    place.kubectl(&["delete", "photoplatform/quickstart", "--timeout=60s"]).await;
    until("the platform's pods are gone", async || {
        let pods = place.pods().await;
        pods.iter().all(|pod| !pod.starts_with("quickstart-")).then_some(())
    })
    .await;
    assert_eq!(names(&place, "secret").await, secrets);
    assert_eq!(names(&place, "persistentvolumeclaim").await.len(), 3);

    place.apply(&sample("quickstart.yaml")).await;
    place.ready().await;
    let (gateway, token) = place.gateway().await;
    let photos = Photos::new(&gateway.url(), &token).unwrap();
    let again = photos.photo(photo.id).await.unwrap();
    assert_eq!(again.status, PhotoStatus::Completed);
    assert!(!photos.bytes_of(&again.variants[0]).await.unwrap().is_empty());
    place.photo_goes_through().await;
    place.gone().await;
}

#[tokio::test]
#[ignore = "needs a cluster with nodes: `make e2e`"]
async fn nothing_is_left_of_a_platform_that_is_deleted_with_its_data() {
    let place = Place::quickstart("deleted").await;
    place.patch("photoplatform/quickstart", r#"{"spec": {"deletionPolicy": "Delete"}}"#).await;
    place.ready().await;
    place.kubectl(&["delete", "photoplatform/quickstart", "processingpipeline/full-processing", "--timeout=60s"]).await;
    for kind in [
        "pods",
        "statefulsets",
        "deployments",
        "services",
        "configmaps",
        "secrets",
        "persistentvolumeclaims",
        "serviceaccounts",
        "networkpolicies",
        "poddisruptionbudgets",
    ] {
        until(&format!("no {kind} are left"), async || {
            let selector = "app.kubernetes.io/managed-by=photo-operator";
            let left = place.kubectl(&["get", kind, "--selector", selector, "-o", "name"]).await;
            left.is_empty().then_some(())
        })
        .await;
    }
    place.gone().await;
}

#[tokio::test]
#[ignore = "needs a cluster with nodes: `make e2e`"]
async fn a_namespace_that_is_deleted_in_the_middle_is_not_held() {
    let place = Place::new("midway").await;
    place.apply(&sample("quickstart.yaml")).await;
    place.kubectl(&["wait", "--for=create", "statefulset/quickstart-metadata", "--timeout=60s"]).await;
    place.gone().await;
}

#[tokio::test]
#[ignore = "needs a cluster with nodes: `make e2e`"]
async fn the_chart_is_upgraded_and_uninstalled_and_platforms_run_on() {
    let place = Place::quickstart("outliving").await;
    let photo = place.photo_goes_through().await;
    let uninstall = ["uninstall", RELEASE, "--namespace", OPERATOR_NAMESPACE, "--wait", "--timeout", "120s"];
    helm(&place.kubectl, &uninstall).await.unwrap().done().unwrap();
    place.photo_goes_through().await;
    install(&place.kubectl).await;
    // Nothing was rolled: what the operator finds is what it would make.
    place.ready().await;
    let (gateway, token) = place.gateway().await;
    let photos = Photos::new(&gateway.url(), &token).unwrap();
    assert_eq!(photos.photo(photo.id).await.unwrap().status, PhotoStatus::Completed);
    place.gone().await;
    // Without an operator nothing may hold a platform either.
    let place = Place::quickstart("orphaned").await;
    helm(&place.kubectl, &uninstall).await.unwrap().done().unwrap();
    place.gone().await;
}
