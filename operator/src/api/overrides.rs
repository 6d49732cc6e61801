//! What people may say about a pod beyond the fields of its own.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A piece of a pod's template, merged over the one that the operator makes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PodOverrides(pub Map<String, Value>);

impl JsonSchema for PodOverrides {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PodOverrides".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "maxProperties": 2,
            "x-kubernetes-preserve-unknown-fields": true,
        })
    }
}
