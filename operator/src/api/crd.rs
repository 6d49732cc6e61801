//! The two CustomResourceDefinitions, as they are in `crds/` and in the chart.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;
use serde_json::{Value, json};

use super::{PhotoPlatform, ProcessingPipeline};

/// Both definitions, as JSON: the schema as Kubernetes' own conventions want it.
///
/// # Errors
/// The schema can't be written as JSON, which is a fault of the program.
pub fn custom_resource_definitions() -> Result<[Value; 2], serde_json::Error> {
    Ok([plain(&PhotoPlatform::crd())?, plain(&ProcessingPipeline::crd())?])
}

/// The file of a definition in `crds/`: `photoplatforms.yaml`.
pub fn file_name(definition: &Value) -> Option<String> {
    Some(format!("{}.yaml", definition.pointer("/spec/names/plural")?.as_str()?))
}

/// Names of both kinds: DNS labels that leave room for the names of parts.
const NAME_RULE: [&str; 2] = [
    "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$') && size(self.metadata.name) <= 40",
    "metadata.name must be 1 to 40 of a-z, 0-9 and -, begin with a letter and end with a letter or digit: \
     the names of its parts are longer",
];

fn plain(definition: &CustomResourceDefinition) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(definition)?;
    tidy(&mut value);
    let [rule, message] = NAME_RULE;
    let schema = value.pointer_mut("/spec/versions/0/schema/openAPIV3Schema").and_then(Value::as_object_mut);
    if let Some(schema) = schema {
        schema.insert("x-kubernetes-validations".to_owned(), json!([{"rule": rule, "message": message}]));
    }
    Ok(value)
}

/// A field that is left out is not null, and a number is an integer of 32 or 64 bits: what Rust's types add is removed.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, field| match name.as_str() {
                "nullable" => !field.is_boolean(),
                "format" => !field.as_str().is_some_and(|format| format.starts_with("uint")),
                _ => true,
            });
            fields.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
