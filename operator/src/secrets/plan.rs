//! Which Secrets a platform needs.

use std::collections::BTreeMap;

use k8s_openapi::{api::core::v1::Secret, apimachinery::pkg::apis::meta::v1::ObjectMeta};

use super::key;
use crate::{
    api::{DeletionPolicy, PhotoPlatformSpec, StringMap},
    children::Family,
    labels,
    names::{Component, GeneratedSecret},
};

/// A Secret that is generated once and never written again.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedSecret {
    /// Which one.
    pub secret: GeneratedSecret,
    /// Its metadata. It has an owner only where it is deleted with the platform.
    pub metadata: ObjectMeta,
}

impl PlannedSecret {
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
    [redis, store, users].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::children::OwnerKind;

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
        }));
        assert_eq!(names(&own), ["photos-service"]);
        let referenced: Vec<_> =
            referenced(&own).into_iter().map(|secret| (secret.name, secret.keys.to_vec())).collect();
        assert_eq!(referenced, [("r", vec!["password"]), ("s", vec!["accessKey", "secretKey"]), ("j", vec!["secret"])]);
    }

    #[test]
    fn secrets_stay_unless_they_are_to_be_deleted() {
        let owners = |written| planned(&FAMILY, &spec(written)).remove(0).metadata.owner_references;
        assert_eq!(owners(json!({})), None);
        assert_eq!(owners(json!({"deletionPolicy": "Delete"})), Some(vec![FAMILY.owner_reference()]));
    }
}
