//! The three roles of the gateway.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Backup, Consistency, DeadLetterHook, Expose, Service};
use crate::api::{PodOverrides, Resources, SecretRef, Storage};

/// The storage role: one pod with SQLite on a volume.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// Its volume. It must be a block device or a local disk: SQLite is not safe on NFS, CIFS or FUSE.
    pub storage: Storage,
    /// Settings of the database.
    pub sqlite: Sqlite,
    /// Copies of the database, in the bucket for them.
    pub backup: Backup,
    /// What becomes of objects that no photo names.
    pub consistency: Consistency,
    /// Who is called when a photo is given up. Whether there is one or not, `GET /admin/dead-letters` lists those photos.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_letter_hook: Option<DeadLetterHook>,
    /// What its container gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    /// A piece of a pod's template (`metadata`, `spec`) that is merged over the one that the operator makes, as `kubectl
    /// patch` does. It may add neither volumes nor access to the host nor a service account, and pods keep to Pod Security
    /// `restricted`: what does not is refused, and the condition `OverridesAccepted` says why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_overrides: Option<PodOverrides>,
}

impl Default for Metadata {
    fn default() -> Self {
        Self {
            storage: Storage::of("10Gi"),
            sqlite: Sqlite::default(),
            backup: Backup::default(),
            consistency: Consistency::default(),
            dead_letter_hook: None,
            resources: None,
            pod_overrides: None,
        }
    }
}

/// Settings of the database. How safely it writes is none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Sqlite {
    /// Connections that read at the same time.
    #[schemars(range(min = 1, max = 64))]
    pub readers: i32,
}

impl Default for Sqlite {
    fn default() -> Self {
        Self { readers: 5 }
    }
}

/// The api role: uploads, questions about photos, the web page.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {"rule": "!(has(self.replicas) && has(self.autoscaling))", "message": "set replicas or autoscaling, not both"},
]))]
pub struct Gateway {
    /// Its pods; 2 where neither this nor `autoscaling` is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub replicas: Option<i32>,
    /// Lets a HorizontalPodAutoscaler choose the number of pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autoscaling: Option<GatewayAutoscaling>,
    /// Its Service.
    pub service: Service,
    /// How it is reached from outside of the cluster; without it only its Service is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expose: Option<Expose>,
    /// Limits of uploads.
    pub upload: Upload,
    /// Who users are.
    pub auth: Auth,
    /// What its container gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    /// A piece of a pod's template (`metadata`, `spec`) that is merged over the one that the operator makes, as `kubectl
    /// patch` does. It may add neither volumes nor access to the host nor a service account, and pods keep to Pod Security
    /// `restricted`: what does not is refused, and the condition `OverridesAccepted` says why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_overrides: Option<PodOverrides>,
}

/// Bounds and aims of a HorizontalPodAutoscaler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {"rule": "self.minReplicas <= self.maxReplicas", "message": "minReplicas may not be above maxReplicas"},
]))]
pub struct GatewayAutoscaling {
    /// Fewest pods.
    #[schemars(range(min = 1, max = 100))]
    pub min_replicas: i32,
    /// Most pods.
    #[schemars(range(min = 1, max = 100))]
    pub max_replicas: i32,
    /// Processor time that pods should use, in percent of what they request.
    #[serde(rename = "targetCPUPercent")]
    #[schemars(range(min = 1, max = 100))]
    pub target_cpu_percent: i32,
    /// Memory that pods should use, in percent of what they request.
    #[schemars(range(min = 1, max = 100))]
    pub target_memory_percent: i32,
}

impl Default for GatewayAutoscaling {
    fn default() -> Self {
        Self { min_replicas: 2, max_replicas: 10, target_cpu_percent: 70, target_memory_percent: 80 }
    }
}

/// Limits of uploads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Upload {
    /// Longest photo in bytes.
    #[schemars(range(min = 1, max = 10_737_418_240_i64))]
    pub max_bytes: i64,
    /// Most photos in one request.
    #[schemars(range(min = 1, max = 1000))]
    pub max_files: i32,
}

impl Default for Upload {
    fn default() -> Self {
        Self { max_bytes: 50 * 1024 * 1024, max_files: 10 }
    }
}

/// Who users are: whoever presents a token that is signed (HS256) with the key in a Secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Auth {
    /// Secret with the key `secret`, at least 32 bytes. Without it one is generated: `<platform>-jwt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretRef>,
    /// Audience that tokens must be for.
    #[schemars(length(min = 1, max = 253))]
    pub audience: String,
}

impl Default for Auth {
    fn default() -> Self {
        Self { secret_ref: None, audience: "photo-platform".to_owned() }
    }
}

/// The events role: Socket.IO.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {"rule": "!(has(self.replicas) && has(self.autoscaling))", "message": "set replicas or autoscaling, not both"},
]))]
pub struct EventBus {
    /// Its pods; 2 where neither this nor `autoscaling` is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub replicas: Option<i32>,
    /// Lets the operator choose the number of pods, by how many clients are connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autoscaling: Option<EventBusAutoscaling>,
    /// Settings of connections.
    pub websocket: Websocket,
    /// What its container gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    /// A piece of a pod's template (`metadata`, `spec`) that is merged over the one that the operator makes, as `kubectl
    /// patch` does. It may add neither volumes nor access to the host nor a service account, and pods keep to Pod Security
    /// `restricted`: what does not is refused, and the condition `OverridesAccepted` says why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_overrides: Option<PodOverrides>,
}

/// Bounds and aims of the operator, which counts connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {"rule": "self.minReplicas <= self.maxReplicas", "message": "minReplicas may not be above maxReplicas"},
]))]
pub struct EventBusAutoscaling {
    /// Fewest pods.
    #[schemars(range(min = 1, max = 100))]
    pub min_replicas: i32,
    /// Most pods. The condition `ScalingLimited` tells when there are more clients than they should have.
    #[schemars(range(min = 1, max = 100))]
    pub max_replicas: i32,
    /// Connections that a pod should have, on average. An idle one takes some 30 KiB of its memory.
    #[schemars(range(min = 1, max = 100_000))]
    pub target_connections_per_pod: i32,
    /// Seconds before a step down: since the last change, and for how long so few pods were enough. Clients of a pod that
    /// goes connect again to another.
    #[schemars(range(min = 0, max = 86_400))]
    pub scale_down_cooldown_seconds: i32,
}

impl Default for EventBusAutoscaling {
    fn default() -> Self {
        Self { min_replicas: 2, max_replicas: 10, target_connections_per_pod: 2000, scale_down_cooldown_seconds: 300 }
    }
}

/// Settings of Socket.IO connections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Websocket {
    /// Origins whose pages may connect, such as `https://photos.example.org`. Without any, only pages of the host that
    /// the request is for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "set"))]
    #[schemars(inner(length(min = 8, max = 253), regex(pattern = "^https?://[^/?#]+$")))]
    pub cors_origins: Vec<String>,
    /// Seconds between pings.
    #[schemars(range(min = 1, max = 3600))]
    pub ping_period_seconds: i32,
    /// Seconds that a client has for its answer.
    #[schemars(range(min = 1, max = 3600))]
    pub ping_timeout_seconds: i32,
    /// Longest message of a client in bytes.
    #[schemars(range(min = 1024, max = 16_777_216))]
    pub max_payload_bytes: i32,
}

impl Default for Websocket {
    fn default() -> Self {
        Self { cors_origins: Vec::new(), ping_period_seconds: 25, ping_timeout_seconds: 60, max_payload_bytes: 65_536 }
    }
}
