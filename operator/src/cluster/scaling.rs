//! The cluster, as the scaling of workers asks and changes it.

use k8s_openapi::{
    api::{apps::v1::Deployment, autoscaling::v2::HorizontalPodAutoscaler, core::v1::Pod},
    apimachinery::pkg::api::resource::Quantity,
};
use kube::{
    Api, ResourceExt,
    api::{ApiResource, DynamicObject, ListParams, Patch, PatchParams},
    core::GroupVersionKind,
};
use serde::Deserialize;

use super::{Cluster, ClusterError, SCALE_MANAGER, failed};
use crate::amount::Amount;

/// What decides which pods of a `ReplicaSet` go first: those where it is lowest.
pub(crate) const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// What a pod was measured to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodUse {
    /// Its name.
    pub pod: String,
    /// When it was measured.
    pub at: jiff::Timestamp,
    /// Processor time, in cores.
    pub cpu: Amount,
    /// Memory, in bytes.
    pub memory: Amount,
}

impl Cluster {
    /// Sets how many pods a Deployment has, as the one who chooses it.
    ///
    /// # Errors
    /// As [`Cluster::apply`].
    pub async fn scale(&self, namespace: &str, deployment: &str, replicas: u32) -> Result<(), ClusterError> {
        self.gate.pass()?;
        let params = PatchParams { field_manager: Some(SCALE_MANAGER.to_owned()), ..PatchParams::default() };
        let scale = serde_json::json!({ "spec": { "replicas": replicas } });
        let deployments = Api::<Deployment>::namespaced(self.client.clone(), namespace);
        let scaled = deployments.patch_scale(deployment, &params, &Patch::Merge(&scale)).await;
        scaled.map(drop).map_err(failed("scale", "Deployment", deployment))
    }

    /// The HorizontalPodAutoscaler that chooses how many pods a Deployment has, where there is one; KEDA makes one for each
    /// of its `ScaledObjects`.
    ///
    /// # Errors
    /// The API server refuses or does not answer.
    pub async fn autoscaler_of(&self, namespace: &str, deployment: &str) -> Result<Option<String>, ClusterError> {
        let autoscalers = Api::<HorizontalPodAutoscaler>::namespaced(self.client.clone(), namespace);
        let all = autoscalers.list(&ListParams::default()).await;
        let all = all.map_err(failed("list", "HorizontalPodAutoscaler", ""))?;
        let aims_at = |autoscaler: &HorizontalPodAutoscaler| {
            let target = autoscaler.spec.as_ref().map(|spec| &spec.scale_target_ref);
            target.is_some_and(|target| target.kind == "Deployment" && target.name == deployment)
        };
        Ok(all.items.iter().find(|autoscaler| aims_at(autoscaler)).map(ResourceExt::name_any))
    }

    /// Notes on a pod whether it goes first when there are to be fewer. That it is gone already is no error.
    ///
    /// # Errors
    /// As [`Cluster::apply`].
    pub async fn set_deletion_cost(&self, namespace: &str, pod: &str, cost: i32) -> Result<(), ClusterError> {
        self.gate.pass()?;
        let params = PatchParams { field_manager: Some(SCALE_MANAGER.to_owned()), ..PatchParams::default() };
        let noted = serde_json::json!({ "metadata": { "annotations": { DELETION_COST: cost.to_string() } } });
        let pods = Api::<Pod>::namespaced(self.client.clone(), namespace);
        match pods.patch_metadata(pod, &params, &Patch::Merge(&noted)).await {
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            patched => patched.map(drop).map_err(failed("note the deletion cost of", "Pod", pod)),
        }
    }

    /// What the pods of these labels use. `None` where the cluster does not measure it, or does not tell us.
    ///
    /// # Errors
    /// The API server does not answer.
    pub async fn use_of(&self, namespace: &str, selector: &str) -> Result<Option<Vec<PodUse>>, ClusterError> {
        let kind = GroupVersionKind::gvk("metrics.k8s.io", "v1beta1", "PodMetrics");
        let resource = ApiResource::from_gvk_with_plural(&kind, "pods");
        let api = Api::<DynamicObject>::namespaced_with(self.client.clone(), namespace, &resource);
        match api.list(&ListParams::default().labels(selector)).await {
            // Not installed, not allowed, or away.
            Err(kube::Error::Api(status)) if matches!(status.code, 403 | 404 | 503) => Ok(None),
            measured => {
                let measured = measured.map_err(failed("list the use of", "Pod", ""))?;
                Ok(Some(measured.items.iter().filter_map(pod_use).collect()))
            }
        }
    }
}

#[derive(Deserialize)]
struct Measured {
    timestamp: jiff::Timestamp,
    containers: Vec<MeasuredContainer>,
}

#[derive(Deserialize)]
struct MeasuredContainer {
    usage: Usage,
}

#[derive(Deserialize)]
struct Usage {
    cpu: Quantity,
    memory: Quantity,
}

/// A measurement that can't be read is none.
fn pod_use(metrics: &DynamicObject) -> Option<PodUse> {
    let measured: Measured = serde_json::from_value(metrics.data.clone()).ok()?;
    let sum = |amount: fn(&Usage) -> &Quantity| {
        let amounts = measured.containers.iter().map(|container| Amount::of(amount(&container.usage)).ok());
        amounts.sum::<Option<Amount>>()
    };
    Some(PodUse {
        pod: metrics.name_any(),
        at: measured.timestamp,
        cpu: sum(|usage| &usage.cpu)?,
        memory: sum(|usage| &usage.memory)?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn measured(containers: &Value) -> Option<PodUse> {
        let metrics = json!({
            "apiVersion": "metrics.k8s.io/v1beta1", "kind": "PodMetrics", "metadata": {"name": "one"},
            "timestamp": "2026-11-21T10:00:00Z", "window": "15s", "containers": containers,
        });
        pod_use(&serde_json::from_value(metrics).unwrap())
    }

    #[test]
    fn the_use_of_a_pod_is_that_of_its_containers() {
        let container = |cpu: &str, memory: &str| json!({"name": "a", "usage": {"cpu": cpu, "memory": memory}});
        let pod = measured(&json!([container("1500000n", "1Mi"), container("2m", "1024Ki")])).unwrap();
        let amount = |text: &str| Amount::of(&Quantity(text.to_owned())).unwrap();
        assert_eq!((pod.pod.as_str(), pod.cpu, pod.memory), ("one", amount("3500u"), amount("2Mi")));
        assert_eq!(pod.at.as_second(), 1_795_255_200);
        assert_eq!(measured(&json!([container("much", "1Mi")])), None);
        assert_eq!(measured(&json!("none")), None);
    }
}
