//! What holds for every platform and pipeline, whatever they say.

use std::{collections::BTreeSet, fs, path::Path};

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use photo_operator::{
    amount::Amount,
    children::{ChildKind, Rendered},
};
use serde_json::{Value, json};

use crate::sample::{self, Sample, container, template};

#[test]
fn the_same_spec_gives_the_same_objects_in_the_order_of_applying() {
    for (name, sample) in sample::all() {
        let children = sample.rendered();
        assert_eq!(children, sample.rendered(), "{name}");
        let platforms = children
            .iter()
            .take_while(|child| child.object["metadata"]["ownerReferences"][0]["kind"] == "PhotoPlatform");
        let kinds: Vec<ChildKind> = platforms.map(|child| child.kind).collect();
        assert!(kinds.is_sorted(), "{name}: {kinds:?}");
        let names: BTreeSet<_> = children.iter().map(|child| (child.kind, &child.name)).collect();
        assert_eq!(names.len(), children.len(), "{name}: two objects have the same name");
    }
}

#[test]
fn every_child_tells_whose_it_is() {
    for (name, sample) in sample::all() {
        for child in sample.rendered() {
            let metadata = &child.object["metadata"];
            let owners = metadata["ownerReferences"].as_array().unwrap();
            assert_eq!(owners.len(), 1, "{name}/{}", child.name);
            assert_eq!(owners[0]["controller"], true);
            assert_eq!(owners[0]["blockOwnerDeletion"], true);
            assert_eq!(metadata["annotations"]["photoplatform.io/owner-uid"], owners[0]["uid"]);
            assert_eq!(metadata["labels"]["app.kubernetes.io/managed-by"], "photo-operator");
            assert_eq!(metadata["labels"]["photoplatform.io/platform"], sample.platform["metadata"]["name"]);
            let is_pipelines = owners[0]["kind"] == "ProcessingPipeline";
            assert_eq!(metadata["labels"].get("photoplatform.io/pipeline").is_some(), is_pipelines);
            assert_eq!((&metadata["name"], &metadata["namespace"]), (&json!(child.name), &json!("team")));
        }
    }
}

#[test]
fn names_fit_also_for_the_longest_name_of_an_owner() {
    let mut sample = Sample::read(&["operator/tests/samples/everything.yaml"]);
    let longest = "a".repeat(40);
    sample.platform["metadata"]["name"] = json!(longest);
    for pipeline in &mut sample.pipelines {
        pipeline["spec"]["platformRef"]["name"] = json!(longest);
    }
    sample.pipelines[0]["metadata"]["name"] = json!("b".repeat(40));
    for child in sample.rendered() {
        // The controller of StatefulSets makes a label of the name and a hash.
        let max = if child.kind == ChildKind::StatefulSet { 52 } else { 63 };
        assert!(child.name.len() <= max, "{:?} {}", child.kind, child.name);
    }
}

#[test]
fn every_selector_finds_the_pods_that_it_means() {
    for (name, sample) in sample::all() {
        let children = sample.rendered();
        let pods: Vec<&Value> = children.iter().filter_map(template).map(|pod| &pod["metadata"]["labels"]).collect();
        for child in &children {
            let spec = &child.object["spec"];
            let selector = ["/selector/matchLabels", "/podSelector/matchLabels", "/selector"];
            let selector = selector.iter().find_map(|path| spec.pointer(path));
            // What Prometheus reads is behind Services.
            let Some(selector) = selector.filter(|_| child.kind != ChildKind::ServiceMonitor) else { continue };
            let is_for_all = child.name.ends_with("-nothing-else");
            let meant =
                |labels: &&&Value| selector.as_object().unwrap().iter().all(|(key, value)| labels[key] == *value);
            let expected = if is_for_all { pods.len() } else { 1 };
            assert_eq!(pods.iter().filter(meant).count(), expected, "{name}: {:?} {}", child.kind, child.name);
        }
    }
}

#[test]
fn every_named_object_is_among_the_children() {
    for (name, sample) in sample::all() {
        let children = sample.rendered();
        let is_there = |kind: ChildKind, wanted: &Value| {
            let found = children.iter().any(|child| child.kind == kind && *wanted == json!(child.name));
            assert!(found, "{name}: {kind:?} {wanted}");
        };
        for child in &children {
            let Some(template) = template(child) else { continue };
            is_there(ChildKind::ServiceAccount, &template["spec"]["serviceAccountName"]);
            for volume in template["spec"]["volumes"].as_array().into_iter().flatten() {
                if let Some(map) = volume.get("configMap") {
                    is_there(ChildKind::ConfigMap, &map["name"]);
                }
            }
            if child.kind == ChildKind::StatefulSet {
                is_there(ChildKind::Service, &child.object["spec"]["serviceName"]);
            }
        }
        for child in children.iter().filter(|child| child.kind == ChildKind::HorizontalPodAutoscaler) {
            is_there(ChildKind::Deployment, &child.object["spec"]["scaleTargetRef"]["name"]);
        }
    }
}

/// Variables are an agreement between two programs: each that is set is read by one of them.
#[test]
fn every_variable_is_one_that_a_process_reads() {
    let mut known = BTreeSet::new();
    for folder in ["gateway/src", "worker/src", "crates/adapters/src", "crates/runtime/src"] {
        variables(&sample::root().join(folder), &mut known);
    }
    for (name, sample) in sample::all() {
        for child in sample.rendered().iter().filter(|child| !child.name.ends_with("-store")) {
            for variable in template(child).and_then(|pod| container(pod)["env"].as_array()).into_iter().flatten() {
                let variable = variable["name"].as_str().unwrap();
                assert!(known.contains(variable), "{name}/{}: no process reads {variable}", child.name);
            }
        }
    }
}

fn variables(folder: &Path, known: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            variables(&path, known);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(path).unwrap();
            let named = text.split("env = \"").skip(1).filter_map(|rest| rest.split('"').next());
            known.extend(named.map(str::to_owned));
        }
    }
}

fn child<'a>(children: &'a [Rendered], kind: ChildKind, name: &str) -> Option<&'a Rendered> {
    children.iter().find(|child| child.kind == kind && child.name == name)
}

#[test]
fn a_number_of_pods_is_said_by_one_alone() {
    let children = sample::everything().rendered();
    let has_autoscaler = |name: &str| child(&children, ChildKind::HorizontalPodAutoscaler, name).is_some();
    // The workers of `queued` have the operator instead.
    for (name, least, is_autoscaled) in
        [("everything-gateway", 3, true), ("large-worker", 2, true), ("queued-worker", 0, false)]
    {
        let deployment = child(&children, ChildKind::Deployment, name).unwrap();
        assert!(deployment.object["spec"].get("replicas").is_none(), "{name} has an autoscaler");
        assert_eq!(deployment.clone().at_first().object["spec"]["replicas"], least, "until that has chosen");
        assert_eq!(has_autoscaler(name), is_autoscaled, "{name}");
    }
    for (name, replicas) in [("everything-events", 3), ("theirs-worker", 4)] {
        assert_eq!(child(&children, ChildKind::Deployment, name).unwrap().object["spec"]["replicas"], replicas);
        assert!(!has_autoscaler(name));
    }
}

#[test]
fn a_pipeline_says_who_chooses_the_number_of_its_workers() {
    let mut sample = sample::external();
    let mut said = |autoscaling: Value| {
        let spec = &mut sample.pipelines[0]["spec"];
        spec["replicas"] = json!(4);
        spec["autoscaling"] = autoscaling;
        let children = sample.rendered();
        let workers = child(&children, ChildKind::Deployment, "outside-worker").unwrap();
        let autoscaler = child(&children, ChildKind::HorizontalPodAutoscaler, "outside-worker");
        (workers.object["spec"].get("replicas").and_then(Value::as_i64), autoscaler.is_some())
    };
    assert_eq!(said(Value::Null), (Some(4), false), "nobody wrote who");
    assert_eq!(said(json!({})), (None, false));
    assert_eq!(said(json!({"mode": "Queue"})), (None, false));
    assert_eq!(said(json!({"mode": "CPU"})), (None, true));
    assert_eq!(said(json!({"mode": "External"})), (Some(4), false));
    assert_eq!(said(json!({"mode": "Disabled"})), (Some(4), false));
}

#[test]
fn a_stopped_platform_has_no_pods_and_keeps_its_volumes() {
    let children = Sample::read(&["operator/tests/samples/stopped.yaml"]).rendered();
    for child in &children {
        assert_ne!(child.kind, ChildKind::HorizontalPodAutoscaler, "{} would start pods", child.name);
        if template(child).is_some() {
            assert_eq!(child.object["spec"]["replicas"], 0, "{}", child.name);
        }
        if child.kind == ChildKind::StatefulSet {
            let policy = &child.object["spec"]["persistentVolumeClaimRetentionPolicy"];
            assert_eq!(*policy, json!({"whenDeleted": "Retain", "whenScaled": "Retain"}));
        }
    }
}

/// A node with 2 processors and 4 GiB also has the operator, the cluster's DNS and what belongs to the node.
#[test]
fn the_quickstart_fits_on_a_small_node() {
    let mut sample = Sample::read(&["config/samples/quickstart.yaml"]);
    sample.pipelines.extend(
        Sample::read(&["config/samples/quickstart.yaml", "config/samples/quick-processing.yaml"]).pipelines.pop(),
    );
    let (mut milli_cpus, mut bytes) = (0, 0);
    for child in sample.rendered() {
        let Some(template) = template(&child) else { continue };
        let pods = child.object["spec"]["replicas"].as_u64().unwrap();
        let requests = &container(template)["resources"]["requests"];
        let amount = |name: &str, percent: u32| {
            Amount::of(&Quantity(requests[name].as_str().unwrap().to_owned())).unwrap().percent(percent)
        };
        milli_cpus += u128::from(pods) * amount("cpu", 100_000);
        bytes += u128::from(pods) * amount("memory", 100);
    }
    assert_eq!(sample.pipelines.len(), 2);
    assert!(milli_cpus <= 1200, "{milli_cpus}m");
    assert!(bytes <= 2 << 30, "{} MiB", bytes >> 20);
}

#[test]
fn a_spec_that_processes_would_refuse_is_not_rendered() {
    let mut sample = Sample::read(&["operator/tests/samples/external.yaml"]);
    sample.pipelines[0]["spec"]["stages"] = json!([{"name": "a", "type": "Metadata", "dependsOn": ["b"]}]);
    let refused = sample.try_rendered().unwrap_err().to_string();
    assert!(refused.contains('b'), "{refused}");
}
