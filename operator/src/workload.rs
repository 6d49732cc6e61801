//! What runs pods, and what belongs to that: the same for every component.

mod access;
mod scaling;

use k8s_openapi::{
    api::{
        apps::v1::{
            Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment, StatefulSet,
            StatefulSetPersistentVolumeClaimRetentionPolicy, StatefulSetSpec,
        },
        core::v1::{PersistentVolumeClaim, PersistentVolumeClaimSpec, VolumeResourceRequirements},
    },
    apimachinery::pkg::{
        apis::meta::v1::{LabelSelector, ObjectMeta},
        util::intstr::IntOrString,
    },
};

pub use access::{config_map, pods_address, service_account, stable_address};
pub use scaling::{Aims, Replicas, autoscaler, disruption_budget};

use crate::{
    api::{DeletionPolicy, Storage},
    children::{ChildKind, NotRendered, Rendered},
    names::Component,
    pod::{Ground, Pod},
};

/// Old revisions that are kept to go back to.
const REVISIONS: i32 = 3;

/// A Deployment. A new pod is ready before an old one goes.
///
/// # Errors
/// It can't be written.
pub fn deployment(ground: &Ground, replicas: Replicas, pod: Pod) -> Result<Rendered, NotRendered> {
    let component = pod.component;
    let (replicas, first_replicas) = match replicas {
        Replicas::Fixed(replicas) => (Some(replicas), None),
        Replicas::Chosen { first } => (None, Some(first)),
    };
    let update = RollingUpdateDeployment {
        max_surge: Some(IntOrString::String("25%".to_owned())),
        max_unavailable: Some(IntOrString::Int(0)),
    };
    let deployment = Deployment {
        spec: Some(DeploymentSpec {
            replicas,
            revision_history_limit: Some(REVISIONS),
            selector: selected(ground, component),
            strategy: Some(DeploymentStrategy {
                type_: Some("RollingUpdate".to_owned()),
                rolling_update: Some(update),
            }),
            template: ground.template(pod)?,
            ..DeploymentSpec::default()
        }),
        ..Deployment::default()
    };
    let family = &ground.family;
    let child = family.child(component, ChildKind::Deployment, component.of(family.name), &deployment)?;
    Ok(Rendered { first_replicas, ..child })
}

/// The volume of a StatefulSet's pod.
#[derive(Debug, Clone, Copy)]
pub struct PodVolume<'a> {
    /// Its name, part of the name of the claim.
    pub name: &'static str,
    /// Its size and class.
    pub storage: &'a Storage,
    /// What becomes of it when the platform is deleted.
    pub deletion: DeletionPolicy,
}

/// A StatefulSet of one pod, or of none, with a volume. The claim has no owner of ours: what becomes of it is said by the
/// StatefulSet's own policy, and no pod that is missing for a while costs it.
///
/// # Errors
/// It can't be written.
pub fn stateful_set(ground: &Ground, runs: bool, pod: Pod, volume: PodVolume) -> Result<Rendered, NotRendered> {
    let (component, family) = (pod.component, &ground.family);
    let when_deleted = match volume.deletion {
        DeletionPolicy::Retain => "Retain",
        DeletionPolicy::Delete => "Delete",
    };
    let retention = StatefulSetPersistentVolumeClaimRetentionPolicy {
        when_deleted: Some(when_deleted.to_owned()),
        when_scaled: Some("Retain".to_owned()),
    };
    let set = StatefulSet {
        spec: Some(StatefulSetSpec {
            replicas: Some(i32::from(runs)),
            // A pod that can't start does not keep its own replacement from coming.
            pod_management_policy: Some("Parallel".to_owned()),
            revision_history_limit: Some(REVISIONS),
            service_name: Some(component.pods_of(family.name)),
            selector: selected(ground, component),
            persistent_volume_claim_retention_policy: Some(retention),
            volume_claim_templates: Some(vec![claim(ground, component, volume)]),
            template: ground.template(pod)?,
            ..StatefulSetSpec::default()
        }),
        ..StatefulSet::default()
    };
    family.child(component, ChildKind::StatefulSet, component.of(family.name), &set)
}

/// A template of claims. It can't be changed, so it has only labels that stay.
fn claim(ground: &Ground, component: Component, volume: PodVolume) -> PersistentVolumeClaim {
    let requests = [("storage".to_owned(), volume.storage.size.clone())].into();
    PersistentVolumeClaim {
        metadata: ObjectMeta {
            name: Some(volume.name.to_owned()),
            labels: Some(ground.family.selector(component)),
            ..ObjectMeta::default()
        },
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
            storage_class_name: volume.storage.storage_class_name.clone(),
            resources: Some(VolumeResourceRequirements { requests: Some(requests), limits: None }),
            ..PersistentVolumeClaimSpec::default()
        }),
        status: None,
    }
}

fn selected(ground: &Ground, component: Component) -> LabelSelector {
    LabelSelector { match_labels: Some(ground.family.selector(component)), match_expressions: None }
}
