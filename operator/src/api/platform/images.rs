//! Images of the platform's containers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::SecretRef;

/// The images of the platform's containers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Images {
    /// When nodes pull them.
    pub pull_policy: PullPolicy,
    /// Secrets of the registries that they are pulled from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub pull_secrets: Vec<SecretRef>,
    /// The image of the api, storage and events roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub gateway: Option<String>,
    /// The image of workers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub worker: Option<String>,
    /// The image of a managed Redis. It must hold `redis-server` of version 7 or newer, or one that is compatible.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub redis: Option<String>,
    /// The image of a managed object store. It must hold `minio`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub object_store: Option<String>,
}

/// When a node pulls an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum PullPolicy {
    /// Each time a container starts.
    Always,
    /// Where it does not have it.
    #[default]
    IfNotPresent,
    /// Never: it must have it.
    Never,
}

impl PullPolicy {
    /// As a container says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Always => "Always",
            Self::IfNotPresent => "IfNotPresent",
            Self::Never => "Never",
        }
    }
}
