//! What is monitored exists, and is found.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};

use super::*;
use crate::{children::OwnerKind, pod::Port, workload};

const KNOWN: Capabilities = Capabilities { prometheus: true, gateway_api: false, assigns_users: false };

fn rendered(spec: &Value, capabilities: Capabilities) -> Vec<Rendered> {
    let spec: PhotoPlatformSpec = serde_json::from_value(spec.clone()).unwrap();
    let (kind, name) = (OwnerKind::PhotoPlatform, "photos");
    let family = Family { kind, name, namespace: "team", uid: "u-1", platform: name };
    children(&Monitored { family, spec: &spec, capabilities }).unwrap()
}

fn kinds(spec: &Value, capabilities: Capabilities) -> Vec<ChildKind> {
    rendered(spec, capabilities).into_iter().map(|child| child.kind).collect()
}

fn of_kind(kind: ChildKind, spec: &Value) -> Value {
    rendered(spec, KNOWN).into_iter().find(|child| child.kind == kind).unwrap().object
}

fn all_files(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(fs::read_to_string(&path).unwrap());
        }
    }
}

/// The series of a metric by the type of the field that is registered: what `/metrics` shows of it.
fn series(name: &str, unit: Option<&str>, file: &str, field: &str) -> Vec<String> {
    let declared = file.lines().find(|line| line.contains(&format!(" {field}: ")) && line.trim_end().ends_with(','));
    let declared = declared.unwrap_or_else(|| panic!("no field `{field}` beside the metric {name}"));
    let name = unit.map_or_else(|| format!("photo_{name}"), |unit| format!("photo_{name}_{}", unit.to_lowercase()));
    let suffixes: &[&str] = if declared.contains("Histogram") {
        &["_bucket", "_sum", "_count"]
    } else if declared.contains("Counter") {
        &["_total"]
    } else {
        assert!(declared.contains("Gauge"), "{declared}");
        &[""]
    };
    suffixes.iter().map(|suffix| format!("{name}{suffix}")).collect()
}

/// Every series that a process of the platform registers.
fn registered() -> BTreeSet<String> {
    let root = Path::new(env!("REPOSITORY"));
    let mut files = Vec::new();
    for folder in ["gateway/src", "worker/src", "crates"] {
        all_files(&root.join(folder), &mut files);
    }
    let mut found = BTreeSet::new();
    for file in &files {
        for call in file.split("registry.register").skip(1) {
            let call = call.split(';').next().unwrap();
            // A call with a name; what else begins like it has none.
            let Some((_, rest)) = call.split_once("(\"") else { continue };
            let name = rest.split('"').next().unwrap();
            let unit = rest.split_once("Unit::").map(|(_, unit)| unit.split(',').next().unwrap());
            let value = rest.split(".clone()").next().unwrap();
            let field = value.rsplit(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap();
            found.extend(series(name, unit, file, field));
        }
    }
    found
}

/// Names of series in a text of queries.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.starts_with("photo_")).map(str::to_owned).collect()
}

#[test]
fn every_metric_of_alerts_and_dashboard_is_one_that_a_process_tells() {
    let registered = registered();
    assert!(registered.contains("photo_worker_jobs_total") && registered.len() > 15, "{registered:?}");
    for text in [text::ALERTS, text::DASHBOARD] {
        let named = named(text);
        assert!(named.len() > 5, "{named:?}");
        assert_eq!(named.difference(&registered).collect::<Vec<_>>(), Vec::<&String>::new());
    }
}

#[test]
fn every_outcome_that_is_asked_for_is_one_of_a_worker() {
    let mut files = Vec::new();
    all_files(&Path::new(env!("REPOSITORY")).join("worker/src"), &mut files);
    for outcome in text::ALERTS.split("outcome='").skip(1).map(|rest| rest.split('\'').next().unwrap()) {
        let told = format!("(\"{outcome}\", Acknowledgement::");
        assert!(files.iter().any(|file| file.contains(&told)), "no job ends as `{outcome}`");
    }
}

#[test]
fn every_query_asks_for_this_platform_alone() {
    for text in [text::ALERTS, text::DASHBOARD] {
        let asked = text.matches('{').count() - 2 * text.matches("{{").count();
        assert!(asked > 0);
        for query in text.split("photo_").skip(1).filter(|rest| rest.contains('{')) {
            let (name, rest) = query.split_once('{').unwrap();
            // Other words are names of labels and of the platform.
            if name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_') {
                assert!(rest.starts_with("@SELECTOR@"), "photo_{name}");
            }
        }
    }
}

#[test]
fn the_alerts_are_filled_in_and_say_what_to_do() {
    let rule = of_kind(ChildKind::PrometheusRule, &json!({}));
    let alerts = rule["spec"]["groups"][0]["rules"].as_array().unwrap().clone();
    assert!(alerts.len() >= 5);
    for alert in &alerts {
        for path in ["/alert", "/expr", "/labels/severity", "/annotations/summary", "/annotations/description"] {
            let text = alert.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("{path} of {alert}"));
            assert!(!text.contains('@'), "{text}");
        }
        assert!(alert["expr"].as_str().unwrap().contains("namespace='team',job='photos'"), "{alert}");
    }
}

#[test]
fn the_dashboard_is_json_that_grafana_finds() {
    let map = of_kind(ChildKind::ConfigMap, &json!({"observability": {"dashboard": "Enabled"}}));
    assert_eq!(map["metadata"]["labels"]["grafana_dashboard"], "1");
    let text = map["data"]["team-photos.json"].as_str().unwrap();
    let dashboard: Value = serde_json::from_str(text).unwrap();
    assert_eq!(dashboard["title"], "Photo platform team/photos");
    assert_eq!(dashboard["uid"].as_str().unwrap().len(), 16);
    assert!(!text.contains('@'), "a place is not filled in");
}

#[test]
fn the_monitor_reads_the_probe_port_of_every_role_and_pipeline() {
    use crate::names::Component::{Events, Gateway, Metadata, Worker};
    let spec = json!({"observability": {"metrics": {"intervalSeconds": 15, "labels": {"release": "prometheus"}}}});
    let monitor = of_kind(ChildKind::ServiceMonitor, &spec);
    assert_eq!(monitor["metadata"]["labels"]["release"], "prometheus");
    assert_eq!(monitor["spec"]["jobLabel"], labels::PLATFORM);
    assert_eq!(monitor["spec"]["endpoints"], json!([{"port": "probe", "path": "/metrics", "interval": "15s"}]));
    let wanted: StringMap = serde_json::from_value(monitor["spec"]["selector"]["matchLabels"].clone()).unwrap();
    let family = |kind, name| Family { kind, name, namespace: "team", uid: "u-1", platform: "photos" };
    let platform = family(OwnerKind::PhotoPlatform, "photos");
    let pipeline = family(OwnerKind::ProcessingPipeline, "full");
    for (family, component) in [(platform, Gateway), (platform, Metadata), (platform, Events), (pipeline, Worker)] {
        let service = workload::pods_address(&family, component, Port::PROBE).unwrap().object;
        let labels: StringMap = serde_json::from_value(service["metadata"]["labels"].clone()).unwrap();
        assert!(wanted.iter().all(|(name, value)| labels.get(name) == Some(value)), "{component:?}");
        assert_eq!(service["spec"]["ports"][0]["name"], "probe", "{component:?}");
    }
    let other = Family { platform: "other", name: "other", ..platform };
    let service = workload::pods_address(&other, Gateway, Port::PROBE).unwrap().object;
    assert_ne!(service["metadata"]["labels"][labels::PLATFORM], wanted[labels::PLATFORM]);
}

#[test]
fn what_a_cluster_does_not_know_is_made_on_demand_only() {
    use ChildKind::{ConfigMap, PrometheusRule, ServiceMonitor};
    let unknown = Capabilities::default();
    assert_eq!(kinds(&json!({}), unknown), []);
    assert_eq!(kinds(&json!({}), KNOWN), [ServiceMonitor, PrometheusRule]);
    let both = |presence: &str| json!({"metrics": {"serviceMonitor": presence, "prometheusRule": presence}});
    let enabled = kinds(&json!({"observability": both("Enabled")}), unknown);
    assert_eq!(enabled, [ServiceMonitor, PrometheusRule]);
    assert_eq!(kinds(&json!({"observability": both("Disabled")}), KNOWN), []);
    assert_eq!(kinds(&json!({"operation": "Stopped"}), KNOWN), [ServiceMonitor]);
    assert_eq!(kinds(&json!({"observability": {"dashboard": "Enabled"}}), unknown), [ConfigMap]);
}
