//! The platform's Secrets: those that are generated are made once, those that are referenced are looked at. They are not
//! watched, because a right to watch is a right to read all of a namespace; so they are read now and then, by name.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use secrecy::SecretString;
use tokio::time::Instant;

use crate::{
    api::PhotoPlatform,
    apply::NotMade,
    children::{Family, OwnerKind},
    cluster,
    context::{Context, SecretsSeen},
    labels,
    names::GeneratedSecret,
    secrets::{Random, RequiredSecret, content, key, planned, referenced, rules},
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
    let mut versions = Vec::new();
    for required in referenced(&platform.spec) {
        let secret = context.cluster.secret(&namespace, required.name).await?;
        versions.push(version(&check(&required, secret)?));
    }
    let mut service_key = None;
    for planned in planned(&family, &platform.spec) {
        let secret = if let Some(secret) = context.cluster.secret(&namespace, &planned.secret.of(&name)).await? {
            check_generated(&family, secret)?
        } else {
            let secret = planned.with(content(planned.secret, &random()?, rules));
            check_generated(&family, context.cluster.create_secret(&namespace, &secret).await?)?
        };
        if planned.secret == GeneratedSecret::Service {
            service_key = cluster::texts(&secret).remove(key::SERVICE);
        }
        versions.push(version(&secret));
    }
    let missing = || Stall::SecretKeyMissing {
        field: "the operator",
        name: GeneratedSecret::Service.of(&name),
        key: key::SERVICE,
    };
    let seen = SecretsSeen {
        at: Instant::now(),
        generation,
        versions: Arc::new(versions.into_iter().collect()),
        service_key: SecretString::from(service_key.ok_or_else(missing)?),
    };
    memory.secrets = Some(seen.clone());
    context.memory.keep(&uid, memory);
    Ok(seen)
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
fn check_generated(family: &Family<'_>, secret: Secret) -> Result<Secret, Stall> {
    let is_noted = secret.annotations().contains_key(labels::OWNER_UID);
    let platform = secret.labels().get(labels::PLATFORM).map(String::as_str);
    if is_noted && platform == Some(family.platform) {
        return Ok(secret);
    }
    Err(Stall::ForeignSecret { name: secret.name_any() })
}

/// What changes with a Secret's content and tells nothing of it.
fn version(secret: &Secret) -> (String, String) {
    let version = format!("{}/{}", secret.uid().unwrap_or_default(), secret.resource_version().unwrap_or_default());
    (secret.name_any(), version)
}

fn random() -> Result<Random, NotMade> {
    let mut random = Random::default();
    for bytes in &mut random {
        getrandom::fill(bytes).map_err(|error| Stall::NoRandomness(error.to_string()))?;
    }
    Ok(random)
}
