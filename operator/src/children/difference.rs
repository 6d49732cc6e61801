//! Whether an object is as it should be: every field that we render has that value, whatever else is there.

use serde_json::{Map, Value};

use crate::amount;

/// Whether an object has every field of `rendered` with its value. Fields that are not rendered belong to others. Its kind
/// is what it was asked for by: objects that came in a list do not tell it.
pub(super) fn is_as_rendered(rendered: &Value, live: &Value) -> bool {
    let (Value::Object(rendered), Value::Object(live)) = (rendered, live) else { return false };
    let mut fields = rendered.iter().filter(|(name, _)| !matches!(name.as_str(), "apiVersion" | "kind"));
    fields.all(|(name, field)| is_field_as_rendered(name, field, live))
}

fn has_value(rendered: &Value, live: &Value) -> bool {
    match (rendered, live) {
        (Value::Object(rendered), Value::Object(live)) => {
            rendered.iter().all(|(name, field)| is_field_as_rendered(name, field, live))
        }
        (Value::Array(rendered), Value::Array(live)) => is_list_as_rendered(rendered, live),
        (rendered, live) => rendered == live,
    }
}

/// What is empty is not stored, so it is as rendered where it is missing.
fn is_field_as_rendered(name: &str, rendered: &Value, live: &Map<String, Value>) -> bool {
    match live.get(name) {
        Some(live) => has_value(rendered, live) || amount::are_equal(rendered, live),
        None => match rendered {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            Value::Bool(value) => !value,
            Value::Number(_) | Value::String(_) => false,
        },
    }
}

/// Lists of named items are compared by name, since others may have added some; all others as a whole.
fn is_list_as_rendered(rendered: &[Value], live: &[Value]) -> bool {
    let name = |item: &Value| item.get("name").and_then(Value::as_str).map(str::to_owned);
    if !rendered.is_empty() && rendered.iter().all(|item| name(item).is_some()) {
        return rendered.iter().all(|item| {
            let same = live.iter().find(|other| name(other) == name(item));
            same.is_some_and(|live| has_value(item, live))
        });
    }
    rendered.len() == live.len() && rendered.iter().zip(live).all(|(rendered, live)| has_value(rendered, live))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::is_as_rendered;

    #[test]
    fn what_others_added_does_not_matter_and_what_we_set_does() {
        let rendered =
            json!({"spec": {"replicas": 2, "containers": [{"name": "a", "image": "x", "args": ["1", "2"]}]}});
        let mut live = json!({
            "spec": {
                "replicas": 2,
                "paused": true,
                "containers": [
                    {"name": "sidecar", "image": "y"},
                    {"name": "a", "image": "x", "args": ["1", "2"], "terminationMessagePath": "/dev/termination-log"},
                ],
            },
            "status": {"replicas": 1},
        });
        assert!(is_as_rendered(&rendered, &live));
        live["spec"]["containers"][1]["args"] = json!(["1"]);
        assert!(!is_as_rendered(&rendered, &live));
    }

    #[test]
    fn amounts_are_equal_in_whatever_form_they_are_written() {
        let rendered = json!({"limits": {"cpu": "1000m", "memory": "1024Mi"}, "requests": {"cpu": "0.5"}});
        assert!(is_as_rendered(
            &rendered,
            &json!({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}})
        ));
        assert!(!is_as_rendered(
            &rendered,
            &json!({"limits": {"cpu": "2", "memory": "1Gi"}, "requests": {"cpu": "500m"}})
        ));
    }

    #[test]
    fn what_is_empty_is_not_stored() {
        assert!(is_as_rendered(&json!({"podSelector": {}, "ingress": [], "tty": false}), &json!({})));
        assert!(!is_as_rendered(&json!({"port": 0}), &json!({})));
    }

    #[test]
    fn an_object_of_a_list_does_not_tell_its_kind() {
        let rendered = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1"}});
        assert!(is_as_rendered(&rendered, &json!({"data": {"a": "1"}})));
        assert!(!is_as_rendered(&rendered, &json!({"data": {"a": "2"}})));
    }
}
