//! Step 1, fetch: what there is of a platform. Reads only.

use std::{collections::BTreeMap, sync::Arc};

use futures::future;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use photo_runtime::health::HealthReport;

use crate::{
    api::{PhotoPlatform, ProcessingPipeline},
    cache::Watched,
    children::{ChildKind, Live},
    component_state::{ComponentState, workload_of},
    context::Context,
    data_plane::{HealthError, Place},
    names::Component,
    scalings::Scaling,
};

/// What there is of a platform.
#[derive(Debug)]
pub(super) struct Facts {
    /// Its children.
    pub children: Vec<(ChildKind, Arc<Live>)>,
    /// The claims of its volumes.
    pub claims: Vec<Arc<Live>>,
    /// Its components, as far as they are wanted.
    pub components: Vec<ComponentState>,
    /// What the roles say, of those that were asked.
    pub health: Vec<(Component, Result<HealthReport, HealthError>)>,
    /// The metrics of the storage role, where it was asked.
    pub storage_numbers: Option<BTreeMap<String, f64>>,
    /// The pipelines that name it.
    pub pipelines: Vec<Arc<ProcessingPipeline>>,
    /// How its events role is scaled, where the scaler has looked at it.
    pub scaling: Option<Scaling>,
}

impl Facts {
    /// A component as it is.
    pub(super) fn component(&self, component: Component) -> Option<&ComponentState> {
        self.components.iter().find(|state| state.component == component)
    }

    /// What a role said, if it was asked.
    pub(super) fn health(&self, component: Component) -> Option<&Result<HealthReport, HealthError>> {
        self.health.iter().find(|(asked, _)| *asked == component).map(|(_, said)| said)
    }
}

/// The components that the operator runs for a platform.
pub(super) fn components(platform: &PhotoPlatform) -> Vec<Component> {
    let spec = &platform.spec;
    let mut components = vec![Component::Metadata, Component::Gateway, Component::Events];
    if spec.redis.managed.is_some() {
        components.push(Component::Redis);
    }
    if spec.object_store.managed.is_some() {
        components.push(Component::Store);
    }
    components.sort();
    components
}

/// Reads from the cache what there is, and asks roles that have pods for their health.
pub(super) async fn fetch(platform: &PhotoPlatform, context: &Context) -> Facts {
    let (namespace, name) = (platform.namespace().unwrap_or_default(), platform.name_any());
    let pods = context.cache.of(Watched::Pod, &namespace, &name, None);
    let components: Vec<(Component, Vec<Pod>)> =
        components(platform).into_iter().map(|component| (component, pods_of(component, &pods))).collect();
    // Side by side: one that does not answer takes its time.
    let asked = future::join_all(components.iter().filter_map(|(component, pods)| {
        let role = matches!(component, Component::Metadata | Component::Gateway | Component::Events);
        let pod = whom_to_ask(pods).filter(|_| role)?;
        let place = Place { namespace: &namespace, platform: &name, component: *component, pod: Some(pod) };
        Some(async move { (*component, context.data_plane.health(place).await) })
    }));
    let (health, storage_numbers) = future::join(asked, storage_numbers(&namespace, &name, &components, context)).await;
    Facts {
        children: context.cache.children_of(&namespace, &name, None),
        claims: context.cache.of(Watched::PersistentVolumeClaim, &namespace, &name, None),
        components: components
            .iter()
            .map(|(component, pods)| state(*component, &namespace, &name, pods, context))
            .collect(),
        health,
        storage_numbers,
        pipelines: context.cache.pipelines_of(&namespace, &name),
        scaling: context.scalings.of(&platform.uid().unwrap_or_default()),
    }
}

/// The metrics of the storage role. What they would tell is told next time where it does not answer; why it does not is in
/// its health.
async fn storage_numbers(
    namespace: &str,
    platform: &str,
    components: &[(Component, Vec<Pod>)],
    context: &Context,
) -> Option<BTreeMap<String, f64>> {
    let component = Component::Metadata;
    let (_, pods) = components.iter().find(|(other, _)| *other == component)?;
    let place = Place { namespace, platform, component, pod: Some(whom_to_ask(pods)?) };
    context.data_plane.numbers(place).await.ok()
}

/// A component as the cache shows it. Its `owner` is a platform, or the pipeline of workers.
pub(crate) fn state(
    component: Component,
    namespace: &str,
    owner: &str,
    pods: &[Pod],
    context: &Context,
) -> ComponentState {
    let name = component.of(owner);
    let live = context.cache.child(workload_of(component), namespace, &name);
    match live.map(|live| ComponentState::of(component, &live, pods)) {
        Some(Ok(state)) => state,
        Some(Err(error)) => {
            tracing::warn!(%error, name, "a workload can't be read");
            ComponentState::missing(component)
        }
        None => ComponentState::missing(component),
    }
}

/// The pods of a component that are not about to end.
fn pods_of(component: Component, pods: &[Arc<Live>]) -> Vec<Pod> {
    let own = pods
        .iter()
        .filter(|pod| pod.label("app.kubernetes.io/component") == Some(component.as_str()) && !pod.is_terminating());
    own.filter_map(|pod| pod.read().ok()).collect()
}

/// The address of the pod to ask: one that is not ready knows why.
fn whom_to_ask(pods: &[Pod]) -> Option<&str> {
    let running = pods.iter().filter_map(|pod| {
        let status = pod.status.as_ref()?;
        let is_ready = status.conditions.iter().flatten().any(|found| found.type_ == "Ready" && found.status == "True");
        Some((is_ready, pod.metadata.name.as_deref(), status.pod_ip.as_deref()?))
    });
    running.min().map(|(_, _, address)| address)
}
