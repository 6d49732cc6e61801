//! The definitions in `crds/` are those of the program, and are as an API server and `kubectl explain` want them.

use std::{fs, path::Path};

use photo_operator::api;
use serde_json::Value;

/// What client-side `kubectl apply` keeps in an annotation may have 262144 bytes.
const LARGEST_BYTES: usize = 200_000;

#[test]
fn the_files_in_crds_are_what_the_program_writes() {
    let folder = Path::new(env!("REPOSITORY")).join("crds");
    for (name, text) in api::definition_files().unwrap() {
        let path = folder.join(&name);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap();
        assert!(committed == text, "crds/{name} is not what the program writes: `make crds` writes it");
    }
}

#[test]
fn a_definition_fits_where_kubectl_keeps_it() {
    for definition in api::custom_resource_definitions().unwrap() {
        let bytes = definition.to_string().len();
        assert!(bytes < LARGEST_BYTES, "{} has {bytes} bytes", definition["metadata"]["name"]);
    }
}

#[test]
fn every_part_of_a_schema_is_described_typed_and_bounded() {
    let mut faults = Vec::new();
    for definition in api::custom_resource_definitions().unwrap() {
        let kind = definition["spec"]["names"]["kind"].as_str().unwrap();
        let schema = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        for part in ["spec", "status"] {
            judge(&format!("{kind}.{part}"), &schema["properties"][part], &mut faults);
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Notes what is wrong with a schema and with everything in it.
fn judge(path: &str, schema: &Value, faults: &mut Vec<String>) {
    let mut fault = |text: String| faults.push(format!("{path}: {text}"));
    for word in ["nullable", "anyOf", "oneOf", "allOf", "$ref", "title"] {
        if schema.get(word).is_some() {
            fault(format!("`{word}` has no place in the schema of a custom resource"));
        }
    }
    let described = schema["description"].as_str().is_some_and(|text| text.ends_with('.') && !text.contains('['));
    // The items of a list and the values of a map are described with it.
    if !described && !path.ends_with("[]") && !path.ends_with("{}") {
        fault(format!("a description is one or more sentences without links, not {}", schema["description"]));
    }
    let has = |name: &str| schema.get(name).is_some();
    match schema["type"].as_str() {
        Some("string") if !has("maxLength") && !has("enum") && !has("format") => fault("no maxLength".to_owned()),
        Some("array") if !has("maxItems") => fault("no maxItems".to_owned()),
        Some("array") if !has("x-kubernetes-list-type") => fault("no x-kubernetes-list-type".to_owned()),
        Some("object") if has("additionalProperties") && !has("maxProperties") => fault("no maxProperties".to_owned()),
        // A piece of another API, which is judged when it is read.
        Some("object") if schema["x-kubernetes-preserve-unknown-fields"] == true && has("maxProperties") => {}
        Some("object") if has("additionalProperties") == has("properties") => fault("no or two contents".to_owned()),
        Some("integer") if !matches!(schema["format"].as_str(), Some("int32" | "int64")) => {
            fault(format!("the format of an integer is int32 or int64, not {}", schema["format"]));
        }
        Some("string" | "array" | "object" | "integer" | "boolean") => {}
        None if schema["x-kubernetes-int-or-string"] == true && has("maxLength") => {}
        other => fault(format!("the type {other:?}")),
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        judge(&format!("{path}.{name}"), field, faults);
    }
    if let Some(items) = schema.get("items") {
        judge(&format!("{path}[]"), items, faults);
    }
    if let Some(values) = schema.get("additionalProperties") {
        judge(&format!("{path}{{}}"), values, faults);
    }
}

/// Every `required` of both kinds: what a person must write. An option that is not read as one would show here.
#[test]
fn nothing_is_required_but_what_has_no_default() {
    let mut found = Vec::new();
    for definition in api::custom_resource_definitions().unwrap() {
        let schema = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        required("", schema, &mut found);
    }
    found.retain(|line| !line.starts_with(".status."));
    let expected = [
        "spec",
        ".spec.defaultPipelineRef name",
        ".spec.gateway.auth.secretRef name",
        ".spec.gateway.expose.httpRoute parentRefs",
        ".spec.gateway.expose.httpRoute.parentRefs[] name",
        ".spec.gateway.expose.ingress host",
        ".spec.images.pullSecrets[] name",
        ".spec.metadata.deadLetterHook url",
        ".spec.metadata.deadLetterHook.secretRef name",
        ".spec.metadata.storage size",
        ".spec.objectStore.buckets[] name purpose",
        ".spec.objectStore.external credentialsSecretRef endpoint",
        ".spec.objectStore.external.credentialsSecretRef name",
        ".spec.objectStore.managed.storage size",
        ".spec.redis.external credentialsSecretRef host",
        ".spec.redis.external.credentialsSecretRef name",
        ".spec.redis.managed.storage size",
        "spec",
        ".spec platformRef stages",
        ".spec.autoscaling.fallback replicas",
        ".spec.platformRef name",
        ".spec.stages[] name type",
        ".spec.stages[].thumbnails.sizes[] height name width",
        ".spec.stages[].watermark.imageConfigMapRef key name",
    ];
    assert_eq!(found, expected);
}

fn required(path: &str, schema: &Value, found: &mut Vec<String>) {
    if let Some(names) = schema["required"].as_array() {
        let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
        found.push(format!("{path} {}", names.join(" ")).trim().to_owned());
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        required(&format!("{path}.{name}"), field, found);
    }
    if let Some(items) = schema.get("items") {
        required(&format!("{path}[]"), items, found);
    }
}
