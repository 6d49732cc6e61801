//! For tests: what the schema of a status promises and a status does not tell.

use serde_json::Value;

/// The values in the schema of a kind's status that `status` does not have.
pub(crate) fn unset(kind: &str, status: &Value) -> Vec<String> {
    let definitions = super::custom_resource_definitions().unwrap();
    let definition = definitions.iter().find(|definition| definition["spec"]["names"]["kind"] == kind).unwrap();
    let schema = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"];
    let mut unset = Vec::new();
    compare("status", schema, Some(status), &mut unset);
    unset
}

fn compare(path: &str, schema: &Value, value: Option<&Value>, unset: &mut Vec<String>) {
    if let Some(fields) = schema.get("properties").and_then(Value::as_object) {
        for (name, field) in fields {
            compare(&format!("{path}.{name}"), field, value.and_then(|value| value.get(name)), unset);
        }
    } else if let Some(items) = schema.get("items") {
        compare(&format!("{path}[]"), items, value.and_then(|value| value.get(0)), unset);
    } else if value.is_none() {
        unset.push(path.to_owned());
    }
}
