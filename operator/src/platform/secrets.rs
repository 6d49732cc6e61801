//! The platform's Secrets: those that are generated are made once, those that are referenced are looked at. They are not
//! watched, because a right to watch is a right to read all of a namespace; so they are read now and then, by name.

use std::{collections::BTreeMap, sync::Arc};

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use secrecy::SecretString;
use serde_json::json;
use tokio::time::Instant;

use crate::{
    api::PhotoPlatform,
    apply::NotMade,
    children::{Family, OwnerKind},
    cluster::{self, ClusterError},
    context::{Context, SecretsSeen},
    digest, labels,
    names::GeneratedSecret,
    secrets::{
        PlannedSecret, Random, RequiredSecret, content, key, left_over, planned, referenced, renewed_users, rules,
    },
    stall::Stall,
};

/// The Secrets of a platform, made where they are missing. Read again when the platform changed or they were read long
/// ago.
///
/// # Errors
/// One that is referenced is missing or lacks a key, or the API server does not answer.
pub(super) async fn ensure(platform: &PhotoPlatform, context: &Context) -> Result<SecretsSeen, NotMade> {
    let uid = platform.uid().unwrap_or_default();
    let mut memory = context.memory.of(&uid);
    let generation = platform.metadata.generation;
    if let Some(seen) = &memory.secrets
        && seen.generation == generation
        && seen.at.elapsed() < SecretsSeen::FRESH
    {
        return Ok(seen.clone());
    }
    let (name, namespace) = (platform.name_any(), platform.namespace().unwrap_or_default());
    let kind = OwnerKind::PhotoPlatform;
    let family = Family { kind, name: &name, namespace: &namespace, uid: &uid, platform: &name };
    let mut found = Vec::new();
    for required in referenced(&platform.spec) {
        found.push(check(&required, context.cluster.secret(&namespace, required.name).await?)?);
    }
    for planned in planned(&family, &platform.spec) {
        found.push(generated(context, &family, &planned).await?);
    }
    if let Some(left_over) = left_over(&family, &platform.spec)
        && let Some(secret) = context.cluster.secret(&namespace, &left_over.secret.of(&name)).await?
        && is_generated(&family, &secret)
    {
        own(context, &family, &left_over, &secret).await?;
    }
    let seen = seen(&family, generation, &found)?;
    if memory.secrets.is_none() && seen.data_owner != uid {
        tracing::info!(namespace, platform = name, earlier = seen.data_owner, "what was retained is taken over");
    }
    memory.secrets = Some(seen.clone());
    context.memory.keep(&uid, memory);
    Ok(seen)
}

/// A generated Secret: the one that is there, else a new one. It goes with the platform, or stays, as is wanted by now.
async fn generated(context: &Context, family: &Family<'_>, planned: &PlannedSecret) -> Result<Secret, NotMade> {
    let cluster = &context.cluster;
    let name = planned.secret.of(family.name);
    let secret = if let Some(secret) = cluster.secret(family.namespace, &name).await? {
        secret
    } else {
        let secret = planned.with(content(planned.secret, &random()?, rules));
        cluster.create_secret(family.namespace, &secret).await?
    };
    if !is_generated(family, &secret) {
        return Err(Stall::ForeignSecret { name }.into());
    }
    own(context, family, planned, &secret).await?;
    match planned.secret {
        GeneratedSecret::RedisAuth => with_users_of_today(context, family, secret).await,
        GeneratedSecret::Store | GeneratedSecret::Service | GeneratedSecret::Jwt => Ok(secret),
    }
}

/// Redis' Secret with the users' rights of this release: those of an earlier one may be too few.
async fn with_users_of_today(context: &Context, family: &Family<'_>, secret: Secret) -> Result<Secret, NotMade> {
    let Some(users) = renewed_users(&cluster::texts(&secret), rules) else { return Ok(secret) };
    let renewed = context.cluster.write_key(family.namespace, &secret, key::REDIS_USERS, &users).await?;
    context.metrics.wrote("Secret");
    Ok(renewed)
}

async fn own(context: &Context, family: &Family<'_>, planned: &PlannedSecret, secret: &Secret) -> Result<(), NotMade> {
    if planned.is_departing(secret, family) {
        return Err(ClusterError::Departing { kind: "Secret", name: secret.name_any() }.into());
    }
    if let Some(owners) = planned.other_owners(secret) {
        context.cluster.own_secret(family.namespace, secret, &owners).await?;
        context.metrics.wrote("Secret");
    }
    Ok(())
}

/// What is remembered of Secrets.
fn seen(family: &Family<'_>, generation: Option<i64>, found: &[Secret]) -> Result<SecretsSeen, Stall> {
    let name = GeneratedSecret::Service.of(family.name);
    let service = found.iter().find(|secret| secret.name_any() == name);
    let key = service.and_then(|secret| cluster::texts(secret).remove(key::SERVICE));
    let key = key.ok_or(Stall::SecretKeyMissing { field: "the operator", name, key: key::SERVICE })?;
    // Its note is written once: an earlier platform of this name had the data first.
    let data_owner = service.and_then(|secret| secret.annotations().get(labels::OWNER_UID));
    Ok(SecretsSeen {
        at: Instant::now(),
        generation,
        versions: Arc::new(found.iter().map(|secret| (secret.name_any(), version(secret, &key))).collect()),
        data_owner: data_owner.map_or(family.uid, String::as_str).to_owned(),
        service_key: SecretString::from(key),
    })
}

fn check(required: &RequiredSecret<'_>, secret: Option<Secret>) -> Result<Secret, Stall> {
    let (field, name) = (required.field, required.name.to_owned());
    let Some(secret) = secret else {
        return Err(Stall::SecretMissing { field, name, keys: required.keys.join(", ") });
    };
    let has = |key: &str| secret.data.as_ref().is_some_and(|keys| keys.contains_key(key));
    match required.keys.iter().find(|key| !has(key)) {
        Some(key) => Err(Stall::SecretKeyMissing { field, name, key }),
        None => Ok(secret),
    }
}

/// A Secret of a generated one's name is ours only where we noted so: also that of an earlier platform of this name,
/// whose data the pods are to find again.
fn is_generated(family: &Family<'_>, secret: &Secret) -> bool {
    let platform = secret.labels().get(labels::PLATFORM).map(String::as_str);
    secret.annotations().contains_key(labels::OWNER_UID) && platform == Some(family.platform)
}

/// What changes with a Secret's content, and with nothing else of it: a note on it is no reason to restart pods. It
/// tells nothing of the content to whoever does not know the platform's own key.
fn version(secret: &Secret, service_key: &str) -> String {
    let content: BTreeMap<&String, String> =
        secret.data.iter().flatten().map(|(key, value)| (key, hex::encode(&value.0))).collect();
    digest::of(&json!({ "key": service_key, "content": content }))
}

fn random() -> Result<Random, NotMade> {
    let mut random = Random::default();
    for bytes in &mut random {
        getrandom::fill(bytes).map_err(|error| Stall::NoRandomness(error.to_string()))?;
    }
    Ok(random)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const FAMILY: Family<'static> =
        Family { kind: OwnerKind::PhotoPlatform, name: "photos", namespace: "team", uid: "u-1", platform: "photos" };

    fn secret(name: &str, key: &str, value: &str, change: impl FnOnce(&mut Value)) -> Secret {
        let mut secret = json!({
            "metadata": {
                "name": name, "resourceVersion": "1", "labels": {labels::PLATFORM: "photos"},
                "annotations": {labels::OWNER_UID: "u-0"},
            },
            "data": {key: value},
        });
        change(&mut secret);
        serde_json::from_value(secret).unwrap()
    }

    #[test]
    fn a_version_changes_with_the_content_alone() {
        let one = |change: fn(&mut Value)| version(&secret("users", "secret", "YQ==", change), "key");
        let same = one(|_| ());
        assert_eq!(same, one(|secret| secret["metadata"]["resourceVersion"] = json!("2")));
        assert_eq!(same, one(|secret| secret["metadata"]["annotations"]["synced"] = json!("today")));
        assert_ne!(same, one(|secret| secret["data"]["secret"] = json!("Yg==")));
        assert_ne!(same, one(|secret| secret["data"]["more"] = json!("YQ==")));
        let known = secret("users", "secret", "YQ==", |_| ());
        assert_ne!(same, version(&known, "other"), "whoever knows the content alone could tell it from its version");
    }

    #[test]
    fn a_secret_is_ours_only_where_it_is_noted() {
        let is_ours = |change: fn(&mut Value)| is_generated(&FAMILY, &secret("photos-jwt", "secret", "YQ==", change));
        assert!(is_ours(|_| ()), "an earlier platform of this name left it");
        assert!(!is_ours(|secret| secret["metadata"]["annotations"] = json!({})));
        assert!(!is_ours(|secret| secret["metadata"]["labels"] = json!({})));
        assert!(!is_ours(|secret| secret["metadata"]["labels"][labels::PLATFORM] = json!("other")));
    }

    #[test]
    fn data_stays_that_of_the_platform_that_had_it_first() {
        let found = [secret("photos-service", "key", "a2V5", |_| ())];
        let seen = seen(&FAMILY, Some(1), &found).unwrap();
        assert_eq!(seen.data_owner, "u-0");
        let missing = super::seen(&FAMILY, Some(1), &[]).err().unwrap();
        assert_eq!(missing.reason(), "SecretMissing");
    }
}
