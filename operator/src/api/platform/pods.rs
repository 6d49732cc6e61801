//! What holds for every pod.

use k8s_openapi::api::core::v1::Toleration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::{StringMap, schema};

/// What holds for every pod of the platform and its pipelines.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct PodDefaults {
    /// Labels beside the operator's own.
    #[serde(skip_serializing_if = "StringMap::is_empty")]
    #[schemars(schema_with = "schema::own_labels")]
    pub labels: StringMap,
    /// Annotations beside the operator's own.
    #[serde(skip_serializing_if = "StringMap::is_empty")]
    #[schemars(schema_with = "schema::annotations")]
    pub annotations: StringMap,
    /// Labels that a node must have.
    #[serde(skip_serializing_if = "StringMap::is_empty")]
    #[schemars(schema_with = "schema::labels")]
    pub node_selector: StringMap,
    /// Taints of nodes that do not matter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::tolerations")]
    pub tolerations: Vec<Toleration>,
    /// Over what pods of one component are spread, as far as there is room.
    pub topology_spread: TopologySpread,
    /// Their PriorityClass.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub priority_class_name: Option<String>,
    /// Their RuntimeClass.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub runtime_class_name: Option<String>,
}

/// Over what pods of one component are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum TopologySpread {
    /// Over zones.
    #[default]
    Zone,
    /// Over nodes.
    Host,
    /// Over nothing.
    None,
}
