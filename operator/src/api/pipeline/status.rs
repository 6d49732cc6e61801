//! What is known of a pipeline.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::Condition;

/// What is known of the pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct ProcessingPipelineStatus {
    /// The generation of the spec that this status is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// What holds and what does not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
    /// Its workers.
    pub replicas: i32,
    /// Its workers that are ready.
    pub ready_replicas: i32,
    /// The workers that it is to have, where the operator has looked at its queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired_replicas: Option<i32>,
    /// Its queue, as it was last told. What is exact is in the metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueStatus>,
    /// How its workers follow its queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling: Option<ScalingStatus>,
    /// Which pods are its workers, for autoscalers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub selector: Option<String>,
    /// The image of its workers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub worker_image: Option<String>,
    /// Which configuration its workers have.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub config_hash: Option<String>,
}

/// The numbers of a queue.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct QueueStatus {
    /// Photos that a worker could begin with, without a priority.
    pub waiting: i64,
    /// Photos that a worker could begin with, by priority.
    pub prioritized: i64,
    /// Photos that workers have.
    pub active: i64,
    /// Photos that are tried again later.
    pub delayed: i64,
    /// Jobs that ended badly and are still remembered.
    pub failed: i64,
    /// Seconds that the oldest photo has waited, when these numbers were read; none where nothing waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_seconds: Option<i64>,
    /// When these numbers were first read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub observed_at: Option<Timestamp>,
}

/// How pods follow their load.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct ScalingStatus {
    /// When the operator last changed the number of pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub last_scale_time: Option<Timestamp>,
    /// Why there are to be so many, or why they stay as many as they are.
    #[schemars(length(max = 64))]
    pub reason: String,
    /// What the load asks for, whoever chooses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["component"]))]
    pub recommendations: Vec<ScalingRecommendation>,
}

/// How many pods a component should have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScalingRecommendation {
    /// Which component.
    #[schemars(length(max = 63))]
    pub component: String,
    /// Pods that it has.
    pub current: i32,
    /// Pods that its load asks for, within its bounds.
    pub recommended: i32,
    /// Why. Of the storage role, which is always one pod: `VolumeNearlyFull` (let `metadata.storage.size` grow) or
    /// `UnreferencedObjects` (look at `metadata.consistency.cleanup`).
    #[schemars(length(max = 64))]
    pub reason: String,
    /// How much the estimates behind it are worth, in percent.
    pub confidence_percent: i32,
    /// How much would change: `Low`, `Medium` or `High`.
    #[schemars(length(max = 16))]
    pub impact: String,
}
