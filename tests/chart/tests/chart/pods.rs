//! Every pod of the release is as Pod Security's level `restricted` wants it, and as our own baseline does.

use photo_chart::manifest::{self, items, kind, name, pod};
use serde_json::{Value, json};

use crate::cases::{CASES, rendered};

/// Pods and the kinds of their owners.
fn pods(case: &str) -> Vec<(String, Value)> {
    let objects = rendered(case);
    let found = objects.iter().filter_map(|object| Some((format!("{case}: {}", kind(object)), pod(object)?.clone())));
    found.collect()
}

#[test]
fn each_release_has_the_pods_that_it_should_have() {
    let kinds = |case| pods(case).into_iter().map(|(kind, _)| kind).collect::<Vec<_>>();
    for case in CASES {
        assert_eq!(kinds(case), [format!("{case}: Deployment")]);
    }
}

#[test]
fn pods_are_restricted() {
    for (owner, pod) in CASES.iter().flat_map(|case| pods(case)) {
        let security = json!({"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}});
        assert_eq!(pod["securityContext"], security, "{owner}");
        for forbidden in ["hostNetwork", "hostPID", "hostIPC", "volumes", "initContainers", "ephemeralContainers"] {
            assert_eq!(pod.get(forbidden), None, "{owner}: {forbidden}");
        }
        assert_eq!(pod["enableServiceLinks"], false, "{owner}");
        let containers = items(&pod, "/containers");
        assert_eq!(containers.len(), 1, "{owner}");
        for container in containers {
            let expected = json!({
                "allowPrivilegeEscalation": false,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": true,
            });
            assert_eq!(container["securityContext"], expected, "{owner}");
            for amount in ["/requests/cpu", "/requests/memory", "/limits/cpu", "/limits/memory"] {
                assert!(container["resources"].pointer(amount).is_some(), "{owner}: {amount}");
            }
            assert!(items(container, "/ports").iter().all(|port| port.get("hostPort").is_none()), "{owner}");
        }
    }
}

#[test]
fn the_operator_is_probed_where_it_answers() {
    for case in CASES {
        let objects = rendered(case);
        let deployment = objects.iter().find(|object| kind(object) == "Deployment").unwrap();
        let container = &pod(deployment).unwrap()["containers"][0];
        assert_eq!(container["ports"], json!([{"name": "probe", "containerPort": 8080, "protocol": "TCP"}]));
        for (probe, path) in [("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")] {
            assert_eq!(container[probe]["httpGet"], json!({"path": path, "port": "probe"}), "{case}: {probe}");
        }
        let port = items(container, "/env").iter().find(|entry| entry["name"] == "PROBE_PORT").unwrap();
        assert_eq!(port["value"], "8080");
    }
}

#[test]
fn what_selects_the_operator_finds_it() {
    for case in CASES {
        let objects = rendered(case);
        let deployment = objects.iter().find(|object| kind(object) == "Deployment").unwrap();
        let labels = &deployment["spec"]["template"]["metadata"]["labels"];
        // The NetworkPolicies of platforms go by this one.
        assert_eq!(labels["app.kubernetes.io/name"], "photo-operator");
        let selectors = objects.iter().filter_map(|object| {
            let pointer = match kind(object) {
                "Deployment" | "PodDisruptionBudget" => "/spec/selector/matchLabels",
                "NetworkPolicy" => "/spec/podSelector/matchLabels",
                "Service" => "/spec/selector",
                _ => return None,
            };
            Some((name(object), object.pointer(pointer).unwrap()))
        });
        for (name, selector) in selectors {
            for (label, value) in selector.as_object().unwrap() {
                assert_eq!(&labels[label], value, "{case}: {name} does not select the operator by {label}");
            }
        }
        let monitor = objects.iter().find(|object| kind(object) == "ServiceMonitor");
        // There without a monitor too: autoscalers of others ask it for demands.
        let service = objects.iter().find(|object| kind(object) == "Service").unwrap();
        if let Some(monitor) = monitor {
            for (label, value) in monitor["spec"]["selector"]["matchLabels"].as_object().unwrap() {
                assert_eq!(&service["metadata"]["labels"][label], value);
            }
            assert_eq!(
                manifest::text(monitor, "/spec/endpoints/0/port"),
                manifest::text(service, "/spec/ports/0/name")
            );
        }
    }
}
