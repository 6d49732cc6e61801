//! A platform: what takes photos, keeps them and tells about them.

#![expect(clippy::duplicated_attributes, reason = "columns of kubectl have the same type")]

mod backing;
mod consistency;
mod dead_letter_hook;
mod exposure;
mod images;
mod network;
mod observability;
mod pods;
mod roles;
mod status;

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use backing::{
    Bucket, BucketPurpose, ExternalObjectStore, ExternalRedis, ManagedObjectStore, ManagedRedis, ObjectStore,
    Persistence, Redis, Tls,
};
pub use consistency::{Backup, Cleanup, Consistency, State};
pub use dead_letter_hook::DeadLetterHook;
pub use exposure::{Expose, HttpRoute, Ingress, ParentRef, Service, ServiceType};
pub use images::{Images, PullPolicy};
pub use network::{NetworkPolicyMode, Selector};
pub use observability::{LogFormat, LogLevel, Logging, Metrics, Observability, Presence};
pub use pods::{PodDefaults, TopologySpread};
pub use roles::{
    Auth, EventBus, EventBusAutoscaling, Gateway, GatewayAutoscaling, Metadata, Sqlite, Upload, Websocket,
};
pub use status::{Component, Endpoints, PhotoPlatformStatus, PipelineCount, Volume};

use super::{ObjectRef, Operation};

/// What a platform is: where its photos are kept, how they come in and how clients are told about them.
#[derive(CustomResource, JsonSchema, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "photoplatform.io",
    version = "v1alpha1",
    kind = "PhotoPlatform",
    namespaced,
    doc = "A platform that takes photos, processes them and tells clients live how far each is.",
    status = "PhotoPlatformStatus",
    derive = "PartialEq",
    shortname = "pplat",
    category = "photos",
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].status"),
    printcolumn(name = "Redis", type_ = "string", json_path = ".status.conditions[?(@.type=='RedisReady')].status"),
    printcolumn(
        name = "Store",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='ObjectStoreReady')].status"
    ),
    printcolumn(
        name = "Gateway",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='GatewayReady')].status"
    ),
    printcolumn(name = "Pipelines", type_ = "integer", json_path = ".status.pipelines.total"),
    printcolumn(name = "Version", type_ = "string", json_path = ".status.version"),
    printcolumn(name = "Endpoint", type_ = "string", json_path = ".status.endpoints.gateway", priority = "1"),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='Ready')].reason",
        priority = "1"
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PhotoPlatformSpec {
    /// Whether the platform runs. `Paused`: nothing is changed, what runs goes on. `Stopped`: no pod, data kept.
    #[serde(default)]
    pub operation: Operation,
    /// What becomes of volumes and generated Secrets when the platform is deleted. Buckets of an external object store
    /// are never deleted.
    #[serde(default)]
    pub deletion_policy: DeletionPolicy,
    /// The pipeline of uploads that name none. Without it such uploads are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_pipeline_ref: Option<ObjectRef>,
    /// The images of the platform's containers. Those that are not named here come from the operator's own settings.
    #[serde(default)]
    pub images: Images,
    /// What holds for every pod of the platform and its pipelines.
    #[serde(default)]
    pub pod_defaults: PodDefaults,
    /// The work list and event log. What it loses is made again.
    #[serde(default)]
    pub redis: Redis,
    /// Where the bytes of photos are.
    #[serde(default)]
    pub object_store: ObjectStore,
    /// The storage role: the truth about photos, in SQLite. Always one replica.
    #[serde(default)]
    pub metadata: Metadata,
    /// The api role: uploads, questions, the web page.
    #[serde(default)]
    pub gateway: Gateway,
    /// The events role: tells clients live how far photos are.
    #[serde(default)]
    pub event_bus: EventBus,
    /// Who may reach the platform's pods over the network.
    #[serde(default)]
    pub network_policy: network::NetworkPolicy,
    /// Logs, metrics and what reads them.
    #[serde(default)]
    pub observability: Observability,
}

/// What becomes of data when its platform is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub enum DeletionPolicy {
    /// It stays, and a platform of the same name takes it over.
    #[default]
    Retain,
    /// It is deleted with the platform.
    Delete,
}
