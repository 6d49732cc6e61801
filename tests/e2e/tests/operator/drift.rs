//! Children that somebody deletes or edits are as they should be again, and what others add stays.

use serde_json::{Value, json};

use crate::scene::{Scene, small_scene};

#[tokio::test]
async fn a_deleted_child_comes_back() {
    let (scene, _operator) = Scene::with_operator().await;
    scene.apply(&small_scene()).await;
    scene.until_ready(&["pplat/photos", "pipe/thumbs"]).await;
    let before = scene.contents().await;
    for child in [
        "serviceaccount/photos-gateway",
        "configmap/photos-gateway",
        "service/photos-gateway",
        "service/photos-metadata-pods",
        "poddisruptionbudget/photos-events",
        "statefulset/photos-metadata",
        "deployment/photos-gateway",
        "deployment/thumbs-worker",
        "configmap/thumbs-worker",
    ] {
        let old = scene.existing(child).await;
        scene.run(&["delete", child]).await;
        let is_new = |new: &Value| new["metadata"]["uid"] != old["metadata"]["uid"];
        scene.until_object(child, "it is made again", is_new).await;
    }
    scene.until_ready(&["pplat/photos", "pipe/thumbs"]).await;
    assert_eq!(before.names(), scene.contents().await.names());
}

#[tokio::test]
async fn what_we_set_is_set_again_and_what_others_add_stays() {
    let (scene, _operator) = Scene::with_operator().await;
    scene.apply(&small_scene()).await;
    scene.until_ready(&["pplat/photos", "pipe/thumbs"]).await;
    scene.patch("deployment/photos-gateway", &json!({
        "metadata": {"annotations": {"somebody": "was here"}, "labels": {"app.kubernetes.io/part-of": "mine"}},
        "spec": {"replicas": 7, "progressDeadlineSeconds": 321, "template": {"spec": {"serviceAccountName": "default"}}},
    })).await;
    let gateway = scene.until_object("deployment/photos-gateway", "it has two replicas again", |gateway| {
        gateway["spec"]["replicas"] == 2
            && gateway["spec"]["template"]["spec"]["serviceAccountName"] == "photos-gateway"
    });
    let gateway = gateway.await;
    assert_eq!(gateway["metadata"]["annotations"]["somebody"], "was here");
    assert_eq!(gateway["metadata"]["labels"]["app.kubernetes.io/part-of"], "photos");
    assert_eq!(gateway["spec"]["progressDeadlineSeconds"], 321);

    let before = scene.existing("service/photos-metadata").await;
    let mut ports = before["spec"]["ports"].clone();
    ports[0]["targetPort"] = json!(1);
    let edited = json!({"spec": {"ports": ports}, "metadata": {"labels": {"theirs": "yes"}}});
    scene.patch("service/photos-metadata", &edited).await;
    let after = scene.until_object("service/photos-metadata", "its port is as before", |service| {
        service["spec"]["ports"] == before["spec"]["ports"]
    });
    assert_eq!(after.await["metadata"]["labels"]["theirs"], "yes");
    // Ports are told apart by their numbers, so ours can't be applied beside an edited one.
    ports[0] = before["spec"]["ports"][0].clone();
    ports[0]["port"] = json!(12_345);
    scene.patch("service/photos-metadata", &json!({"spec": {"ports": ports}})).await;
    let after = scene.until_object("service/photos-metadata", "its port has its number again", |service| {
        service["spec"]["ports"] == before["spec"]["ports"]
    });
    assert_eq!(after.await["metadata"]["labels"]["theirs"], "yes");
    let config = scene.existing("configmap/thumbs-worker").await;
    scene
        .patch(
            "configmap/thumbs-worker",
            &json!({"data": {"theirs": "kept", "pipeline.json": "{}", "pipeline.yaml": "x"}}),
        )
        .await;
    let repaired = scene.until_object("configmap/thumbs-worker", "our keys are as before", |found| {
        let ours = config["data"].as_object().unwrap();
        ours.iter().all(|(key, text)| found["data"][key] == *text)
    });
    assert_eq!(repaired.await["data"]["theirs"], "kept");
}

/// A watch tells what happened while nobody watched, too.
#[tokio::test]
async fn what_changed_while_no_operator_ran_is_repaired() {
    let (scene, operator) = Scene::with_operator().await;
    scene.apply(&small_scene()).await;
    scene.until_ready(&["pplat/photos", "pipe/thumbs"]).await;
    operator.kill();
    scene.run(&["delete", "service/photos-gateway", "deployment/thumbs-worker"]).await;
    scene.patch("deployment/photos-events", &json!({"spec": {"replicas": 0}})).await;
    scene.patch("pplat/photos", &json!({"spec": {"gateway": {"replicas": 3}}})).await;
    operator.start().await.unwrap();
    scene.until_object("service/photos-gateway", "it is made again", |_| true).await;
    scene.until_object("deployment/thumbs-worker", "it is made again", |_| true).await;
    scene.until_object("deployment/photos-events", "it has pods", |found| found["spec"]["replicas"] == 2).await;
    scene.until_object("deployment/photos-gateway", "it has three", |found| found["spec"]["replicas"] == 3).await;
    scene.until_ready(&["pplat/photos", "pipe/thumbs"]).await;
}

/// An optional part that is no longer wanted goes, and what has the same labels and is somebody else's stays.
#[tokio::test]
async fn a_part_that_is_no_longer_wanted_goes() {
    let (scene, _operator) = Scene::with_operator().await;
    scene.apply(&small_scene()).await;
    scene
        .patch(
            "pplat/photos",
            &json!({"spec": {"gateway": {
                "replicas": null, "autoscaling": {"minReplicas": 2, "maxReplicas": 5},
                "expose": {"ingress": {"host": "photos.example"}},
            }}}),
        )
        .await;
    scene.until_object("hpa/photos-gateway", "it is made", |_| true).await;
    scene.until_object("ingress/photos-gateway", "it is made", |_| true).await;
    let theirs = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "theirs", "labels": {
            "app.kubernetes.io/managed-by": "photo-operator", "photoplatform.io/platform": "photos",
        }},
    });
    scene.apply(&theirs.to_string()).await;
    scene.patch("pplat/photos", &json!({"spec": {"gateway": {"autoscaling": null, "expose": null}}})).await;
    scene.until_gone("hpa/photos-gateway").await;
    scene.until_gone("ingress/photos-gateway").await;
    scene.existing("configmap/theirs").await;
    scene.patch("pplat/photos", &json!({"spec": {"networkPolicy": {"mode": "Disabled"}}})).await;
    let none = async || scene.names("networkpolicy").await.is_empty().then_some(());
    photo_e2e::patience::until("there are no network policies", none).await;
}

/// Whoever chooses the number of pods begins with as many as there are: none goes for who chooses them.
#[tokio::test]
async fn an_autoscaler_takes_over_the_pods_that_there_are() {
    let (scene, _operator) = Scene::with_operator().await;
    scene.apply(&small_scene()).await;
    let gateway = "deployment/photos-gateway";
    let replicas = async |count: u64| {
        scene.until_object(gateway, "it has as many", |found| found["spec"]["replicas"] == count).await
    };
    scene.patch("pplat/photos", &json!({"spec": {"gateway": {"replicas": 4}}})).await;
    replicas(4).await;
    let chosen = json!({"replicas": null, "autoscaling": {"minReplicas": 2, "maxReplicas": 6}});
    scene.patch("pplat/photos", &json!({"spec": {"gateway": chosen}})).await;
    let is_handed_over = |found: &Value| !owners(found, "replicas").contains(&"photo-operator");
    let handed_over = scene.until_object(gateway, "the operator's own field is gone", is_handed_over).await;
    assert_eq!(
        (&handed_over["spec"]["replicas"], owners(&handed_over, "replicas")),
        (&4.into(), vec!["photo-operator-scaler"])
    );

    // What the autoscaler chose stays when the operator changes something else.
    scene.run(&["scale", gateway, "--replicas=5"]).await;
    scene.patch("pplat/photos", &json!({"spec": {"gateway": {"upload": {"maxBytes": 1_000_000}}}})).await;
    let hash = handed_over["metadata"]["annotations"]["photoplatform.io/rendered"].clone();
    let is_changed = |found: &Value| found["metadata"]["annotations"]["photoplatform.io/rendered"] != hash;
    let changed = scene.until_object(gateway, "it is rendered anew", is_changed).await;
    assert_eq!(changed["spec"]["replicas"], 5);

    // An autoscaler leaves alone what has no pods, so the fewest are there after a stop.
    scene.patch("pplat/photos", &json!({"spec": {"operation": "Stopped"}})).await;
    replicas(0).await;
    scene.patch("pplat/photos", &json!({"spec": {"operation": "Running"}})).await;
    replicas(2).await;

    let by_cpu = json!({"mode": "CPU", "minReplicas": 3, "maxReplicas": 5});
    scene.patch("pipe/thumbs", &json!({"spec": {"autoscaling": by_cpu}})).await;
    let is_least = |found: &Value| found["spec"]["replicas"] == 3;
    let old = scene.until_object("deployment/thumbs-worker", "as few as allowed", is_least).await;
    // One that is made anew begins with them, too.
    scene.run(&["delete", "deployment/thumbs-worker"]).await;
    let is_new = |found: &Value| found["metadata"]["uid"] != old["metadata"]["uid"];
    let new = scene.until_object("deployment/thumbs-worker", "it is made again", is_new).await;
    assert_eq!(new["spec"]["replicas"], 3);
}

/// Who owns that field of the spec.
fn owners<'a>(object: &'a Value, field: &str) -> Vec<&'a str> {
    let managed = object["metadata"]["managedFields"].as_array().unwrap();
    let owning = managed.iter().filter(|entry| !entry["fieldsV1"]["f:spec"][format!("f:{field}")].is_null());
    owning.map(|entry| entry["manager"].as_str().unwrap()).collect()
}
