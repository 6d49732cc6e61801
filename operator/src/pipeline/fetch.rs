//! Step 1, fetch: what there is of a pipeline. Reads only.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;

use crate::{
    api::{PhotoPlatform, ProcessingPipeline},
    cache::Watched,
    children::{ChildKind, Live},
    component_state::ComponentState,
    context::Context,
    names::Component,
    platform::state,
    scalings::Scaling,
};

/// What there is of a pipeline.
#[derive(Debug)]
pub(super) struct Facts {
    /// The platform that it names, where there is one.
    pub platform: Option<Arc<PhotoPlatform>>,
    /// Its children.
    pub children: Vec<(ChildKind, Arc<Live>)>,
    /// Its workers.
    pub workers: ComponentState,
    /// What was last decided of how many workers there are.
    pub scaling: Option<Scaling>,
}

/// Reads from the cache what there is.
pub(super) fn fetch(pipeline: &ProcessingPipeline, context: &Context) -> Facts {
    let (namespace, name) = (pipeline.namespace().unwrap_or_default(), pipeline.name_any());
    let platform = &pipeline.spec.platform_ref.name;
    let pods: Vec<Pod> = context
        .cache
        .of(Watched::Pod, &namespace, platform, Some(&name))
        .iter()
        .filter(|pod| !pod.is_terminating())
        .filter_map(|pod| pod.read().ok())
        .collect();
    Facts {
        platform: context.cache.platform(&namespace, platform),
        children: context.cache.children_of(&namespace, platform, Some(&name)),
        workers: state(Component::Worker, &namespace, &name, &pods, context),
        scaling: context.scalings.of(&pipeline.uid().unwrap_or_default()),
    }
}
