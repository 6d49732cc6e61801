//! What is known of workloads, from objects as the API server has them.

use serde_json::{Value, json};

use super::*;
use crate::labels;

type Change = fn(&mut Value);

fn live(object: Value) -> Live {
    Live::try_from(object).unwrap()
}

fn pods(pods: &[Value]) -> Vec<Pod> {
    pods.iter().map(|pod| serde_json::from_value(pod.clone()).unwrap()).collect()
}

fn template() -> Value {
    json!({
        "metadata": {"annotations": {labels::CONFIG: "0123"}},
        "spec": {"containers": [{"name": "gateway", "image": "example:1"}]},
    })
}

/// A Deployment of two pods that is as it should be, with `change` made to it.
fn deployment(change: impl FnOnce(&mut Value)) -> ComponentState {
    let mut object = json!({
        "metadata": {"generation": 3},
        "spec": {"replicas": 2, "selector": {}, "template": template()},
        "status": {"observedGeneration": 3, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2},
    });
    change(&mut object);
    ComponentState::of(Component::Gateway, &live(object), &[]).unwrap()
}

/// The same as a StatefulSet.
fn stateful_set(change: impl FnOnce(&mut Value)) -> ComponentState {
    let mut object = json!({
        "metadata": {"generation": 3},
        "spec": {"replicas": 1, "selector": {}, "serviceName": "a", "template": template()},
        "status": {
            "observedGeneration": 3, "replicas": 1, "readyReplicas": 1, "currentReplicas": 1, "updatedReplicas": 1,
            "currentRevision": "a-1", "updateRevision": "a-1",
        },
    });
    change(&mut object);
    ComponentState::of(Component::Redis, &live(object), &[]).unwrap()
}

#[test]
fn a_deployment_is_ready_when_every_pod_is_in_its_newest_form() {
    let state = deployment(|_| ());
    assert!(state.is_ready());
    assert_eq!((state.desired, state.ready, state.updated), (2, 2, 2));
    assert_eq!((state.image.as_deref(), state.config.as_deref()), (Some("example:1"), Some("0123")));
    let unready: [(&str, Change); 5] = [
        ("its controller has not seen it", |object| object["metadata"]["generation"] = json!(4)),
        ("one is not ready", |object| object["status"]["readyReplicas"] = json!(1)),
        ("one is of the old form", |object| object["status"]["updatedReplicas"] = json!(1)),
        ("an old one is still there", |object| object["status"]["replicas"] = json!(3)),
        ("nothing is there yet", |object| object["status"] = json!({})),
    ];
    for (what, change) in unready {
        assert!(!deployment(change).is_ready(), "{what}");
    }
    let stopped = deployment(|object| {
        object["spec"]["replicas"] = json!(0);
        object["status"] = json!({"observedGeneration": 3});
    });
    assert!(stopped.is_ready() && stopped.desired == 0);
}

#[test]
fn a_stateful_set_is_ready_when_its_pod_is_in_its_newest_form() {
    assert!(stateful_set(|_| ()).is_ready());
    let unready: [(&str, Change); 4] = [
        ("its controller has not seen it", |object| object["metadata"]["generation"] = json!(4)),
        ("its pod is not ready", |object| object["status"]["readyReplicas"] = json!(0)),
        ("its pod is of the old form", |object| object["status"]["updateRevision"] = json!("a-2")),
        ("nothing is there yet", |object| object["status"] = json!({"replicas": 0})),
    ];
    for (what, change) in unready {
        assert!(!stateful_set(change).is_ready(), "{what}");
    }
    let rolling = stateful_set(|object| {
        object["status"]["updateRevision"] = json!("a-2");
        object["status"]["updatedReplicas"] = json!(0);
    });
    assert_eq!(rolling.updated, 0);
    // The controller notes a new revision that no pod will ever have.
    let stopped = stateful_set(|object| {
        object["spec"]["replicas"] = json!(0);
        let revisions = json!({"currentRevision": "a-1", "updateRevision": "a-2"});
        object["status"] = json!({"observedGeneration": 3, "replicas": 0});
        object["status"].as_object_mut().unwrap().extend(revisions.as_object().unwrap().clone());
    });
    assert!(stopped.is_ready());
}

#[test]
fn what_is_not_there_is_not_ready() {
    assert!(!ComponentState::missing(Component::Redis).is_ready());
    let other = live(json!({"metadata": {}, "spec": {"replicas": "two"}}));
    assert!(ComponentState::of(Component::Gateway, &other, &[]).is_err());
}

fn waiting(reason: &str, last_state: &Value) -> Value {
    json!({"status": {"containerStatuses": [{
        "name": "redis", "image": "example:1", "imageID": "", "ready": false, "restartCount": 3,
        "state": {"waiting": {"reason": reason, "message": "the node's words"}}, "lastState": last_state,
    }]}})
}

#[test]
fn what_keeps_a_pod_from_being_ready_is_found() {
    let of = |pod: &Value| trouble(&pods(std::slice::from_ref(pod)));
    for reason in ["ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull"] {
        let expected = Trouble::ImagePull("example:1: the node's words".to_owned());
        assert_eq!(of(&waiting(reason, &json!({}))), Some(expected), "{reason}");
    }
    for reason in ["CreateContainerConfigError", "CreateContainerError", "RunContainerError"] {
        assert_eq!(of(&waiting(reason, &json!({}))), Some(Trouble::CannotStart("the node's words".to_owned())));
    }
    let ended = json!({"terminated": {"exitCode": 137, "reason": "OOMKilled"}});
    let Some(Trouble::CrashLooping(told)) = of(&waiting("CrashLoopBackOff", &ended)) else { panic!("no trouble") };
    assert!(told.contains("`redis`") && told.contains("137 (OOMKilled)") && told.contains("--previous"), "{told}");
    let ended = json!({"terminated": {
        "exitCode": 1, "reason": "Error", "message": "Error: PIPELINE_FILE\n\nCaused by:\n    its font lacks `漢`\n",
    }});
    let expected = "its container `redis` ended with code 1 (Error) and said last: PIPELINE_FILE: its font lacks `漢` \
                    (more by `kubectl logs --previous`)";
    assert_eq!(of(&waiting("CrashLoopBackOff", &ended)), Some(Trouble::CrashLooping(expected.to_owned())));
    let unknown_end = of(&waiting("CrashLoopBackOff", &json!({})));
    assert_eq!(unknown_end, Some(Trouble::CrashLooping("the node's words".to_owned())));
    assert_eq!(of(&waiting("ContainerCreating", &json!({}))), None);
    assert_eq!(of(&json!({})), None);
    let condition = |status: &str, reason: &str| json!({"status": {"conditions": [{"type": "PodScheduled", "status": status, "reason": reason, "message": "no room"}]}});
    assert_eq!(of(&condition("False", "Unschedulable")), Some(Trouble::Unschedulable("no room".to_owned())));
    assert_eq!(of(&condition("False", "SchedulingGated")), None);
    assert_eq!(of(&condition("True", "Unschedulable")), None);
}

#[test]
fn an_init_container_counts_and_the_worst_trouble_is_told_whatever_the_order() {
    let crash = waiting("CrashLoopBackOff", &json!({}));
    let mut pull = waiting("ErrImagePull", &json!({}));
    let status = pull["status"].as_object_mut().unwrap();
    let containers = status.remove("containerStatuses").unwrap();
    status.insert("initContainerStatuses".to_owned(), containers);
    for order in [[&crash, &pull], [&pull, &crash]] {
        let found = trouble(&pods(&order.map(Value::clone)));
        assert!(matches!(found, Some(Trouble::ImagePull(_))), "{found:?}");
    }
}

#[test]
fn what_was_just_written_is_not_rolled_out() {
    let ready = ComponentState {
        desired: 1,
        ready: 1,
        updated: 1,
        is_rolled_out: true,
        ..ComponentState::missing(Component::Metadata)
    };
    let applied = |kind, name: &str| [Applied { kind, name: name.to_owned() }];
    let noted = |applied: [Applied; 1]| {
        let mut state = ready.clone();
        state.note(&applied, "photos");
        state.is_ready()
    };
    assert!(!noted(applied(ChildKind::StatefulSet, "photos-metadata")));
    assert!(noted(applied(ChildKind::ConfigMap, "photos-metadata")), "its pods do not change with it");
    assert!(noted(applied(ChildKind::StatefulSet, "photos-redis")), "another component");
}

#[test]
fn one_that_awaits_its_turn_is_not_ready() {
    let mut state = ComponentState { desired: 0, is_rolled_out: true, ..ComponentState::missing(Component::Gateway) };
    assert!(state.is_ready());
    state.awaits_turn = true;
    assert!(!state.is_ready());
}
