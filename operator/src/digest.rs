//! Short hashes by which two configurations are told apart.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// The hash of a value: 16 hexadecimal digits. The order of an object's fields does not matter.
pub(crate) fn of(value: &Value) -> String {
    let mut text = String::new();
    write_sorted(value, &mut text);
    of_bytes(text.as_bytes())
}

/// The hash of bytes: 16 hexadecimal digits.
pub(crate) fn of_bytes(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    hex::encode(digest.first_chunk::<8>().unwrap_or(&[0; 8]))
}

/// JSON with sorted fields. Whether a map of `serde_json` keeps an order depends on features of other crates.
fn write_sorted(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (name, field) in fields {
                push(text, &Value::from(name.as_str()));
                text.push(':');
                write_sorted(field, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_sorted(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => push(text, value),
    }
}

fn push(text: &mut String, value: &Value) {
    text.push_str(&value.to_string());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_may_come_in_any_order_and_items_may_not() {
        assert_eq!(
            of(&json!({"a": 1, "b": {"c": [1, 2], "d": "x"}})),
            of(&json!({"b": {"d": "x", "c": [1, 2]}, "a": 1}))
        );
        assert_ne!(of(&json!([1, 2])), of(&json!([2, 1])));
        assert_ne!(of(&json!({"a": "1"})), of(&json!({"a": 1})));
        assert_ne!(of(&json!(["a", "b"])), of(&json!(["a\",\"b"])));
        assert_eq!(of(&json!({})).len(), 16);
    }
}
