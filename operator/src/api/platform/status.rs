//! What is known of a platform.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::{Condition, ScalingStatus};

/// What is known of the platform.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct PhotoPlatformStatus {
    /// The generation of the spec that this status is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// What holds and what does not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
    /// The version of the operator that made the platform what it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub version: Option<String>,
    /// Its parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub components: Vec<Component>,
    /// Where it is reached inside of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<Endpoints>,
    /// Its pipelines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipelines: Option<PipelineCount>,
    /// What its data is kept on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub volumes: Vec<Volume>,
    /// How its events role follows its connections, and what else would help it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling: Option<ScalingStatus>,
}

/// A part of the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Component {
    /// Its name: `redis`, `store`, `metadata`, `gateway`, `events`.
    #[schemars(length(max = 63))]
    pub name: String,
    /// Pods that it should have.
    pub desired: i32,
    /// Pods that are ready.
    pub ready: i32,
    /// Pods that are as they should be by now.
    pub updated: i32,
    /// The image of its container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub image: Option<String>,
}

/// Where the platform is reached inside of the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Endpoints {
    /// The API and the web page.
    #[schemars(length(max = 512))]
    pub gateway: String,
    /// Socket.IO.
    #[schemars(length(max = 512))]
    pub event_bus: String,
}

/// A claim of a volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Volume {
    /// Its name.
    #[schemars(length(max = 253))]
    pub name: String,
    /// The size that it asks for.
    #[schemars(length(max = 63))]
    pub requested: String,
    /// The size that its volume has; while it grows, less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub capacity: Option<String>,
}

/// The platform's pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PipelineCount {
    /// All that name the platform.
    pub total: i32,
    /// Those that are ready.
    pub ready: i32,
}
