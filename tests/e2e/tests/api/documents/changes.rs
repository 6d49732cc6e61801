//! Changes of objects that are there.

use photo_e2e::api_server::ApiServer;
use serde_json::{Value, json};

use super::{Complaint, deviation, document, pipelines};

/// Makes the first of each pair, then asks for the second.
async fn judge(kind: &str, cases: Vec<(Value, Value, Option<Complaint>)>) {
    let server = ApiServer::start().await.unwrap();
    let (kubectl, namespace) = (server.kubectl(), server.namespace().await.unwrap());
    let mut deviations = Vec::new();
    for (index, (before, after, expected)) in cases.iter().enumerate() {
        let name = format!("case-{index}");
        let made = kubectl.run_in(&namespace, &["create", "-f", "-"], &document(kind, &name, before)).await.unwrap();
        assert!(made.ok, "{before}: {}", made.text);
        let change = ["replace", "--dry-run=server", "-f", "-"];
        let answer = kubectl.run_in(&namespace, &change, &document(kind, &name, after)).await.unwrap();
        deviations.extend(deviation(&answer, expected.as_ref()).map(|text| format!("{before} → {after}\n  {text}")));
    }
    assert!(deviations.is_empty(), "{}", deviations.join("\n"));
}

#[tokio::test]
async fn what_holds_data_is_not_exchanged() {
    let redis = json!({"redis": {"external": {"host": "a.example.org", "credentialsSecretRef": {"name": "a"}}}});
    let s3 = json!({"objectStore": {
        "external": {"endpoint": "https://s3.example.org", "credentialsSecretRef": {"name": "a"}},
    }});
    let mut prefixed = redis.clone();
    prefixed["redis"]["external"]["prefix"] = "photos:".into();
    let mut moved = redis.clone();
    moved["redis"]["external"]["host"] = "b.example.org".into();
    let redis_words = "managed and external can't be exchanged: make a new platform";
    let store_words = "managed and external can't be exchanged: make a new platform and copy its photos";
    let prefix_words = "prefix can't be changed: what is queued is under the old one";
    judge(
        "PhotoPlatform",
        vec![
            (json!({}), redis.clone(), Some(("spec.redis", redis_words))),
            (redis.clone(), json!({}), Some(("spec.redis", redis_words))),
            (redis.clone(), moved, None),
            (redis.clone(), prefixed.clone(), Some(("spec.redis.external", prefix_words))),
            (prefixed, redis, Some(("spec.redis.external", prefix_words))),
            (json!({}), s3.clone(), Some(("spec.objectStore", store_words))),
            (s3, json!({}), Some(("spec.objectStore", store_words))),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_volume_grows_and_keeps_its_class() {
    let volume = |size: &str, class: Option<&str>| {
        let mut storage = json!({ "size": size });
        if let Some(class) = class {
            storage["storageClassName"] = class.into();
        }
        json!({"metadata": {"storage": storage}})
    };
    let grow = Some(("spec.metadata.storage", "size may only grow: a volume can't shrink without losing data"));
    let class = Some(("spec.metadata.storage", "storageClassName can't be changed: a volume keeps its class for life"));
    judge(
        "PhotoPlatform",
        vec![
            (volume("1Gi", None), volume("2Gi", None), None),
            (volume("1Gi", None), volume("1024Mi", None), None),
            (volume("1Gi", None), volume("1G", None), grow),
            (volume("20Gi", None), json!({}), grow),
            (volume("1Gi", None), volume("1Gi", Some("fast")), class),
            (volume("1Gi", Some("fast")), volume("1Gi", None), class),
            (volume("1Gi", Some("fast")), volume("1Gi", Some("slow")), class),
            (
                json!({"redis": {"managed": {"storage": {"size": "2Gi"}}}}),
                json!({"redis": {"managed": {"storage": {"size": "1Gi"}}}}),
                Some(("spec.redis.managed.storage", "size may only grow: a volume can't shrink without losing data")),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_bucket_keeps_its_name() {
    let buckets = |buckets: Value| json!({"objectStore": {"managed": {}, "buckets": buckets}});
    let none = json!({"objectStore": {"managed": {}}});
    let own = buckets(json!([{"name": "photos", "purpose": "Originals"}]));
    let other = buckets(json!([{"name": "pictures", "purpose": "Originals"}]));
    let removed = Some(("spec.objectStore", "a bucket can't be removed or renamed: photos are in it"));
    let added = Some((
        "spec.objectStore",
        "a purpose without a bucket of its own has its default by now: it can't get another, photos are in it",
    ));
    judge(
        "PhotoPlatform",
        vec![
            (own.clone(), other, removed),
            (own.clone(), buckets(json!([])), removed),
            (own.clone(), none.clone(), removed),
            (none.clone(), own, added),
            (none, buckets(json!([{"name": "images", "purpose": "Originals"}])), None),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_pipeline_stays_with_its_platform() {
    let spec = pipelines::of(&json!([{"name": "a", "type": "Metadata"}]));
    let mut other = spec.clone();
    other["platformRef"]["name"] = "other".into();
    let mut renamed = spec.clone();
    renamed["stages"][0]["name"] = "b".into();
    let words = "platformRef can't be changed: make a new pipeline";
    judge("ProcessingPipeline", vec![(spec.clone(), other, Some(("spec.platformRef", words))), (spec, renamed, None)])
        .await;
}
