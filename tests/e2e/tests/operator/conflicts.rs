//! What belongs to somebody else is left alone, and holds up nobody but whom it concerns.

use serde_json::json;

use crate::scene::{Scene, accounts, pipeline, said, small_platform};

#[tokio::test]
async fn a_foreign_object_with_a_childs_name_is_left_alone() {
    let (scene, _operator) = Scene::with_operator().await;
    let theirs = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "photos-gateway"},
        "spec": {"selector": {"app": "theirs"}, "ports": [{"port": 80}]},
    });
    scene.apply(&theirs.to_string()).await;
    let before = scene.existing("service/photos-gateway").await;
    let other = small_platform(&json!({})).replace("\"photos\"", "\"others\"");
    let mine = pipeline("thumbs", &json!({"platformRef": {"name": "others"}}));
    scene.apply(&[accounts(), small_platform(&json!({})), other, mine].join("\n---\n")).await;

    let message = scene.until_condition("pplat/photos", "Stalled", ("True", "ConflictingOwner")).await;
    assert!(message.contains("the Service `photos-gateway` belongs to somebody who did not make it"), "{message}");
    assert!(message.contains("Rename it or delete it"), "{message}");
    assert_eq!(scene.condition("pplat/photos", "Ready").await.unwrap().1, "ConflictingOwner");
    // The other platform is not held up, and this one goes on once the name is free.
    scene.until_ready(&["pplat/others", "pipe/thumbs"]).await;
    let after = scene.existing("service/photos-gateway").await;
    assert_eq!(before["metadata"]["resourceVersion"], after["metadata"]["resourceVersion"]);
    scene.run(&["delete", "service/photos-gateway"]).await;
    scene.until_ready(&["pplat/photos"]).await;
    let platform = scene.existing("pplat/photos").await;
    assert_eq!(said(&platform, "Stalled").unwrap().0, "False");
}

#[tokio::test]
async fn an_object_of_another_owner_is_not_taken_over_either() {
    let (scene, _operator) = Scene::with_operator().await;
    let owner = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owner"}});
    scene.apply(&owner.to_string()).await;
    let owner = scene.existing("configmap/owner").await;
    let theirs = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {
            "name": "photos-gateway",
            // It even looks like ours.
            "labels": {"app.kubernetes.io/managed-by": "photo-operator", "photoplatform.io/platform": "photos"},
            "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner",
                "uid": owner["metadata"]["uid"], "controller": true}],
        },
        "data": {"theirs": "kept"},
    });
    scene.apply(&theirs.to_string()).await;
    scene.apply(&[accounts(), small_platform(&json!({}))].join("\n---\n")).await;
    let message = scene.until_condition("pplat/photos", "Stalled", ("True", "ConflictingOwner")).await;
    assert!(message.contains("the ConfigMap `photos-gateway` belongs to the ConfigMap `owner`"), "{message}");
    assert_eq!(scene.existing("configmap/photos-gateway").await["data"], json!({"theirs": "kept"}));
}

/// A Secret of a generated one's name that somebody made is neither used nor written.
#[tokio::test]
async fn a_foreign_secret_is_not_used() {
    let (scene, _operator) = Scene::with_operator().await;
    let theirs = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "photos-service"}, "stringData": {"key": "theirs"},
    });
    scene.apply(&[accounts(), theirs.to_string(), small_platform(&json!({}))].join("\n---\n")).await;
    let before = scene.existing("secret/photos-service").await;
    let message = scene.until_condition("pplat/photos", "Stalled", ("True", "ConflictingOwner")).await;
    assert!(message.contains("Secret `photos-service` that was not made for this platform"), "{message}");
    assert_eq!(before, scene.existing("secret/photos-service").await);
    assert_eq!(scene.object("deployment/photos-gateway").await, None);
}
