//! Every field that is read changes something, and only where it should.

use std::collections::{BTreeMap, BTreeSet};

use photo_operator::{api, secrets::SecretVersions};
use serde_json::{Value, json};

use crate::{
    cases,
    sample::{self, Sample},
};

/// What a sample comes to, each part as text by its name: its children, and the policies that its pipelines and its events
/// role scale by, which are in no child.
fn effects(sample: &Sample) -> BTreeMap<String, String> {
    let children = sample.rendered().into_iter().map(|child| {
        let name = format!("{} {}", child.object["kind"].as_str().unwrap(), child.name);
        (name, format!("{child:?}"))
    });
    let policies =
        sample.policies().into_iter().map(|(name, policy)| (format!("Policy {name}"), format!("{policy:?}")));
    let of_events = ("Policy of events".to_owned(), format!("{:?}", sample.connection_policy()));
    children.chain(policies).chain([of_events]).collect()
}

/// The names of what differs between two samples.
fn changed(before: &BTreeMap<String, String>, after: &Sample) -> BTreeSet<String> {
    let after = effects(after);
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names.into_iter().filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

#[test]
fn every_field_changes_what_it_is_for() {
    for table in cases::tables() {
        let before = effects(&table.sample);
        for (field, value, expected) in &table.cases {
            let mut sample = table.sample.clone();
            let spec = &mut (table.document)(&mut sample)["spec"];
            let place = field.split('.').fold(spec, |place, name| match name.parse::<usize>() {
                Ok(index) => &mut place[index],
                Err(_) => &mut place[name],
            });
            assert_ne!(place, value, "{field} has that value already");
            *place = value.clone();
            let changed = changed(&before, &sample);
            assert!(changed.contains(*expected), "{field} changes {changed:?}, not {expected}");
        }
    }
}

/// A field that nobody reads promises what nobody keeps. What is here is in a table with what it changes.
#[test]
fn every_field_of_the_definitions_is_in_a_table() {
    let tables = cases::tables();
    for definition in api::custom_resource_definitions().unwrap() {
        let kind = definition["spec"]["names"]["kind"].as_str().unwrap();
        let schema = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
        let fields = tables.iter().filter(|table| table.kind == kind).flat_map(|table| &table.cases);
        let covered: BTreeSet<String> = fields.map(|(field, _, _)| leaf(schema, field)).collect();
        let mut leaves = BTreeSet::new();
        collect(String::new(), schema, &mut leaves);
        assert!(leaves.len() > 30, "{kind}: {leaves:?}");
        let bare: Vec<_> = leaves.difference(&covered).collect();
        assert!(bare.is_empty(), "{kind}: put each into a table of cases.rs, or take it out of the API: {bare:?}");
    }
}

/// What is in a part of a schema that is not a value itself: its fields, its items, the values of its keys.
fn contents(schema: &Value) -> Vec<(String, &Value)> {
    let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let mut contents: Vec<_> = fields.map(|(name, field)| (format!(".{name}"), field)).collect();
    contents.extend(schema.get("items").map(|items| ("[]".to_owned(), items)));
    contents.extend(schema.get("additionalProperties").map(|values| ("{}".to_owned(), values)));
    contents
}

fn collect(path: String, schema: &Value, leaves: &mut BTreeSet<String>) {
    let contents = contents(schema);
    if contents.is_empty() {
        leaves.insert(path);
        return;
    }
    for (name, content) in contents {
        collect(format!("{path}{name}"), content, leaves);
    }
}

/// The value of a schema that a field is.
fn leaf(schema: &Value, field: &str) -> String {
    let mut place = (String::new(), schema);
    for name in field.split('.') {
        let contents = contents(place.1);
        let found = contents.into_iter().find(|(part, _)| *part == format!(".{name}") || !part.starts_with('.'));
        let (part, schema) = found.unwrap_or_else(|| panic!("{field}: the API has no such field"));
        place = (place.0 + &part, schema);
    }
    assert!(contents(place.1).is_empty(), "{field} is no single value");
    place.0
}

#[test]
fn a_new_version_of_a_secret_restarts_who_has_it_and_nobody_else() {
    let mut sample = sample::everything();
    let before = effects(&sample);
    let mut restarted = |secret: &str| {
        sample.secrets = SecretVersions::from_iter([(secret.to_owned(), "2".to_owned())]);
        changed(&before, &sample).into_iter().collect::<Vec<_>>().join(", ")
    };
    assert_eq!(restarted("users"), "Deployment everything-events, Deployment everything-gateway");
    assert_eq!(
        restarted("everything-redis-auth"),
        "Deployment everything-events, Deployment large-worker, Deployment queued-worker, Deployment theirs-worker, \
         StatefulSet everything-metadata, StatefulSet everything-redis"
    );
    assert_eq!(restarted("somebody-elses"), "");
}

#[test]
fn a_new_configuration_restarts_the_pods_that_read_it() {
    let sample = sample::everything();
    let before = effects(&sample);
    let mut other = sample.clone();
    other.pipelines[0]["spec"]["queue"]["priority"] = json!(8);
    let changed = changed(&before, &other);
    assert_eq!(changed, BTreeSet::from(["ConfigMap large-worker", "Deployment large-worker"].map(str::to_owned)));
}

#[test]
fn a_new_image_of_a_mark_restarts_the_workers_that_lay_it_and_nobody_else() {
    let sample = sample::everything();
    let changed = changed(&effects(&sample), &Sample { images: "another image", ..sample.clone() });
    assert_eq!(changed, BTreeSet::from(["Deployment large-worker".to_owned()]));
}

#[test]
fn workers_find_the_images_of_their_own_marks_and_no_other_file_of_theirs() {
    let children = sample::everything().rendered();
    for child in children {
        let Some(template) = sample::template(&child) else { continue };
        let volumes = template["spec"]["volumes"].as_array().cloned().unwrap_or_default();
        let marks = volumes.iter().find(|volume| volume["name"] == "marks");
        assert_eq!(marks.is_some(), child.name == "large-worker", "{}", child.name);
        let Some(marks) = marks else { continue };
        let items = json!([{"key": "mark.png", "path": "logo/mark.png"}]);
        assert_eq!(marks["projected"]["sources"], json!([{"configMap": {"name": "logo", "items": items}}]));
        let container = sample::container(template);
        let mounts = container["volumeMounts"].as_array().unwrap();
        let mount = json!({"name": "marks", "mountPath": "/etc/photo/marks", "readOnly": true});
        assert!(mounts.contains(&mount), "{mounts:?}");
        let folder = json!({"name": "WATERMARK_FOLDER", "value": "/etc/photo/marks"});
        assert!(container["env"].as_array().unwrap().contains(&folder));
    }
}
