//! Parts of the schema that types alone do not give.

use schemars::{Schema, SchemaGenerator, json_schema};

/// An amount such as `10Gi` or `2`. The length bounds what its rules may cost the API server.
pub(super) fn quantity(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "x-kubernetes-int-or-string": true,
        "maxLength": 24,
        "pattern": r"^[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+|[KMGTPE]i|[numkMGTPE])?$",
    })
}

/// A number of pods, or a part of them such as `25%`.
pub(super) fn int_or_percent(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "x-kubernetes-int-or-string": true,
        "maxLength": 4,
        "pattern": "^[0-9]+%$",
    })
}
