//! What is known of a workload, read once from each version of it that the API server told: the reconcile of a platform
//! looks at the workers of all of its pipelines, and would read a thousand documents each time.

use k8s_openapi::api::{
    apps::v1::{Deployment, StatefulSet},
    core::v1::{PodSpec, PodTemplateSpec},
};

use super::Live;
use crate::labels;

/// A Deployment or a StatefulSet as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// Pods that it should have.
    pub desired: i32,
    /// Pods that are ready.
    pub ready: i32,
    /// Pods of its newest template.
    pub updated: i32,
    /// Whether its controller has seen its newest form and every pod has that.
    pub is_rolled_out: bool,
    /// The image of its container.
    pub image: Option<String>,
    /// The hash of the configuration that its container reads, where it reads one.
    pub config: Option<String>,
}

impl Live {
    /// What is known of this Deployment.
    ///
    /// # Errors
    /// It is none.
    pub fn deployment(&self) -> Result<&Workload, serde_json::Error> {
        self.workload(of_deployment)
    }

    /// What is known of this StatefulSet.
    ///
    /// # Errors
    /// It is none.
    pub fn stateful_set(&self) -> Result<&Workload, serde_json::Error> {
        self.workload(of_stateful_set)
    }

    fn workload<K: serde::de::DeserializeOwned>(&self, of: fn(K) -> Workload) -> Result<&Workload, serde_json::Error> {
        if let Some(known) = self.workload.get() {
            return Ok(known);
        }
        let read = Box::new(of(self.read()?));
        Ok(self.workload.get_or_init(|| read))
    }
}

fn of_deployment(deployment: Deployment) -> Workload {
    let (spec, status) = (deployment.spec.unwrap_or_default(), deployment.status.unwrap_or_default());
    let desired = spec.replicas.unwrap_or(1);
    let updated = status.updated_replicas.unwrap_or_default();
    let is_seen = status.observed_generation >= deployment.metadata.generation;
    Workload {
        desired,
        ready: status.ready_replicas.unwrap_or_default(),
        updated,
        is_rolled_out: is_seen && updated == desired && status.replicas.unwrap_or_default() == desired,
        image: image(spec.template.spec.as_ref()),
        config: config(&spec.template),
    }
}

fn of_stateful_set(set: StatefulSet) -> Workload {
    let (spec, status) = (set.spec.unwrap_or_default(), set.status.unwrap_or_default());
    let desired = spec.replicas.unwrap_or(1);
    let is_seen = status.observed_generation >= set.metadata.generation;
    let is_updated = desired == 0 || status.current_revision == status.update_revision;
    Workload {
        desired,
        ready: status.ready_replicas.unwrap_or_default(),
        updated: if is_updated { status.current_replicas } else { status.updated_replicas }.unwrap_or_default(),
        is_rolled_out: is_seen && is_updated && status.replicas == desired,
        image: image(spec.template.spec.as_ref()),
        config: config(&spec.template),
    }
}

fn image(pod: Option<&PodSpec>) -> Option<String> {
    pod?.containers.first()?.image.clone()
}

fn config(template: &PodTemplateSpec) -> Option<String> {
    template.metadata.as_ref()?.annotations.as_ref()?.get(labels::CONFIG).cloned()
}
