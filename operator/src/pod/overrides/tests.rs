use k8s_openapi::api::core::v1::PodTemplateSpec;
use serde_json::{Value, json};

use super::*;

fn template() -> PodTemplateSpec {
    let template = json!({
        "metadata": {"labels": {"app.kubernetes.io/name": "gateway"}},
        "spec": {
            "serviceAccountName": "photos-gateway",
            "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{
                "name": "gateway",
                "image": "example.org/gateway:1",
                "env": [{"name": "PORT", "value": "3000"}],
                "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
            }],
        },
    });
    serde_json::from_value(template).unwrap()
}

fn merge(overrides: Value) -> Result<Value, String> {
    let overrides = serde_json::from_value(overrides).unwrap();
    let merged = merged(template(), &overrides, "gateway").map_err(|refused| refused.to_string())?;
    Ok(serde_json::to_value(merged).unwrap())
}

#[test]
fn what_is_named_is_merged_and_all_else_stays() {
    let merged = merge(json!({
        "metadata": {"annotations": {"team": "photos"}},
        "spec": {
            "affinity": {"nodeAffinity": {}},
            "containers": [
                {"name": "gateway", "env": [{"name": "RUST_BACKTRACE", "value": "1"}]},
                {"name": "proxy", "image": "example.org/proxy:1", "securityContext": {
                    "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]},
                }},
            ],
        },
    }))
    .unwrap();
    let [gateway, proxy] = &merged["spec"]["containers"].as_array().unwrap()[..] else { panic!("two containers") };
    assert_eq!(gateway["image"], "example.org/gateway:1");
    assert_eq!(gateway["env"], json!([{"name": "PORT", "value": "3000"}, {"name": "RUST_BACKTRACE", "value": "1"}]));
    assert_eq!(proxy["image"], "example.org/proxy:1");
    assert_eq!(merged["metadata"]["labels"]["app.kubernetes.io/name"], "gateway");
    assert_eq!(merged["metadata"]["annotations"]["team"], "photos");
    assert_eq!(merged["spec"]["serviceAccountName"], "photos-gateway");
}

#[test]
fn what_pods_may_not_have_is_refused_with_its_place() {
    let own = |field: Value| {
        let mut container = json!({"name": "gateway"});
        container.as_object_mut().unwrap().extend(field.as_object().unwrap().clone());
        json!({"spec": {"containers": [container]}})
    };
    for (refused, place) in [
        (json!({"spec": {"volumes": [{"name": "host", "hostPath": {"path": "/"}}]}}), "spec.volumes"),
        (json!({"spec": {"hostNetwork": true}}), "spec.hostNetwork"),
        (json!({"spec": {"serviceAccountName": "default"}}), "spec.serviceAccountName"),
        (json!({"spec": {"automountServiceAccountToken": true}}), "spec.automountServiceAccountToken"),
        (json!({"spec": {"ephemeralContainers": []}}), "spec.ephemeralContainers"),
        (json!({"spec": {"nodeName": "master"}}), "spec.nodeName"),
        (json!({"metadata": {"finalizers": ["x"]}}), "metadata.finalizers"),
        (json!({"metadata": {"labels": {"app.kubernetes.io/name": "x"}}}), "app.kubernetes.io/name"),
        (json!({"status": {}}), "status"),
        (json!({"spec": {"containers": [{"image": "x"}]}}), "has no name"),
        (json!({"spec": {"securityContext": {"runAsNonRoot": false}}}), "spec.securityContext.runAsNonRoot"),
        (json!({"spec": {"securityContext": {"runAsUser": 0}}}), "spec.securityContext.runAsUser"),
        (json!({"spec": {"securityContext": {"seccompProfile": {"type": "Unconfined"}}}}), "seccompProfile"),
        (json!({"spec": {"affinty": {}}}), "spec.affinty"),
        (json!({"spec": {"affinity": {"nodeAfinity": {}}}}), "spec.affinity.nodeAfinity"),
        (json!({"spec": {"priorityClassName": null}}), "spec.priorityClassName"),
        (json!({"spec": {"tolerations": "none"}}), "no piece of a pod's template"),
        (own(json!({"image": "other"})), "spec.containers[gateway].image"),
        (own(json!({"volumeMounts": []})), "spec.containers[gateway].volumeMounts"),
        (own(json!({"envFrom": []})), "spec.containers[gateway].envFrom"),
        (
            own(json!({"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]})),
            "secretKeyRef",
        ),
        (own(json!({"securityContext": {"privileged": true}})), "spec.containers[gateway].securityContext.privileged"),
        (own(json!({"securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}})), "capabilities.add"),
        (own(json!({"securityContext": {"runAsUser": 0}})), "runAsUser"),
        (own(json!({"livenessProbe": {"tcpSocket": {"host": "10.0.0.1", "port": 1}}})), "may name no host"),
        (
            json!({"spec": {"initContainers": [{"name": "first", "image": "x"}]}}),
            "spec.initContainers[first].securityContext.allowPrivilegeEscalation",
        ),
        (
            json!({"spec": {"containers": [{"name": "x", "ports": [{"containerPort": 1, "hostPort": 1}],
                "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}]}}),
            "ports may name no port of the host",
        ),
    ] {
        let told = merge(refused.clone()).expect_err(&refused.to_string());
        assert!(told.starts_with("podOverrides of gateway: ") && told.contains(place), "{refused}: {told}");
    }
}
