//! What kubectl offers for both kinds: short names, the category, columns, scaling, selecting by platform.

use photo_e2e::{api_server::ApiServer, kubectl::Kubectl};

/// A namespace with one platform and a pipeline of it and of another.
async fn prepared() -> (Kubectl, String) {
    let server = ApiServer::start().await.unwrap();
    let (kubectl, namespace) = (server.kubectl(), server.namespace().await.unwrap());
    let pipeline = |name: &str, platform: &str| {
        format!(
            "apiVersion: photoplatform.io/v1alpha1\nkind: ProcessingPipeline\nmetadata: {{name: {name}}}\n\
             spec: {{platformRef: {{name: {platform}}}, stages: [{{name: a, type: Metadata}}]}}\n---\n"
        )
    };
    let platform = "apiVersion: photoplatform.io/v1alpha1\nkind: PhotoPlatform\nmetadata: {name: ours}\nspec: {}\n";
    let documents = [pipeline("one", "ours"), pipeline("two", "theirs"), platform.to_owned()].concat();
    let answer = kubectl.run_in(&namespace, &["apply", "-f", "-"], &documents).await.unwrap();
    assert!(answer.ok, "{}", answer.text);
    (kubectl, namespace)
}

async fn said(kubectl: &Kubectl, namespace: &str, arguments: &[&str]) -> String {
    let answer = kubectl.run_in(namespace, arguments, "").await.unwrap();
    assert!(answer.ok, "{arguments:?}: {}", answer.text);
    answer.text
}

#[tokio::test]
async fn short_names_and_the_category_find_both_kinds() {
    let (kubectl, namespace) = prepared().await;
    for (word, names) in [
        ("pplat", vec!["photoplatform.photoplatform.io/ours"]),
        ("pipe", vec!["processingpipeline.photoplatform.io/one", "processingpipeline.photoplatform.io/two"]),
        (
            "photos",
            vec![
                "photoplatform.photoplatform.io/ours",
                "processingpipeline.photoplatform.io/one",
                "processingpipeline.photoplatform.io/two",
            ],
        ),
    ] {
        let text = said(&kubectl, &namespace, &["get", word, "-o", "name"]).await;
        assert_eq!(text.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>(), names, "{word}");
    }
}

#[tokio::test]
async fn pipelines_are_selected_by_their_platform() {
    let (kubectl, namespace) = prepared().await;
    let selector = ["get", "pipe", "-o", "name", "--field-selector", "spec.platformRef.name=ours"];
    assert_eq!(said(&kubectl, &namespace, &selector).await, "processingpipeline.photoplatform.io/one");
}

#[tokio::test]
async fn scaling_sets_the_number_of_workers_and_keeps_its_bounds() {
    let (kubectl, namespace) = prepared().await;
    let replicas = ["get", "pipe", "one", "-o", "jsonpath={.spec.replicas}"];
    assert_eq!(said(&kubectl, &namespace, &replicas).await, "1");
    said(&kubectl, &namespace, &["scale", "pipe/one", "--replicas", "3"]).await;
    assert_eq!(said(&kubectl, &namespace, &replicas).await, "3");
    let beyond = kubectl.run_in(&namespace, &["scale", "pipe/one", "--replicas", "1001"], "").await.unwrap();
    assert!(!beyond.ok && beyond.text.contains("should be less than or equal to 1000"), "{}", beyond.text);
    assert_eq!(said(&kubectl, &namespace, &replicas).await, "3");
}

/// What an autoscaler reads: the pods by their selector, and how many there are.
#[tokio::test]
async fn the_scale_subresource_tells_what_the_status_says() {
    let (kubectl, namespace) = prepared().await;
    let status = r#"{"status": {"replicas": 2, "readyReplicas": 1, "selector": "a=b"}}"#;
    let patch = ["patch", "pipe", "one", "--subresource", "status", "--type", "merge", "-p", status];
    said(&kubectl, &namespace, &patch).await;
    let scale = format!("/apis/photoplatform.io/v1alpha1/namespaces/{namespace}/processingpipelines/one/scale");
    let text = said(&kubectl, &namespace, &["get", "--raw", &scale]).await;
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(told["status"], serde_json::json!({"replicas": 2, "selector": "a=b"}));
    assert_eq!(told["spec"]["replicas"], 1);
}

#[tokio::test]
async fn columns_tell_what_people_look_for() {
    let (kubectl, namespace) = prepared().await;
    for (kind, wide, columns) in [
        ("pplat", false, "NAME READY REDIS STORE GATEWAY PIPELINES VERSION AGE"),
        ("pplat", true, "NAME READY REDIS STORE GATEWAY PIPELINES VERSION ENDPOINT REASON AGE"),
        ("pipe", false, "NAME PLATFORM READY WORKERS WAITING OLDEST AGE"),
        ("pipe", true, "NAME PLATFORM READY WORKERS MIN MAX WAITING OLDEST REASON SCALING AGE"),
    ] {
        let mut arguments = vec!["get", kind];
        arguments.extend(wide.then_some(["-o", "wide"]).into_iter().flatten());
        let text = said(&kubectl, &namespace, &arguments).await;
        let header = text.lines().next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(header, columns, "{kind}");
    }
}

#[tokio::test]
async fn explain_shows_what_a_field_is_for() {
    let (kubectl, namespace) = prepared().await;
    for (path, words) in [
        ("pplat.spec.deletionPolicy", "What becomes of volumes and generated Secrets when the platform is deleted."),
        ("pipe.spec.stages.dependsOn", "Stages before it that must have ended well"),
        ("pipe.spec.worker.tolerations.effect", "without it every effect"),
        ("pipe.spec.autoscaling", "without it, you do, by `replicas`"),
        ("pipe.spec.autoscaling.queue.waitSloSeconds", "should wait at most before a worker begins with it."),
    ] {
        let text = said(&kubectl, &namespace, &["explain", path]).await;
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(words), "{path}: {text}");
    }
}
