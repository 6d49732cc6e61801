//! New platforms.

use serde_json::json;

use super::judge;

#[tokio::test]
async fn a_platform_without_any_setting_has_its_defaults() {
    let server = super::ApiServer::start().await.unwrap();
    let namespace = server.namespace().await.unwrap();
    let (kubectl, empty) = (server.kubectl(), super::document("PhotoPlatform", "some", &json!({})));
    kubectl.run_in(&namespace, &["create", "-f", "-"], &empty).await.unwrap();
    let answer = kubectl.run_in(&namespace, &["get", "pplat", "some", "-o", "json"], "").await.unwrap();
    let found: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
    let spec: photo_operator::api::PhotoPlatformSpec = serde_json::from_str("{}").unwrap();
    assert_eq!(found["spec"], serde_json::to_value(spec).unwrap(), "the server's defaults and the program's");
}

#[tokio::test]
async fn exactly_one_of_managed_and_external_is_set() {
    let one = "set exactly one of managed and external";
    let redis = json!({"host": "redis.example.org", "credentialsSecretRef": {"name": "a"}});
    let s3 = json!({"endpoint": "https://s3.example.org", "credentialsSecretRef": {"name": "a"}});
    judge(
        "PhotoPlatform",
        vec![
            (json!({"redis": {"managed": {}}}), None),
            (json!({"redis": {"external": redis}}), None),
            (json!({"redis": {"managed": {}, "external": redis}}), Some(("spec.redis", one))),
            (json!({"redis": {}}), Some(("spec.redis", one))),
            (json!({"objectStore": {"managed": {}}}), None),
            (json!({"objectStore": {"external": s3}}), None),
            (json!({"objectStore": {"managed": {}, "external": s3}}), Some(("spec.objectStore", one))),
            (json!({"objectStore": {"buckets": []}}), Some(("spec.objectStore", one))),
            (
                json!({"gateway": {"expose": {}}}),
                Some(("spec.gateway.expose", "set exactly one of ingress and httpRoute")),
            ),
            (json!({"gateway": {"expose": {"ingress": {"host": "photos.example.org"}}}}), None),
            (json!({"gateway": {"expose": {"httpRoute": {"parentRefs": [{"name": "edge"}]}}}}), None),
            (
                json!({"gateway": {"replicas": 2, "autoscaling": {}}}),
                Some(("spec.gateway", "set replicas or autoscaling, not both")),
            ),
            (json!({"eventBus": {"autoscaling": {}}}), None),
            (
                json!({"eventBus": {"replicas": 2, "autoscaling": {}}}),
                Some(("spec.eventBus", "set replicas or autoscaling, not both")),
            ),
            (
                json!({"networkPolicy": {"gatewayFrom": [{}]}}),
                Some(("spec.networkPolicy.gatewayFrom[0]", "set namespaceLabels, podLabels or both")),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn amounts_have_bounds_and_an_order() {
    let resources = |requests: &str, limits: &str| json!({"gateway": {"resources": {"requests": {"memory": requests}, "limits": {"memory": limits}}}});
    let size = |size: serde_json::Value| json!({"metadata": {"storage": {"size": size}}});
    judge(
        "PhotoPlatform",
        vec![
            (resources("512Mi", "1Gi"), None),
            (
                resources("2Gi", "1Gi"),
                Some(("spec.gateway.resources", "requests.memory may not be above limits.memory")),
            ),
            (
                json!({"gateway": {"resources": {"requests": {"cpu": 1}, "limits": {"cpu": "500m"}}}}),
                Some(("spec.gateway.resources", "requests.cpu may not be above limits.cpu")),
            ),
            (size(json!("10Gi")), None),
            (size(json!(10_000_000)), None),
            (size(json!("0")), Some(("spec.metadata.storage", "size must be more than nothing"))),
            (size(json!("10 Gi")), Some(("spec.metadata.storage.size", "$'"))),
            (json!({"metadata": {"storage": {}}}), Some(("spec.metadata.storage.size", "Required value"))),
            (
                json!({"gateway": {"replicas": 0}}),
                Some(("spec.gateway.replicas", "should be greater than or equal to 1")),
            ),
            (
                json!({"gateway": {"autoscaling": {"minReplicas": 5, "maxReplicas": 4}}}),
                Some(("spec.gateway.autoscaling", "minReplicas may not be above maxReplicas")),
            ),
            (
                json!({"eventBus": {"autoscaling": {"maxReplicas": 1}}}),
                Some(("spec.eventBus.autoscaling", "minReplicas may not be above maxReplicas")),
            ),
            (
                json!({"redis": {"managed": {"maxMemoryPercent": 95}}}),
                Some(("spec.redis.managed.maxMemoryPercent", "should be less than or equal to 90")),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn texts_are_what_they_stand_for() {
    let keys = "a key is not one: use letters, digits, -, _ and ., with a DNS name and a / before it if need be";
    let own = "labels of photoplatform.io and app.kubernetes.io are the operator's own: use other keys";
    judge(
        "PhotoPlatform",
        vec![
            (json!({"podDefaults": {"labels": {"team.example.org/name": "photos"}}}), None),
            (json!({"podDefaults": {"labels": {"a b": "c"}}}), Some(("spec.podDefaults.labels", keys))),
            (
                json!({"podDefaults": {"labels": {"app.kubernetes.io/name": "c"}}}),
                Some(("spec.podDefaults.labels", own)),
            ),
            (json!({"podDefaults": {"labels": {"a": "b c"}}}), Some(("spec.podDefaults.labels.a", "$'"))),
            (json!({"podDefaults": {"tolerations": [{"operator": "Exists", "effect": "NoSchedule"}]}}), None),
            (
                json!({"podDefaults": {"tolerations": [{"operator": "Is"}]}}),
                Some(("spec.podDefaults.tolerations[0].operator", "supported values: \"Equal\", \"Exists\"")),
            ),
            (
                json!({"gateway": {"expose": {"ingress": {"host": "https://photos.example.org"}}}}),
                Some(("spec.gateway.expose.ingress.host", "$'")),
            ),
            (
                json!({"operation": "Sleeping"}),
                Some(("spec.operation", "supported values: \"Running\", \"Paused\", \"Stopped\"")),
            ),
            (
                json!({"objectStore": {"managed": {}, "buckets": [
                    {"name": "one", "purpose": "Variants"}, {"name": "two", "purpose": "Variants"},
                ]}}),
                Some(("spec.objectStore.buckets[1]", "Duplicate value: {\"purpose\":\"Variants\"}")),
            ),
            (
                json!({"gateway": {"replica": 2}}),
                Some(("PhotoPlatform", "strict decoding error: unknown field \"spec.gateway.replica\"")),
            ),
        ],
    )
    .await;
}
