//! Parts of the schema that types alone do not give.

use schemars::{Schema, SchemaGenerator, json_schema};

/// An amount such as `10Gi` or `2`. The length bounds what its rules may cost the API server.
pub(super) fn quantity(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "x-kubernetes-int-or-string": true,
        "maxLength": 24,
        "minimum": 0,
        "pattern": r"^[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+|[KMGTPE]i|[numkMGTPE])?$",
    })
}

/// A number of pods, or a part of them such as `25%`.
pub(super) fn int_or_percent(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "x-kubernetes-int-or-string": true,
        "maxLength": 4,
        "minimum": 0,
        "pattern": "^(100|[1-9]?[0-9])%$",
    })
}

/// Labels as objects and nodes have them.
pub(super) fn labels(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 32,
        "additionalProperties": {
            "type": "string",
            "maxLength": 63,
            "pattern": "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$",
        },
        "x-kubernetes-validations": [KEYS_RULE.schema()],
    })
}

/// Labels that people add to pods: the operator finds pods by its own.
pub(super) fn own_labels(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = labels(generator);
    schema.insert("x-kubernetes-validations".to_owned(), [KEYS_RULE, FOREIGN_RULE].map(Rule::schema).into());
    schema
}

/// Annotations.
pub(super) fn annotations(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 32,
        "additionalProperties": { "type": "string", "maxLength": 8192 },
        "x-kubernetes-validations": [KEYS_RULE.schema()],
    })
}

/// Tolerations, as pods have them.
pub(super) fn tolerations(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "maxItems": 16,
        "x-kubernetes-list-type": "atomic",
        "items": {
            "type": "object",
            "description": "A taint that does not matter, as a pod names it.",
            "properties": {
                "key": {
                    "description": "The taint's key; without it every taint, where the operator is `Exists`.",
                    "type": "string",
                    "maxLength": 316,
                },
                "operator": {
                    "description": "`Equal` where the value matters, which is the default, else `Exists`.",
                    "type": "string",
                    "enum": ["Equal", "Exists"],
                },
                "value": { "description": "The taint's value.", "type": "string", "maxLength": 63 },
                "effect": {
                    "description": "The taint's effect; without it every effect.",
                    "type": "string",
                    "enum": ["NoSchedule", "PreferNoSchedule", "NoExecute"],
                },
                "tolerationSeconds": {
                    "description": "How long a pod stays, where the effect is `NoExecute`; without it for ever.",
                    "type": "integer",
                    "format": "int64",
                },
            },
        },
    })
}

/// A rule in CEL, and what people are told where it does not hold.
#[derive(Clone, Copy)]
struct Rule {
    rule: &'static str,
    message: &'static str,
}

impl Rule {
    fn schema(self) -> serde_json::Value {
        serde_json::json!({ "rule": self.rule, "message": self.message })
    }
}

const KEYS_RULE: Rule = Rule {
    rule: "self.all(k, !format.qualifiedName().validate(k).hasValue())",
    message: "a key is not one: use letters, digits, -, _ and ., with a DNS name and a / before it if need be",
};
const FOREIGN_RULE: Rule = Rule {
    rule: "self.all(k, !k.startsWith('photoplatform.io/') && !k.startsWith('app.kubernetes.io/'))",
    message: "labels of photoplatform.io and app.kubernetes.io are the operator's own: use other keys",
};
