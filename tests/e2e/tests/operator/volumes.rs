//! The storage classes of volumes.

use serde_json::json;

use crate::scene::{Scene, accounts, small_platform};

#[tokio::test]
async fn a_missing_storage_class_is_named_and_its_platform_goes_on_once_it_is_there() {
    let (scene, _operator) = Scene::with_operator().await;
    // Classes belong to no namespace, so another test's must not be meant.
    let class = format!("fast-{}", scene.namespace);
    let platform = small_platform(&json!({"metadata": {"storage": {"size": "1Gi", "storageClassName": class}}}));
    scene.apply(&[accounts(), platform].join("\n---\n")).await;
    let message = scene.until_condition("pplat/photos", "Stalled", ("True", "InvalidReference")).await;
    assert!(message.contains(&format!("spec.metadata.storage.storageClassName is `{class}`")), "{message}");
    assert!(message.contains("make it"), "{message}");
    assert_eq!(scene.names("statefulset").await, Vec::<String>::new());

    let made = json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": class},
        "provisioner": "example.org/none"});
    scene.apply(&made.to_string()).await;
    scene.until_ready(&["pplat/photos"]).await;
    let set = scene.existing("statefulset/photos-metadata").await;
    assert_eq!(set["spec"]["volumeClaimTemplates"][0]["spec"]["storageClassName"], json!(class));
}
