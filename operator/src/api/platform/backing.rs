//! What the platform stands on: Redis and an object store, each run by the operator or by somebody else.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::{PodOverrides, Resources, SecretRef, Storage};

/// The work list and event log: exactly one of `managed` and `external`; it can't be changed from one to the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {"rule": "has(self.managed) != has(self.external)", "message": "set exactly one of managed and external"},
    {"rule": "has(self.managed) == has(oldSelf.managed)", "message": "managed and external can't be exchanged: make a new platform"},
]))]
pub struct Redis {
    /// Run by the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed: Option<ManagedRedis>,
    /// Run by somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalRedis>,
}

impl Default for Redis {
    fn default() -> Self {
        Self { managed: Some(ManagedRedis::default()), external: None }
    }
}

/// A Redis that the operator runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ManagedRedis {
    /// Its volume.
    pub storage: Storage,
    /// Whether it writes what it holds to its volume. Without it a restart costs the time to enqueue open photos again.
    pub persistence: Persistence,
    /// The part of its memory limit that data may take. Beyond it writes are refused, nothing is evicted.
    #[schemars(range(min = 10, max = 90))]
    pub max_memory_percent: i32,
    /// What its container gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    /// A piece of a pod's template (`metadata`, `spec`) that is merged over the one that the operator makes, as `kubectl
    /// patch` does. It may add neither volumes nor access to the host nor a service account, and pods keep to Pod Security
    /// `restricted`: what does not is refused, and the condition `OverridesAccepted` says why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_overrides: Option<PodOverrides>,
}

impl Default for ManagedRedis {
    fn default() -> Self {
        Self {
            storage: Storage::of("8Gi"),
            persistence: Persistence::default(),
            max_memory_percent: 60,
            resources: None,
            pod_overrides: None,
        }
    }
}

/// Whether Redis writes what it holds to disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Persistence {
    /// Each second, to an append-only file.
    #[default]
    AppendOnly,
    /// It does not.
    None,
}

/// A Redis that somebody else runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {"rule": "has(self.prefix) == has(oldSelf.prefix) && (!has(self.prefix) || self.prefix == oldSelf.prefix)", "message": "prefix can't be changed: what is queued is under the old one"},
]))]
pub struct ExternalRedis {
    /// Its host name or address.
    #[schemars(length(min = 1, max = 253), regex(pattern = "^[A-Za-z0-9:._-]+$"))]
    pub host: String,
    /// Its port.
    #[serde(default = "redis_port")]
    #[schemars(range(min = 1, max = 65535))]
    pub port: i32,
    /// Its database, where it has several.
    #[serde(default)]
    #[schemars(range(min = 0, max = 255))]
    pub database: i32,
    /// Whether it is reached over TLS.
    #[serde(default)]
    pub tls: Tls,
    /// Secret with the keys `username` (may be missing) and `password`.
    pub credentials_secret_ref: SecretRef,
    /// Put before all keys and channels, so that several platforms can share it; `<namespace>-<name>:` where it is not
    /// set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 120), regex(pattern = "^[A-Za-z0-9:-]+$"))]
    pub prefix: Option<String>,
}

fn redis_port() -> i32 {
    6379
}

/// Whether a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Tls {
    /// It is not.
    #[default]
    Disabled,
    /// It is; the other side's certificate must be signed by a public authority.
    Enabled,
}

/// Where the bytes of photos are: exactly one of `managed` and `external`; it can't be changed from one to the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {"rule": "has(self.managed) != has(self.external)", "message": "set exactly one of managed and external"},
    {"rule": "has(self.managed) == has(oldSelf.managed)", "message": "managed and external can't be exchanged: make a new platform and copy its photos"},
    {"rule": "!has(oldSelf.buckets) || oldSelf.buckets.all(o, has(self.buckets) && self.buckets.exists(b, b.purpose == o.purpose && b.name == o.name))", "message": "a bucket can't be removed or renamed: photos are in it"},
    {"rule": "!has(self.buckets) || self.buckets.all(b, (has(oldSelf.buckets) && oldSelf.buckets.exists(o, o.purpose == b.purpose)) || b.name == {'Originals': 'images', 'LargeOriginals': 'images-large', 'Variants': 'thumbnails', 'Backups': 'backups'}[b.purpose])", "message": "a purpose without a bucket of its own has its default by now: it can't get another, photos are in it"},
]))]
pub struct ObjectStore {
    /// Run by the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed: Option<ManagedObjectStore>,
    /// Run by somebody else: any S3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalObjectStore>,
    /// Which bucket holds what. A purpose that is not named here has its default: `images`, `images-large`,
    /// `thumbnails`, `backups`. They are made where they are missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["purpose"]))]
    pub buckets: Vec<Bucket>,
}

impl Default for ObjectStore {
    fn default() -> Self {
        Self { managed: Some(ManagedObjectStore::default()), external: None, buckets: Vec::new() }
    }
}

/// A MinIO-compatible object store that the operator runs, with one volume.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ManagedObjectStore {
    /// Its volume.
    pub storage: Storage,
    /// What its container gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    /// A piece of a pod's template (`metadata`, `spec`) that is merged over the one that the operator makes, as `kubectl
    /// patch` does. It may add neither volumes nor access to the host nor a service account, and pods keep to Pod Security
    /// `restricted`: what does not is refused, and the condition `OverridesAccepted` says why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_overrides: Option<PodOverrides>,
}

impl Default for ManagedObjectStore {
    fn default() -> Self {
        Self { storage: Storage::of("50Gi"), resources: None, pod_overrides: None }
    }
}

/// An S3 object store that somebody else runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExternalObjectStore {
    /// Its URL without a path, such as `https://s3.eu-central-1.amazonaws.com`.
    #[schemars(length(min = 8, max = 512), regex(pattern = "^https?://[^/?#]+$"))]
    pub endpoint: String,
    /// Its region.
    #[serde(default = "region")]
    #[schemars(length(min = 1, max = 63))]
    pub region: String,
    /// Secret with the keys `accessKey` and `secretKey`.
    pub credentials_secret_ref: SecretRef,
}

fn region() -> String {
    "us-east-1".to_owned()
}

/// A bucket and what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bucket {
    /// Its name.
    #[schemars(length(min = 3, max = 63), regex(pattern = "^[a-z0-9][a-z0-9.-]*[a-z0-9]$"))]
    pub name: String,
    /// What it holds.
    pub purpose: BucketPurpose,
}

/// What a bucket holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum BucketPurpose {
    /// Uploaded photos.
    Originals,
    /// Large uploaded photos.
    LargeOriginals,
    /// What is made from photos.
    Variants,
    /// Copies of the metadata store.
    Backups,
}
