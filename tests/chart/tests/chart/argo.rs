//! Argo CD's health script, run by a real Lua on statuses of both kinds.

use std::{fs, process::Command};

use photo_chart::{manifest, repository};
use serde_json::{Value, json};

/// A JSON value as Lua writes it.
fn lua(value: &Value) -> String {
    match value {
        Value::Null => "nil".to_owned(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
        Value::Array(items) => format!("{{{}}}", items.iter().map(lua).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, field)| format!("[{}] = {}", json!(name), lua(field)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
    }
}

fn script() -> String {
    fs::read_to_string(repository::path("config/gitops/argo/health.lua")).unwrap()
}

/// Status and message that the script finds.
fn health(object: &Value) -> (String, String) {
    let program = format!(
        "obj = {}\nlocal function judge()\n{}\nend\nlocal found = judge()\nio.write(found.status, '\\n', found.message)",
        lua(object),
        script()
    );
    let output = Command::new("lua5.4").args(["-e", &program]).output();
    let output = output.unwrap_or_else(|error| panic!("lua5.4: {error}: run `scripts/install.sh lua`"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let (status, message) = text.split_once('\n').unwrap();
    (status.to_owned(), message.to_owned())
}

fn condition(name: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({"type": name, "status": status, "reason": reason, "message": message})
}

/// An object of generation 2 with this operation and these conditions, observed.
fn object(operation: Option<&str>, conditions: &[Value]) -> Value {
    json!({
        "metadata": {"name": "photos", "generation": 2},
        "spec": operation.map_or_else(|| json!({}), |operation| json!({"operation": operation})),
        "status": {"observedGeneration": 2, "conditions": conditions},
    })
}

#[test]
fn each_status_has_its_health() {
    let ready = condition("Ready", "True", "AllComponentsReady", "");
    let not_ready = condition("Ready", "False", "ComponentsNotReady", "the gateway has 0 of 2 pods");
    let unknown = condition("Ready", "Unknown", "NotYetKnown", "");
    let stalled = condition("Stalled", "True", "SecretMissing", "make the Secret photos-s3");
    let not_stalled = condition("Stalled", "False", "None", "");
    let reconciling = condition("Reconciling", "True", "RollingOut", "metadata: 0 of 1");
    let settled = condition("Reconciling", "False", "None", "");
    let paused = condition("Ready", "False", "Paused", "");
    let stopped = condition("Ready", "False", "Stopped", "");
    let table = [
        (None, vec![&ready], "Healthy", "AllComponentsReady"),
        (Some("Running"), vec![&ready, &settled, &not_stalled], "Healthy", "AllComponentsReady"),
        (None, vec![&not_ready], "Degraded", "ComponentsNotReady: the gateway has 0 of 2 pods"),
        (None, vec![&not_ready, &reconciling], "Progressing", "RollingOut: metadata: 0 of 1"),
        (None, vec![&ready, &reconciling], "Progressing", "RollingOut: metadata: 0 of 1"),
        (None, vec![&not_ready, &stalled], "Degraded", "SecretMissing: make the Secret photos-s3"),
        (None, vec![&reconciling, &stalled], "Degraded", "SecretMissing: make the Secret photos-s3"),
        (None, vec![&unknown], "Progressing", "NotYetKnown"),
        (None, vec![], "Progressing", ""),
        (Some("Paused"), vec![&paused], "Suspended", "operation is Paused"),
        (Some("Paused"), vec![&ready], "Suspended", "operation is Paused"),
        (Some("Stopped"), vec![&stopped], "Suspended", "operation is Stopped"),
        (Some("Stopped"), vec![&stopped, &reconciling], "Progressing", "RollingOut: metadata: 0 of 1"),
        (Some("Stopped"), vec![&stopped, &stalled], "Degraded", "SecretMissing: make the Secret photos-s3"),
    ];
    for (operation, conditions, status, message) in table {
        let conditions: Vec<Value> = conditions.into_iter().cloned().collect();
        let found = health(&object(operation, &conditions));
        assert_eq!(found, (status.to_owned(), message.to_owned()), "{operation:?} {conditions:?}");
    }
}

#[test]
fn what_is_known_of_an_older_spec_is_not_believed() {
    let mut healthy = object(None, &[condition("Ready", "True", "AllComponentsReady", "")]);
    let mut stalled = object(None, &[condition("Stalled", "True", "SecretMissing", "")]);
    for old in [&mut healthy, &mut stalled] {
        old["metadata"]["generation"] = json!(3);
        assert_eq!(health(old).0, "Progressing");
    }
    let bare = json!({"metadata": {"name": "photos", "generation": 1}, "spec": {}});
    assert_eq!(health(&bare), ("Progressing".to_owned(), "the operator has not seen it yet".to_owned()));
    healthy["metadata"]["generation"] = json!(2);
    assert_eq!(health(&healthy).0, "Healthy");
    healthy["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    assert_eq!(health(&healthy).0, "Progressing");
}

#[test]
fn the_configuration_of_argo_holds_the_script_for_both_kinds() {
    let text = fs::read_to_string(repository::path("config/gitops/argo/argocd-cm.yaml")).unwrap();
    let map = manifest::objects(&text).unwrap().remove(0);
    let entries = map["data"].as_object().unwrap();
    assert_eq!(entries.len(), 2);
    for kind in ["PhotoPlatform", "ProcessingPipeline"] {
        assert_eq!(entries[&format!("resource.customizations.health.photoplatform.io_{kind}")], script(), "{kind}");
    }
}
