//! Plays the scheduler and the kubelet of a namespace: every pod is up and ready as soon as it is made. The controllers
//! of workloads are real.

use std::time::Duration;

use futures::StreamExt;
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, Client, ResourceExt,
    api::{Patch, PatchParams},
    runtime::{WatchStreamExt, watcher},
};
use serde_json::{Value, json};
use tokio::{task::JoinHandle, time::sleep};

const AGAIN_AFTER: Duration = Duration::from_millis(100);

/// The kubelet of a namespace, until it is dropped.
#[derive(Debug)]
pub struct Kubelet(JoinHandle<()>);

impl Kubelet {
    /// Makes pods of `namespace` ready from now on.
    pub fn start(client: Client, namespace: &str) -> Self {
        let pods = Api::<Pod>::namespaced(client, namespace);
        let mut changes = watcher(pods.clone(), watcher::Config::default()).default_backoff().applied_objects().boxed();
        Self(tokio::spawn(async move {
            while let Some(changed) = changes.next().await {
                // A watch that broke off begins again, with every pod that is there.
                if let Ok(pod) = changed
                    && pod.metadata.deletion_timestamp.is_none()
                    && pod.status.as_ref().and_then(|status| status.phase.as_deref()) != Some("Running")
                {
                    bring_up(&pods, &pod).await;
                }
            }
        }))
    }
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn bring_up(pods: &Api<Pod>, pod: &Pod) {
    let status = Patch::Merge(json!({ "status": up(pod) }));
    loop {
        match pods.patch_status(&pod.name_any(), &PatchParams::default(), &status).await {
            Ok(_) => return,
            // It is gone already.
            Err(kube::Error::Api(refusal)) if refusal.code == 404 => return,
            Err(_) => sleep(AGAIN_AFTER).await,
        }
    }
}

fn up(pod: &Pod) -> Value {
    let since = pod.metadata.creation_timestamp.as_ref();
    let condition =
        |r#type: &str| json!({"type": r#type, "status": "True", "lastTransitionTime": since, "reason": "Test"});
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers).map(|container| {
        json!({
            "name": container.name, "image": container.image, "imageID": "", "restartCount": 0, "ready": true,
            "started": true, "state": {"running": {"startedAt": since}},
        })
    });
    let conditions = ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map(condition);
    json!({
        "phase": "Running",
        "podIP": "10.0.0.1",
        "podIPs": [{"ip": "10.0.0.1"}],
        "startTime": since,
        "conditions": conditions,
        "containerStatuses": containers.collect::<Vec<_>>(),
    })
}
