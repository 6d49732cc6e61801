//! A volume that is full, and grows. Only the volumes of `tests/e2e/cluster` can be filled from outside.

use std::{env, fs, path::PathBuf};

use photo_core::photo::PhotoStatus;
use photo_e2e::{patience::until, program::Answer};
use photo_stack::photos::Photos;
use tokio::process::Command;

use crate::scene::{Place, sample};

/// The claim of the storage role.
const CLAIM: &str = "sqlite-quickstart-metadata-0";

/// A field of the claim.
async fn claimed(place: &Place, path: &str) -> String {
    place.kubectl(&["get", "persistentvolumeclaim", CLAIM, "-o", &format!("jsonpath={{{path}}}")]).await
}

/// Does what a driver of volumes does on other clusters, when the claim asks for more.
async fn expand(place: &Place) {
    let script = concat!(env!("REPOSITORY"), "tests/e2e/cluster/cluster");
    let done = Command::new(script).args(["expand", &place.namespace, CLAIM]).status().await.unwrap();
    assert!(done.success(), "the volume can't be expanded");
}

#[tokio::test]
#[ignore = "needs a cluster with nodes: `make e2e`"]
#[expect(clippy::print_stderr, reason = "whoever runs it on a cluster of his own has to know what was not tried")]
async fn a_full_volume_is_told_and_grows_under_its_pod() {
    if env::var_os("CLUSTER_DIR").is_none() {
        eprintln!("not tried: the volumes of this cluster can't be filled from outside");
        return;
    }
    let place = Place::new("full").await;
    let storage = "spec:\n  metadata:\n    storage: { size: 64Mi, storageClassName: bounded }\n";
    place.apply(&sample("quickstart.yaml").replacen("spec:\n", storage, 1)).await;
    place.ready().await;
    let photo = place.photo_goes_through().await;

    let cluster = PathBuf::from(env::var_os("KUBECONFIG").unwrap());
    let volume = cluster.with_file_name("volumes").join(claimed(&place, ".spec.volumeName").await);
    fs::write(volume.join("somebody-elses"), vec![1; 58 << 20]).unwrap();
    let message = place.reason("MetadataReady", "False", "Full").await;
    assert!(message.contains("sqlite"), "{message}");
    place.reason("Ready", "False", "Full").await;
    let pod = ["get", "pod", "quickstart-metadata-0", "-o", "jsonpath={.status.phase} {.metadata.uid}"];
    let full = place.kubectl(&pod).await;
    assert!(full.starts_with("Running "), "{full}");

    place.patch("photoplatform/quickstart", r#"{"spec": {"metadata": {"storage": {"size": "128Mi"}}}}"#).await;
    until("the claim asks for more", async || {
        (claimed(&place, ".spec.resources.requests.storage").await == "128Mi").then_some(())
    })
    .await;
    expand(&place).await;
    let told = format!("jsonpath={{.status.volumes[?(@.name==\"{CLAIM}\")].capacity}}");
    until("the platform tells the new size", async || {
        let capacity = place.kubectl(&["get", "photoplatform", "quickstart", "-o", &told]).await;
        (capacity == "128Mi").then_some(())
    })
    .await;
    place.reason("Ready", "True", "AllComponentsReady").await;
    let template = "jsonpath={.spec.volumeClaimTemplates[0].spec.resources.requests.storage}";
    until("the StatefulSet is made anew with the larger size", async || {
        let get = ["get", "statefulset", "quickstart-metadata", "-o", template];
        // It is gone for a moment.
        let Answer { ok, text } = place.kubectl.run_in(&place.namespace, &get, "").await.unwrap();
        (ok && text == "128Mi").then_some(())
    })
    .await;
    place.ready().await;
    assert_eq!(place.kubectl(&pod).await, full, "the pod ran on");
    place.photo_goes_through().await;
    let (gateway, token) = place.gateway().await;
    let photos = Photos::new(&gateway.url(), &token).unwrap();
    assert_eq!(photos.photo(photo.id).await.unwrap().status, PhotoStatus::Completed);
    place.gone().await;
}
