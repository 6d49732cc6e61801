//! Who may reach the platform's pods.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::{StringMap, Switch, schema};

/// NetworkPolicies of the platform: every edge between its roles and no other. The cluster's network must enforce them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct NetworkPolicy {
    /// Whether they are made.
    pub mode: NetworkPolicyMode,
    /// Who may reach the gateway and the events role, such as the namespace of the ingress controller; without any,
    /// everybody.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "atomic"))]
    pub gateway_from: Vec<Selector>,
    /// Labels of the namespace whose pods may read metrics; without any, nobody outside of the platform.
    #[serde(skip_serializing_if = "StringMap::is_empty")]
    #[schemars(schema_with = "schema::labels")]
    pub monitoring_namespace_labels: StringMap,
}

/// Whether NetworkPolicies are made.
pub type NetworkPolicyMode = Switch;

/// Pods by their labels and those of their namespace; at least one of both.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {"rule": "has(self.namespaceLabels) || has(self.podLabels)", "message": "set namespaceLabels, podLabels or both"},
]))]
pub struct Selector {
    /// Labels of their namespace; without any, the platform's own namespace.
    #[serde(skip_serializing_if = "StringMap::is_empty")]
    #[schemars(schema_with = "schema::labels")]
    pub namespace_labels: StringMap,
    /// Labels of the pods; without any, all pods.
    #[serde(skip_serializing_if = "StringMap::is_empty")]
    #[schemars(schema_with = "schema::labels")]
    pub pod_labels: StringMap,
}
