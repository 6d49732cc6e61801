//! What is in a namespace, without whatever differs each time it is made: so that two ways to the same state compare.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use kube::{
    Api, Client,
    api::{ApiResource, DynamicObject, ListParams},
    core::GroupVersionKind,
};
use photo_operator::children::ChildKind;
use serde_json::{Value, json};

/// Every object by its kind and name.
#[derive(Debug, Clone, PartialEq)]
pub struct Contents(BTreeMap<String, Value>);

/// Fields that the API server or time chooses, wherever they are.
const CHOSEN: [&str; 9] = [
    "resourceVersion",
    "creationTimestamp",
    "time",
    "lastTransitionTime",
    "lastScaleTime",
    "observedAt",
    "clusterIP",
    "clusterIPs",
    "nodePort",
];
/// Annotations that are made of such fields.
const DERIVED: [&str; 3] = ["photoplatform.io/rendered", "photoplatform.io/secrets", "photoplatform.io/config"];
/// Whose fields are compared; other managers write when they like.
const OUR_MANAGERS: &str = "photo-operator";

impl Contents {
    /// What is there now: custom resources, children, Secrets without their values, volume claims.
    ///
    /// # Errors
    /// The API server does not answer.
    pub async fn of(client: &Client, namespace: &str) -> anyhow::Result<Self> {
        let mut objects = Vec::new();
        for resource in resources() {
            let api = Api::<DynamicObject>::namespaced_with(client.clone(), namespace, &resource);
            let listed = api.list(&ListParams::default()).await.with_context(|| resource.plural.clone())?;
            for object in listed {
                let name = object.metadata.name.clone().unwrap_or_default();
                objects.push((resource.kind.clone(), name, serde_json::to_value(object)?));
            }
        }
        let uids: Vec<(String, String)> = objects
            .iter()
            .filter_map(|(kind, name, object)| {
                let uid = object.pointer("/metadata/uid")?.as_str()?;
                Some((uid.to_owned(), format!("<uid of the {kind} {name}>")))
            })
            .collect();
        let normal = objects.into_iter().map(|(kind, name, mut object)| {
            normalize(&kind, &mut object);
            let mut text = object.to_string().replace(namespace, "<namespace>");
            for (uid, named) in &uids {
                text = text.replace(uid, named);
            }
            Ok((format!("{kind} {name}"), serde_json::from_str(&without_uids(&text))?))
        });
        Ok(Self(normal.collect::<anyhow::Result<_>>()?))
    }

    /// The names of all objects, such as `Deployment photos-gateway`.
    pub fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// What is different in `other`, a line for each field.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        compare("", Some(&json!(self.0)), Some(&json!(other.0)), &mut found);
        found
    }
}

fn resources() -> Vec<ApiResource> {
    let other = |group: &str, version: &str, kind: &str, plural: &str| {
        ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, kind), plural)
    };
    let children = ChildKind::ALL.into_iter().filter(|kind| !kind.is_optional()).map(ChildKind::resource);
    children
        .chain([
            other("", "v1", "Secret", "secrets"),
            other("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
            other("photoplatform.io", "v1alpha1", "PhotoPlatform", "photoplatforms"),
            other("photoplatform.io", "v1alpha1", "ProcessingPipeline", "processingpipelines"),
        ])
        .collect()
}

fn normalize(kind: &str, object: &mut Value) {
    if !matches!(kind, "PhotoPlatform" | "ProcessingPipeline")
        && let Some(fields) = object.as_object_mut()
    {
        // Its controller's, and that has its own time.
        fields.remove("status");
    }
    if kind == "Secret"
        && let Some(values) = object.get_mut("data").and_then(Value::as_object_mut)
    {
        for value in values.values_mut() {
            *value = json!(value.as_str().unwrap_or_default().len());
        }
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("uid");
    }
    if let Some(managers) = object.pointer_mut("/metadata/managedFields").and_then(Value::as_array_mut) {
        managers.retain(|entry| entry["manager"].as_str().is_some_and(|name| name.starts_with(OUR_MANAGERS)));
        managers.sort_by_key(|entry| format!("{} {}", entry["manager"], entry["operation"]));
    }
    forget_chosen(object);
}

fn forget_chosen(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !CHOSEN.contains(&name.as_str()));
            for (name, field) in fields {
                // Where it is the name of a field that somebody manages, it stays as it is.
                if DERIVED.contains(&name.as_str()) && field.is_string() {
                    *field = json!("<derived>");
                } else {
                    forget_chosen(field);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(forget_chosen),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The text without uids of objects that are gone.
fn without_uids(text: &str) -> String {
    const LENGTH: usize = 36;
    const DASHES: [usize; 4] = [8, 13, 18, 23];
    let is_uid = |part: &str| {
        part.bytes()
            .enumerate()
            .all(|(place, byte)| if DASHES.contains(&place) { byte == b'-' } else { byte.is_ascii_hexdigit() })
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match rest.get(..LENGTH) {
            Some(part) if is_uid(part) => {
                out.push_str("<uid of something gone>");
                rest = rest.get(LENGTH..).unwrap_or_default();
            }
            Some(_) | None => {
                out.push(first);
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
    }
    out
}

fn compare(path: &str, one: Option<&Value>, other: Option<&Value>, found: &mut Vec<String>) {
    match (one, other) {
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for name in names {
                compare(&format!("{path}/{name}"), one.get(name), other.get(name), found);
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) => {
            for place in 0..one.len().max(other.len()) {
                compare(&format!("{path}/{place}"), one.get(place), other.get(place), found);
            }
        }
        (one, other) if one == other => {}
        (one, other) => {
            let text = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
            found.push(format!("{path}: {} and {}", text(one), text(other)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_is_forgotten_and_what_is_said_stays() {
        let mut object = json!({
            "metadata": {"uid": "1", "resourceVersion": "7", "annotations": {"photoplatform.io/rendered": "a", "b": "c"},
                "ownerReferences": [{"uid": "2"}],
                "managedFields": [{"manager": "kubectl"}, {"manager": "photo-operator", "time": "now", "fieldsV1":
                    {"f:annotations": {"f:photoplatform.io/rendered": {}}}}]},
            "data": {"key": "c2VjcmV0"}, "status": {"replicas": 2},
        });
        normalize("Secret", &mut object);
        assert_eq!(
            object,
            json!({
                "metadata": {"annotations": {"photoplatform.io/rendered": "<derived>", "b": "c"},
                    "ownerReferences": [{"uid": "2"}],
                    "managedFields": [{"manager": "photo-operator", "fieldsV1":
                        {"f:annotations": {"f:photoplatform.io/rendered": {}}}}]},
                "data": {"key": 8},
            })
        );
    }

    #[test]
    fn a_uid_is_found_in_the_middle_of_a_text() {
        let text = "é 00000000-0000-4000-8000-000000000001, 00000000-0000-4000-8000";
        assert_eq!(without_uids(text), "é <uid of something gone>, 00000000-0000-4000-8000");
    }

    #[test]
    fn a_difference_names_its_field() {
        let contents = |value: Value| Contents(BTreeMap::from([("Service a".to_owned(), value)]));
        let one = contents(json!({"spec": {"ports": [1, 2]}}));
        assert_eq!(one.differences(&one), Vec::<String>::new());
        let other = contents(json!({"spec": {"ports": [1]}}));
        assert_eq!(one.differences(&other), ["/Service a/spec/ports/1: 2 and nothing"]);
    }
}
