//! The two CustomResourceDefinitions, as they are in `crds/` and in the chart.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;
use serde_json::{Value, json};

use super::{PhotoPlatform, ProcessingPipeline, name};

/// Both definitions, as JSON: the schema as Kubernetes' own conventions want it.
///
/// # Errors
/// The schema can't be written as JSON, which is a fault of the program.
pub fn custom_resource_definitions() -> Result<[Value; 2], serde_json::Error> {
    Ok([plain(&PhotoPlatform::crd())?, plain(&ProcessingPipeline::crd())?])
}

/// Both files of `crds/`: name and text.
///
/// # Errors
/// A schema can't be written, which is a fault of the program.
pub fn definition_files() -> Result<Vec<(String, String)>, NotWritten> {
    let mut files = Vec::new();
    for definition in custom_resource_definitions()? {
        let plural = definition.pointer("/spec/names/plural").and_then(Value::as_str).ok_or(NotWritten::Nameless)?;
        let text = serde_saphyr::to_string(&definition)?;
        files.push((format!("{plural}.yaml"), format!("{HEADER}{text}")));
    }
    Ok(files)
}

const HEADER: &str = "# Written by `make crds` from operator/src/api: change it there.\n";

/// A definition can't be written, which is a fault of the program.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's text is its documentation")]
pub enum NotWritten {
    #[error("the definition has no plural")]
    Nameless,
    #[error("the definition can't be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error("the definition can't be written as YAML")]
    Yaml(#[from] serde_saphyr::ser::Error),
}

fn plain(definition: &CustomResourceDefinition) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(definition)?;
    tidy(&mut value);
    let schema = value.pointer_mut("/spec/versions/0/schema/openAPIV3Schema").and_then(Value::as_object_mut);
    if let Some(schema) = schema {
        let named = json!([{ "rule": name::RULE, "message": name::WORDS, "fieldPath": ".metadata.name" }]);
        schema.insert("x-kubernetes-validations".to_owned(), named);
        // Without it the path above is none, and people are told of `<nil>`.
        let metadata = json!({ "type": "object", "properties": { "name": { "type": "string" } } });
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            properties.insert("metadata".to_owned(), metadata);
        }
    }
    Ok(value)
}

/// A field that is left out is not null, and a number is an integer of 32 or 64 bits, as its bounds are: what Rust's
/// types add is removed.
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
        Value::Number(number) => {
            if let Some(whole) = number.to_string().strip_suffix(".0").and_then(|whole| whole.parse::<i64>().ok()) {
                *number = whole.into();
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}
