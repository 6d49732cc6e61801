//! Which Secrets a platform needs.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::Secret,
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference},
};

use super::key;
use crate::{
    api::{DeletionPolicy, GROUP, PhotoPlatformSpec, StringMap},
    children::{Family, OwnerKind},
    labels,
    names::{Component, GeneratedSecret},
};

/// A Secret whose content is generated once and never written again.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedSecret {
    /// Which one.
    pub secret: GeneratedSecret,
    /// Its metadata. It has an owner only where it is deleted with the platform.
    pub metadata: ObjectMeta,
}

impl PlannedSecret {
    /// The owners that `found`, which is this Secret, should have, where it has others. Owners that are no platforms
    /// stay.
    pub fn other_owners(&self, found: &Secret) -> Option<Vec<OwnerReference>> {
        let has = found.metadata.owner_references.as_deref().unwrap_or_default();
        let strangers = has.iter().filter(|owner| !is_platform(owner));
        let wanted: Vec<_> = strangers.chain(self.metadata.owner_references.iter().flatten()).cloned().collect();
        (has != wanted.as_slice()).then_some(wanted)
    }

    /// Whether `found`, which is this Secret, goes with a platform of that name that is gone.
    pub fn is_departing(&self, found: &Secret, family: &Family) -> bool {
        let mut owners = found.metadata.owner_references.iter().flatten();
        found.metadata.deletion_timestamp.is_some()
            || owners.any(|owner| is_platform(owner) && owner.name == family.name && owner.uid != family.uid)
    }

    /// The object, with that content.
    pub fn with(&self, content: BTreeMap<String, String>) -> Secret {
        Secret {
            metadata: self.metadata.clone(),
            string_data: Some(content),
            type_: Some("Opaque".to_owned()),
            ..Secret::default()
        }
    }
}

fn is_platform(owner: &OwnerReference) -> bool {
    owner.kind == OwnerKind::PhotoPlatform.as_str() && owner.api_version.split('/').next() == Some(GROUP)
}

/// The Secrets that a platform generates. Whoever brings a Secret of its own gets none.
pub fn planned(family: &Family, spec: &PhotoPlatformSpec) -> Vec<PlannedSecret> {
    let needed = [
        (GeneratedSecret::RedisAuth, spec.redis.managed.is_some()),
        (GeneratedSecret::Store, spec.object_store.managed.is_some()),
        (GeneratedSecret::Service, true),
        (GeneratedSecret::Jwt, spec.gateway.auth.secret_ref.is_none()),
    ];
    let needed = needed.into_iter().filter(|(_, is_needed)| *is_needed);
    needed.map(|(secret, _)| PlannedSecret { secret, metadata: metadata(family, spec, secret) }).collect()
}

/// A Secret that a platform may have generated before somebody brought another.
pub fn left_over(family: &Family, spec: &PhotoPlatformSpec) -> Option<PlannedSecret> {
    let secret = GeneratedSecret::Jwt;
    let is_brought = spec.gateway.auth.secret_ref.is_some();
    is_brought.then(|| PlannedSecret { secret, metadata: metadata(family, spec, secret) })
}

fn metadata(family: &Family, spec: &PhotoPlatformSpec, secret: GeneratedSecret) -> ObjectMeta {
    let component = match secret {
        GeneratedSecret::RedisAuth => Component::Redis,
        GeneratedSecret::Store => Component::Store,
        GeneratedSecret::Service => Component::Metadata,
        GeneratedSecret::Jwt => Component::Gateway,
    };
    let owner = match spec.deletion_policy {
        DeletionPolicy::Retain => None,
        DeletionPolicy::Delete => Some(vec![family.owner_reference()]),
    };
    ObjectMeta {
        name: Some(secret.of(family.name)),
        namespace: Some(family.namespace.to_owned()),
        labels: Some(family.labels(component)),
        annotations: Some(StringMap::from([(labels::OWNER_UID.to_owned(), family.uid.to_owned())])),
        owner_references: owner,
        ..ObjectMeta::default()
    }
}

/// A Secret that somebody else makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredSecret<'a> {
    /// Its name.
    pub name: &'a str,
    /// The field of the spec that names it.
    pub field: &'static str,
    /// Keys that it must have.
    pub keys: &'static [&'static str],
}

/// The Secrets that a platform's spec names and its pods need.
pub fn referenced(spec: &PhotoPlatformSpec) -> Vec<RequiredSecret<'_>> {
    let redis = spec.redis.external.as_ref().map(|redis| RequiredSecret {
        name: &redis.credentials_secret_ref.name,
        field: "spec.redis.external.credentialsSecretRef",
        keys: &[key::REDIS_PASSWORD],
    });
    let store = spec.object_store.external.as_ref().map(|store| RequiredSecret {
        name: &store.credentials_secret_ref.name,
        field: "spec.objectStore.external.credentialsSecretRef",
        keys: &[key::ACCESS, key::SECRET],
    });
    let users = spec.gateway.auth.secret_ref.as_ref().map(|secret| RequiredSecret {
        name: &secret.name,
        field: "spec.gateway.auth.secretRef",
        keys: &[key::JWT],
    });
    let hook = spec.metadata.dead_letter_hook.as_ref().and_then(|hook| hook.secret_ref.as_ref());
    let hook = hook.map(|secret| RequiredSecret {
        name: &secret.name,
        field: "spec.metadata.deadLetterHook.secretRef",
        keys: &[key::HOOK],
    });
    [redis, store, users, hook].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const FAMILY: Family<'static> =
        Family { kind: OwnerKind::PhotoPlatform, name: "photos", namespace: "team", uid: "u-1", platform: "photos" };

    fn spec(written: Value) -> PhotoPlatformSpec {
        serde_json::from_value(written).unwrap()
    }

    #[test]
    fn what_is_brought_is_not_generated() {
        let names = |spec: &PhotoPlatformSpec| -> Vec<String> {
            planned(&FAMILY, spec).into_iter().filter_map(|planned| planned.metadata.name).collect()
        };
        assert_eq!(names(&spec(json!({}))), ["photos-redis-auth", "photos-store", "photos-service", "photos-jwt"]);
        let own = spec(json!({
            "redis": {"external": {"host": "redis.example", "credentialsSecretRef": {"name": "r"}}},
            "objectStore": {"external": {"endpoint": "https://s3.example", "credentialsSecretRef": {"name": "s"}}},
            "gateway": {"auth": {"secretRef": {"name": "j"}}},
            "metadata": {"deadLetterHook": {"url": "https://hook.example", "secretRef": {"name": "h"}}},
        }));
        assert_eq!(names(&own), ["photos-service"]);
        let referenced: Vec<_> =
            referenced(&own).into_iter().map(|secret| (secret.name, secret.keys.to_vec())).collect();
        let expected = [
            ("r", vec!["password"]),
            ("s", vec!["accessKey", "secretKey"]),
            ("j", vec!["secret"]),
            ("h", vec!["secret"]),
        ];
        assert_eq!(referenced, expected);
    }

    #[test]
    fn secrets_stay_unless_they_are_to_be_deleted() {
        let owners = |written| planned(&FAMILY, &spec(written)).remove(0).metadata.owner_references;
        assert_eq!(owners(json!({})), None);
        assert_eq!(owners(json!({"deletionPolicy": "Delete"})), Some(vec![FAMILY.owner_reference()]));
    }

    #[test]
    fn a_changed_policy_changes_the_owners_that_are_platforms() {
        let stranger = OwnerReference { kind: "Backup".to_owned(), uid: "b-1".to_owned(), ..OwnerReference::default() };
        let policy = |policy: &str| planned(&FAMILY, &spec(json!({"deletionPolicy": policy}))).remove(0);
        let found = |owners: &[&OwnerReference]| {
            let owner_references = Some(owners.iter().map(|&owner| owner.clone()).collect());
            Secret { metadata: ObjectMeta { owner_references, ..ObjectMeta::default() }, ..Secret::default() }
        };
        let ours = FAMILY.owner_reference();
        assert_eq!(policy("Delete").other_owners(&found(&[&stranger])), Some(vec![stranger.clone(), ours.clone()]));
        assert_eq!(policy("Delete").other_owners(&found(&[&stranger, &ours])), None);
        assert_eq!(policy("Retain").other_owners(&found(&[&stranger, &ours])), Some(vec![stranger.clone()]));
        assert_eq!(policy("Retain").other_owners(&found(&[&ours])), Some(vec![]));
        assert_eq!(policy("Retain").other_owners(&Secret::default()), None);
    }

    #[test]
    fn what_goes_with_an_earlier_platform_is_told_from_what_it_left() {
        let secret = planned(&FAMILY, &spec(json!({}))).remove(0);
        let earlier = Family { uid: "u-0", ..FAMILY };
        let delete = spec(json!({"deletionPolicy": "Delete"}));
        let of = |family, spec: &PhotoPlatformSpec| planned(family, spec).remove(0).with(BTreeMap::new());
        assert!(secret.is_departing(&of(&earlier, &delete), &FAMILY));
        assert!(!secret.is_departing(&of(&earlier, &spec(json!({}))), &FAMILY));
        assert!(!secret.is_departing(&of(&FAMILY, &delete), &FAMILY));
    }

    #[test]
    fn a_generated_key_of_tokens_is_left_over_where_one_is_brought() {
        let left_over = |written| left_over(&FAMILY, &spec(written)).map(|left_over| left_over.secret);
        assert_eq!(left_over(json!({})), None);
        let brought = json!({"gateway": {"auth": {"secretRef": {"name": "j"}}}});
        assert_eq!(left_over(brought), Some(GeneratedSecret::Jwt));
    }
}
