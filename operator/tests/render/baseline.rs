//! Every rendered pod against each control of Pod Security `restricted`, and against what is ours beyond them.

use photo_operator::children::Rendered;
use serde_json::Value;

use crate::sample::{self, container, template};

/// Every template of pods of every sample, on a cluster that assigns users and on one that does not.
fn each(judge: impl Fn(&str, &Value, &Value, bool)) {
    for (name, sample) in sample::all() {
        for assigns_users in [false, true] {
            let mut sample = sample.clone();
            sample.capabilities.assigns_users = assigns_users;
            let children = sample.rendered();
            let templates: Vec<(&Rendered, &Value)> =
                children.iter().filter_map(|child| Some((child, template(child)?))).collect();
            assert!(!templates.is_empty());
            for (child, template) in templates {
                judge(&format!("{name}/{}", child.name), &template["spec"], container(template), assigns_users);
            }
        }
    }
}

fn absent(place: &str, object: &Value, fields: &[&str]) {
    for field in fields {
        assert!(object.get(field).is_none(), "{place}: {field}");
    }
}

#[test]
fn host_namespaces_paths_and_ports_are_not_used() {
    each(|place, pod, container, _| {
        absent(place, pod, &["hostNetwork", "hostPID", "hostIPC", "hostAliases", "nodeName"]);
        for port in container["ports"].as_array().unwrap() {
            absent(place, port, &["hostPort", "hostIP"]);
        }
        for volume in pod["volumes"].as_array().into_iter().flatten() {
            let kinds: Vec<_> = volume.as_object().unwrap().keys().filter(|key| *key != "name").collect();
            let allowed = ["configMap", "emptyDir", "projected"];
            assert!(kinds.len() == 1 && allowed.contains(&kinds[0].as_str()), "{place}: {kinds:?}");
        }
        let lifecycle = &container["lifecycle"]["preStop"];
        for action in [&container["startupProbe"], &container["livenessProbe"], &container["readinessProbe"], lifecycle]
        {
            for kind in ["httpGet", "tcpSocket"] {
                assert!(action[kind].get("host").is_none(), "{place}");
            }
        }
    });
}

#[test]
fn processes_have_no_rights_of_the_system() {
    each(|place, pod, container, assigns_users| {
        let (pod, own) = (&pod["securityContext"], &container["securityContext"]);
        let unset = ["privileged", "procMount", "seLinuxOptions", "windowsOptions", "sysctls", "appArmorProfile"];
        absent(place, own, &unset);
        absent(place, own, &["runAsUser", "runAsNonRoot", "seccompProfile"]);
        absent(place, pod, &unset);
        assert_eq!(own["allowPrivilegeEscalation"], false, "{place}");
        assert_eq!(own["readOnlyRootFilesystem"], true, "{place}");
        assert_eq!(own["capabilities"], serde_json::json!({"drop": ["ALL"]}), "{place}");
        assert_eq!(pod["runAsNonRoot"], true, "{place}");
        assert_eq!(pod["seccompProfile"], serde_json::json!({"type": "RuntimeDefault"}), "{place}");
        for field in ["runAsUser", "runAsGroup", "fsGroup"] {
            let user = pod.get(field).map(|user| user.as_i64().unwrap());
            assert!(if assigns_users { user.is_none() } else { user >= Some(10_000) }, "{place}: {field} {user:?}");
        }
    });
}

#[test]
fn pods_know_nothing_that_they_do_not_need() {
    each(|place, pod, container, _| {
        assert_eq!(pod["automountServiceAccountToken"], false, "{place}");
        assert_eq!(pod["enableServiceLinks"], false, "{place}");
        assert!(pod["serviceAccountName"].as_str().is_some_and(|name| name != "default"), "{place}");
        absent(place, container, &["envFrom"]);
        for variable in container["env"].as_array().into_iter().flatten() {
            let source = variable.get("valueFrom").and_then(Value::as_object);
            assert!(source.is_none_or(|source| source.keys().all(|kind| kind == "fieldRef")), "{place}: {variable}");
        }
        for volume in pod["volumes"].as_array().into_iter().flatten() {
            if let Some(projected) = volume.get("projected") {
                // The other volume of such sources holds images, which pictures show to everybody.
                let is_secret = volume["name"] == "secrets";
                let (kind, mode) = if is_secret { ("secret", 0o440) } else { ("configMap", 0o444) };
                assert_eq!(projected["defaultMode"], mode, "{place}");
                for source in projected["sources"].as_array().unwrap() {
                    assert!(!source[kind]["items"].as_array().unwrap().is_empty(), "{place}: only named keys");
                }
            }
            if let Some(scratch) = volume.get("emptyDir") {
                assert!(scratch["sizeLimit"].is_string(), "{place}: {volume}");
            }
        }
    });
}

#[test]
fn pods_say_what_they_need_and_are_watched() {
    each(|place, pod, container, _| {
        let resources = &container["resources"];
        for amount in ["/requests/cpu", "/requests/memory", "/limits/memory"] {
            assert!(resources.pointer(amount).is_some(), "{place}: {amount}");
        }
        for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
            assert!(container[probe]["timeoutSeconds"].as_i64() > Some(0), "{place}: {probe}");
        }
        assert!(pod["terminationGracePeriodSeconds"].as_i64() >= Some(30), "{place}");
        assert!(container["imagePullPolicy"].is_string(), "{place}");
    });
}

#[test]
fn every_volume_is_mounted_and_every_file_is_there() {
    each(|place, pod, container, _| {
        let names = |list: &Value| -> Vec<String> {
            list.as_array().into_iter().flatten().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
        };
        let mounts = names(&container["volumeMounts"]);
        for volume in names(&pod["volumes"]) {
            assert!(mounts.contains(&volume), "{place}: {volume} is not mounted");
        }
        let files: Vec<String> = pod["volumes"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|volume| volume["projected"]["sources"].as_array().cloned().unwrap_or_default())
            .flat_map(|source| source["secret"]["items"].as_array().cloned().unwrap_or_default())
            .map(|item| format!("/etc/photo/secrets/{}", item["path"].as_str().unwrap()))
            .collect();
        let mut wanted: Vec<String> = container["env"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|variable| variable["value"].as_str().filter(|value| value.starts_with("/etc/photo/secrets/")))
            .map(str::to_owned)
            .collect();
        if place.ends_with("-redis") {
            wanted.push("/etc/photo/secrets/redis/users.acl".to_owned());
        }
        let sorted = |mut list: Vec<String>| {
            list.sort();
            list
        };
        assert_eq!(sorted(files), sorted(wanted), "{place}: files and the variables that name them");
    });
}
