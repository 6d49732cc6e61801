//! The pods that process photos.

use k8s_openapi::{api::core::v1::Toleration, apimachinery::pkg::util::intstr::IntOrString};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::{PodOverrides, Resources, StringMap, schema};

/// The pods that process photos.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Worker {
    /// Image; without it the platform's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub image: Option<String>,
    /// Photos at the same time in one pod.
    #[schemars(range(min = 1, max = 64))]
    pub concurrency: i32,
    /// Seconds that a stopping pod may take to finish what it has, before it hands the rest back.
    #[schemars(range(min = 1, max = 3600))]
    pub drain_timeout_seconds: i32,
    /// What its container gets. The memory limit is shared by the photos that it processes at the same time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    /// A piece of a pod's template (`metadata`, `spec`) that is merged over the one that the operator makes, as `kubectl
    /// patch` does. It may add neither volumes nor access to the host nor a service account, and pods keep to Pod Security
    /// `restricted`: what does not is refused, and the condition `OverridesAccepted` says why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_overrides: Option<PodOverrides>,
    /// Pods that may be away at the same time when nodes are drained: a number, or a part such as `25%`.
    #[schemars(schema_with = "schema::int_or_percent")]
    pub max_unavailable: IntOrString,
    /// Labels that a node must have, beside the platform's.
    #[serde(skip_serializing_if = "StringMap::is_empty")]
    #[schemars(schema_with = "schema::labels")]
    pub node_selector: StringMap,
    /// Taints of nodes that do not matter, beside the platform's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::tolerations")]
    pub tolerations: Vec<Toleration>,
}

impl Default for Worker {
    fn default() -> Self {
        Self {
            image: None,
            concurrency: 2,
            drain_timeout_seconds: 120,
            resources: None,
            pod_overrides: None,
            max_unavailable: IntOrString::String("25%".to_owned()),
            node_selector: StringMap::new(),
            tolerations: Vec::new(),
        }
    }
}
