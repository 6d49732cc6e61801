//! Amounts: of processor and memory that a container gets, of disk that a volume has.

use std::collections::BTreeMap;

use k8s_openapi::{api::core::v1::ResourceRequirements, apimachinery::pkg::api::resource::Quantity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema;

/// What a container asks for and may use.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {"rule": "!(has(self.requests) && has(self.limits) && has(self.requests.cpu) && has(self.limits.cpu) && isQuantity(string(self.requests.cpu)) && isQuantity(string(self.limits.cpu))) || quantity(string(self.requests.cpu)).compareTo(quantity(string(self.limits.cpu))) <= 0", "message": "requests.cpu may not be above limits.cpu"},
    {"rule": "!(has(self.requests) && has(self.limits) && has(self.requests.memory) && has(self.limits.memory) && isQuantity(string(self.requests.memory)) && isQuantity(string(self.limits.memory))) || quantity(string(self.requests.memory)).compareTo(quantity(string(self.limits.memory))) <= 0", "message": "requests.memory may not be above limits.memory"},
]))]
pub struct Resources {
    /// What the scheduler keeps free for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<Amounts>,
    /// What it may not exceed: processor time is throttled, a process that needs more memory is ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Amounts>,
}

/// Amounts of processor and memory.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Amounts {
    /// Processors, such as `500m` or `2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::quantity")]
    pub cpu: Option<Quantity>,
    /// Bytes of memory, such as `512Mi`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::quantity")]
    pub memory: Option<Quantity>,
}

impl Resources {
    /// These over `defaults`: what is named here holds, the rest is the default.
    pub fn over(&self, defaults: &Self) -> ResourceRequirements {
        let merged = |own: &Option<Amounts>, default: &Option<Amounts>| {
            let (own, default) = (own.clone().unwrap_or_default(), default.clone().unwrap_or_default());
            let named = [("cpu", own.cpu.or(default.cpu)), ("memory", own.memory.or(default.memory))];
            let amounts: BTreeMap<String, Quantity> =
                named.into_iter().filter_map(|(name, amount)| Some((name.to_owned(), amount?))).collect();
            (!amounts.is_empty()).then_some(amounts)
        };
        ResourceRequirements {
            requests: merged(&self.requests, &defaults.requests),
            limits: merged(&self.limits, &defaults.limits),
            claims: None,
        }
    }
}

/// A volume of one pod.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {"rule": "has(self.storageClassName) == has(oldSelf.storageClassName) && (!has(self.storageClassName) || self.storageClassName == oldSelf.storageClassName)", "message": "storageClassName can't be changed: a volume keeps its class for life"},
    {"rule": "!isQuantity(string(self.size)) || quantity(string(self.size)).compareTo(quantity(string(oldSelf.size))) >= 0", "message": "size may only grow: a volume can't shrink without losing data"},
    {"rule": "!isQuantity(string(self.size)) || quantity(string(self.size)).isGreaterThan(quantity('0'))", "message": "size must be more than nothing"},
]))]
pub struct Storage {
    /// Its size, such as `10Gi`. It may grow where the storage class allows it, and never shrinks.
    #[schemars(schema_with = "schema::quantity")]
    pub size: Quantity,
    /// The storage class; without it the cluster's default. It can't be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub storage_class_name: Option<String>,
}

impl Storage {
    /// So much of the cluster's default class.
    pub(super) fn of(size: &str) -> Self {
        Self { size: Quantity(size.to_owned()), storage_class_name: None }
    }
}
