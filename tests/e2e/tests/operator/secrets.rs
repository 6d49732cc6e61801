//! Secrets that a platform names, and those that are made for it.

use photo_e2e::patience::until;
use serde_json::{Value, json};

use crate::scene::{Scene, accounts, small_platform, small_scene};

#[tokio::test]
async fn a_missing_secret_is_named_and_its_platform_goes_on_once_it_is_there() {
    let (scene, _operator) = Scene::with_operator().await;
    let without_secrets = small_scene().replace(&format!("{}\n---\n", accounts()), "");
    scene.apply(&without_secrets).await;
    let message = scene.until_condition("pplat/photos", "Stalled", ("True", "SecretMissing")).await;
    assert!(message.contains("spec.redis.external.credentialsSecretRef names the Secret `redis-account`"), "{message}");
    assert!(message.contains("make it, with the keys"), "{message}");
    assert_eq!(scene.condition("pplat/photos", "Ready").await.unwrap().1, "SecretMissing");
    assert_eq!(scene.names("deployment").await, Vec::<String>::new());

    let lacking = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s3-account"},
        "stringData": {"accessKey": "an-access-key"}});
    let (redis, _) = accounts().split_once("\n---\n").map(|(one, other)| (one.to_owned(), other.to_owned())).unwrap();
    scene.apply(&[redis, lacking.to_string()].join("\n---\n")).await;
    let lacks = |platform: &Value| {
        let said = crate::scene::said(platform, "Stalled").unwrap();
        said.2.contains("the Secret `s3-account`") && said.2.contains("lacks the key `secretKey`: add it")
    };
    scene.until_object("pplat/photos", "it tells the missing key", lacks).await;
    scene.apply(&accounts()).await;
    scene.until_ready(&["pplat/photos", "pipe/thumbs"]).await;
}

/// Another platform in the same namespace is not held up by it.
#[tokio::test]
async fn a_stalled_platform_stops_nobody_else() {
    let (scene, _operator) = Scene::with_operator().await;
    let stalled = small_platform(&json!({"redis": {"external": {"credentialsSecretRef": {"name": "nowhere"}}}}));
    scene.apply(&stalled.replace("\"photos\"", "\"stalled\"")).await;
    scene.until_condition("pplat/stalled", "Stalled", ("True", "SecretMissing")).await;
    scene.apply(&small_scene()).await;
    scene.until_ready(&["pplat/photos", "pipe/thumbs"]).await;
    assert_eq!(scene.condition("pplat/stalled", "Stalled").await.unwrap().1, "SecretMissing");
}

/// Generated once: neither a restart nor a change of the platform writes them again.
#[tokio::test]
async fn generated_secrets_stay_as_they_were_made() {
    let (scene, operator) = Scene::with_operator().await;
    scene.apply(&small_scene()).await;
    scene.until_ready(&["pplat/photos", "pipe/thumbs"]).await;
    let secrets = ["secret/photos-service", "secret/photos-jwt"];
    let mut made = Vec::new();
    for secret in secrets {
        made.push(scene.existing(secret).await);
    }
    operator.start().await.unwrap();
    scene.patch("pplat/photos", &json!({"spec": {"gateway": {"replicas": 3}}})).await;
    scene.until_object("deployment/photos-gateway", "it has three", |found| found["spec"]["replicas"] == 3).await;
    scene.until_ready(&["pplat/photos"]).await;
    for (secret, made) in secrets.into_iter().zip(made) {
        assert_eq!(scene.existing(secret).await, made);
    }
}

/// An operator that needs other rights of Redis' users than the one before it brings them to the Secret that is there.
#[tokio::test]
async fn redis_users_get_the_rights_of_this_release_and_keep_their_passwords() {
    let (scene, operator) = Scene::with_operator().await;
    scene.apply_samples(&["quickstart.yaml"]).await;
    scene.until_ready(&["pplat/quickstart"]).await;
    let data = |secret: Value| secret["data"].clone();
    let made = data(scene.existing("secret/quickstart-redis-auth").await);
    let earlier = json!({"stringData": {"users.acl": "user default off\nuser storage on #00 +ping\n"}});
    scene.patch("secret/quickstart-redis-auth", &earlier).await;
    operator.start().await.unwrap();
    let renewed = |found: &Value| found["data"] == made;
    scene.until_object("secret/quickstart-redis-auth", "it is as it was made", renewed).await;
}

/// Nothing that is told of a platform has a value of a Secret in it.
#[tokio::test]
async fn no_value_of_a_secret_is_told() {
    let (scene, operator) = Scene::with_operator().await;
    scene.apply(&small_scene()).await;
    scene.until_ready(&["pplat/photos", "pipe/thumbs"]).await;
    let key = scene.run(&["get", "secret", "photos-service", "-o", "go-template={{.data.key | base64decode}}"]).await;
    let kinds = "pplat,pipe,deployments,statefulsets,configmaps,services,events,serviceaccounts,pods";
    let told = scene.run(&["get", kinds, "-o", "yaml"]).await;
    let log = std::fs::read_to_string(operator.log()).unwrap();
    for value in [key.as_str(), "a-password", "a-secret-key", "an-access-key"] {
        assert!(!told.contains(value) && !log.contains(value), "`{value}` is told");
    }
}

/// A rotated Secret reaches the pods: their template changes with it.
#[tokio::test]
async fn a_rotated_secret_is_seen_when_its_platform_changes() {
    let (scene, _operator) = Scene::with_operator().await;
    scene.apply(&small_scene()).await;
    scene.until_ready(&["pplat/photos", "pipe/thumbs"]).await;
    let noted = async |deployment: &str| {
        let found = scene.existing(deployment).await;
        found["spec"]["template"]["metadata"]["annotations"]["photoplatform.io/secrets"].clone()
    };
    let workloads = ["deployment/photos-events", "deployment/thumbs-worker", "statefulset/photos-metadata"];
    let mut before = Vec::new();
    for workload in workloads {
        before.push(noted(workload).await);
    }
    scene.patch("secret/redis-account", &json!({"stringData": {"password": "another"}})).await;
    scene.patch("pplat/photos", &json!({"spec": {"gateway": {"replicas": 3}}})).await;
    for (workload, before) in workloads.into_iter().zip(before) {
        let ask = async || (noted(workload).await != before).then_some(());
        until(&format!("{workload} is rolled out with the new password"), ask).await;
    }
    scene.until_ready(&["pplat/photos", "pipe/thumbs"]).await;
}
