//! Images of watermarks: each in a ConfigMap of people's own, which a pipeline names.

use serde_json::{Value, json};

use crate::scene::{Scene, accounts, pipeline, small_platform};

fn scene() -> String {
    let image = json!({"imageConfigMapRef": {"name": "logo", "key": "mark.png"}});
    let stages = json!([
        {"name": "mark", "type": "Watermark", "watermark": image},
        {"name": "small", "type": "Thumbnails"},
    ]);
    [accounts(), small_platform(&json!({})), pipeline("thumbs", &json!({"stages": stages}))].join("\n---\n")
}

fn logo(content: &Value) -> String {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "logo"}, "binaryData": content}).to_string()
}

/// Has the pipeline looked at at once: nobody tells of a ConfigMap that is not the operator's.
async fn look(scene: &Scene, number: u32) {
    let annotations = json!({"turn": number.to_string()});
    scene.patch("configmap/thumbs-worker", &json!({"metadata": {"annotations": annotations}})).await;
}

fn config(deployment: &Value) -> &Value {
    &deployment["spec"]["template"]["metadata"]["annotations"]["photoplatform.io/config"]
}

#[tokio::test]
async fn an_image_is_waited_for_mounted_and_rolled_out_and_what_runs_outlives_it() {
    let (scene, _operator) = Scene::with_operator().await;
    scene.apply(&self::scene()).await;
    let message = scene.until_condition("pipe/thumbs", "Stalled", ("True", "ConfigMapMissing")).await;
    assert!(message.contains("the ConfigMap `logo`, which does not exist: make it"), "{message}");
    assert_eq!(scene.object("deployment/thumbs-worker").await, None);

    scene.apply(&logo(&json!({"mark.jpg": "YQ=="}))).await;
    let lacks = |found: &Value| {
        crate::scene::said(found, "Stalled")
            .is_some_and(|said| said.2.contains("lacks the key `mark.png`: add the image"))
    };
    scene.until_object("pipe/thumbs", "it tells the missing key", lacks).await;

    scene.apply(&logo(&json!({"mark.png": "YQ=="}))).await;
    scene.until_ready(&["pipe/thumbs"]).await;
    let first = scene.existing("deployment/thumbs-worker").await;
    scene.apply(&logo(&json!({"mark.png": "Yg=="}))).await;
    look(&scene, 1).await;
    let is_other = |found: &Value| config(found) != config(&first);
    let second = scene.until_object("deployment/thumbs-worker", "it has the other image", is_other).await;

    scene.run(&["delete", "configmap", "logo"]).await;
    look(&scene, 2).await;
    scene.until_condition("pipe/thumbs", "Stalled", ("True", "ConfigMapMissing")).await;
    assert_eq!(scene.existing("deployment/thumbs-worker").await["spec"], second["spec"]);
}
