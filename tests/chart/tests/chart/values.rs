//! Every value has an effect, a place in the schema and a row in the README.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use photo_chart::{helm::Helm, manifest::leaves, repository};
use serde_json::Value;

use crate::cases::values_of;

fn document(file: &str) -> Value {
    serde_saphyr::from_str(&fs::read_to_string(repository::chart(file)).unwrap()).unwrap()
}

fn defaults() -> BTreeMap<String, Value> {
    leaves(&document("values.yaml")).into_iter().collect()
}

/// What has to be set too, so that the value can show its effect.
fn needed(path: &str) -> &'static [&'static str] {
    match path {
        "serviceAccount.create" => &["--set", "serviceAccount.name=there"],
        "metrics.serviceMonitor.interval" | "metrics.serviceMonitor.labels" => {
            &["--set", "metrics.serviceMonitor.enabled=true"]
        }
        _ => &[],
    }
}

/// Another value than the default.
fn other(path: &str, default: &Value) -> String {
    let text = match path {
        "images.pullPolicy" => "\"Always\"",
        "images.pullSecrets" => "[{\"name\":\"registry\"}]",
        "logging.format" => "\"text\"",
        "tolerations" => "[{\"operator\":\"Exists\"}]",
        "affinity" => "{\"podAntiAffinity\":{\"a\":1}}",
        "networkPolicy.apiServer.cidrs" => "[\"192.0.2.0/24\"]",
        "networkPolicy.apiServer.ports" => "[8443]",
        "watchNamespaces" => "[\"team-a\"]",
        "metrics.serviceMonitor.interval" => "\"15s\"",
        path if path.ends_with(".digest") => {
            "\"sha256:3333333333333333333333333333333333333333333333333333333333333333\""
        }
        path if path.starts_with("resources.") => "\"3\"",
        _ => match default {
            Value::Bool(true) => "false",
            Value::Bool(false) => "true",
            Value::Number(_) => "4",
            Value::Object(_) => "{\"example.org/a\":\"b\"}",
            Value::Null | Value::String(_) | Value::Array(_) => "\"other\"",
        },
    };
    text.to_owned()
}

/// The chart with these settings. The definitions are left out where they do not matter: they are most of the text.
fn with(path: &str, settings: &[&str]) -> String {
    let short: &[&str] = if path.starts_with("crds.") { &[] } else { &["--set", "crds.enabled=false"] };
    let rendered = Helm::Four.template(&values_of("cluster"), &[short, settings].concat());
    rendered.unwrap_or_else(|error| panic!("{settings:?}: {error}"))
}

#[test]
fn every_value_changes_what_is_rendered() {
    let plain = with("", &[]);
    let whole = with("crds.", &[]);
    for (path, default) in defaults() {
        let setting = format!("{path}={}", other(&path, &default));
        let after = with(&path, &[needed(&path), &["--set-json", &setting]].concat());
        let before = match path.as_str() {
            "metrics.serviceMonitor.interval" | "metrics.serviceMonitor.labels" => with(&path, needed(&path)),
            "crds.enabled" | "crds.keep" => whole.clone(),
            _ => plain.clone(),
        };
        assert!(before != after, "the value {path} is read by nothing");
    }
}

/// Paths of a schema's properties that are no maps of their own.
fn of_schema(schema: &Value, path: &str, root: &Value, found: &mut BTreeSet<String>) {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|name| root.pointer(name.trim_start_matches('#')));
    let schema = target.unwrap_or(schema);
    match schema.get("properties").and_then(Value::as_object).filter(|_| path != "affinity") {
        None => drop(found.insert(path.to_owned())),
        Some(properties) => {
            assert_eq!(schema["additionalProperties"], false, "{path} takes names that nobody reads");
            for (name, property) in properties {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                of_schema(property, &path, root, found);
            }
        }
    }
}

#[test]
fn the_schema_knows_the_values_and_no_others() {
    let schema = document("values.schema.json");
    let mut known = BTreeSet::new();
    of_schema(&schema, "", &schema, &mut known);
    for given_by_helm in ["enabled", "global"] {
        assert!(known.remove(given_by_helm));
    }
    assert_eq!(known, defaults().into_keys().collect());
}

#[test]
fn the_table_of_everything_is_another_in_every_value() {
    let ours: BTreeMap<String, Value> = leaves(&document("tests/values/everything.yaml")).into_iter().collect();
    let unset = defaults().into_iter().filter(|(path, default)| {
        let is_set = ours.iter().any(|(name, value)| {
            let inside = name.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('.'));
            (name == path || inside) && value != default
        });
        // Either way of these is rendered elsewhere.
        let last = path.rsplit('.').next().unwrap_or_default();
        let switch = default.is_boolean() || ["tag", "digest", "registry"].contains(&last);
        !is_set && !switch
    });
    assert_eq!(unset.map(|(path, _)| path).collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn the_readme_lists_every_value_with_its_default() {
    let readme = fs::read_to_string(repository::chart("README.md")).unwrap();
    let table = readme.split("## Values").nth(1).unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `") && line.matches('|').count() == 4);
    let listed: BTreeMap<&str, &str> = rows
        .filter_map(|row| {
            let mut cells = row.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`'));
            Some((cells.next()?, cells.next()?))
        })
        .collect();
    for (path, default) in defaults() {
        let default = default.to_string();
        assert_eq!(listed.get(path.as_str()), Some(&default.as_str()), "README: the row of `{path}`");
    }
    assert_eq!(listed.len(), defaults().len(), "README: a row of a value that is gone");
}
