//! Kubernetes objects out of YAML.

use anyhow::Context;
use serde_json::Value;

/// The objects of a text with several documents; empty documents are none.
///
/// # Errors
/// It is no YAML.
pub fn objects(text: &str) -> anyhow::Result<Vec<Value>> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).context("this is no YAML")?;
    Ok(documents.into_iter().filter(|document| !document.is_null()).collect())
}

/// An object's kind, or nothing where it says none.
pub fn kind(object: &Value) -> &str {
    text(object, "/kind")
}

/// An object's name.
pub fn name(object: &Value) -> &str {
    text(object, "/metadata/name")
}

/// The text at a JSON pointer, or nothing where there is none.
pub fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The items at a JSON pointer; none where there is no list.
pub fn items<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    object.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The texts at a JSON pointer.
pub fn texts<'a>(object: &'a Value, pointer: &str) -> Vec<&'a str> {
    items(object, pointer).iter().filter_map(Value::as_str).collect()
}

/// The pod that an object makes, with the object's name; none of objects that make no pods.
pub fn pod(object: &Value) -> Option<&Value> {
    object.pointer("/spec/template/spec").filter(|_| matches!(kind(object), "Deployment" | "StatefulSet" | "Job"))
}

/// Every leaf of a document with its path, such as `images.operator.tag`. Lists and empty maps are leaves.
pub fn leaves(document: &Value) -> Vec<(String, Value)> {
    fn walk(path: &str, value: &Value, found: &mut Vec<(String, Value)>) {
        match value.as_object().filter(|fields| !fields.is_empty()) {
            None => found.push((path.to_owned(), value.clone())),
            Some(fields) => {
                for (name, field) in fields {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    walk(&path, field, found);
                }
            }
        }
    }
    let mut found = Vec::new();
    walk("", document, &mut found);
    found
}
