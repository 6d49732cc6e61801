//! Whose turn it is to get a new image. On a release, workloads follow one another: Redis, object store, storage role,
//! workers, events role, gateway. Those behind keep the image that they run until all before them run theirs and are
//! ready, so a release that does not come up stops where it is. What does not run yet is made at once.

use std::sync::Arc;

use kube::ResourceExt;

use super::{ComponentImages, chosen, fetch};
use crate::{
    api::{PhotoPlatform, ProcessingPipeline},
    component_state::ComponentState,
    context::Context,
    names::Component,
};

/// The order of turns: who reads what another writes comes before it, the face to the world comes last.
const ORDER: [Component; 6] =
    [Component::Redis, Component::Store, Component::Metadata, Component::Worker, Component::Events, Component::Gateway];

/// What a workload runs, and what it is to run in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Runs {
    component: Component,
    live: Option<String>,
    wanted: String,
    is_ready: bool,
}

impl Runs {
    fn new(state: &ComponentState, wanted: &str) -> Self {
        let wanted = wanted.to_owned();
        Self { component: state.component, live: state.image.clone(), wanted, is_ready: state.is_ready() }
    }

    /// Whether nobody has to wait for it.
    fn is_done(&self) -> bool {
        self.live.as_ref().is_none_or(|live| *live == self.wanted && self.is_ready)
    }
}

/// The image that each workload is to run now, in the order of `all`.
fn in_turn(all: &[Runs]) -> Vec<String> {
    let turn = |component| ORDER.iter().position(|other| *other == component);
    let now = all.iter().filter(|runs| !runs.is_done()).map(|runs| turn(runs.component)).min();
    let image = |runs: &Runs| match &runs.live {
        Some(live) if now.is_some_and(|now| turn(runs.component) > now) => live.clone(),
        Some(_) | None => runs.wanted.clone(),
    };
    all.iter().map(image).collect()
}

/// The images that a platform's workloads are to run now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rollout {
    /// Those of its components.
    pub components: ComponentImages,
    /// The pipelines whose workers run another image than they are to run now.
    pub behind: Vec<String>,
}

impl Rollout {
    /// How far a platform is, from the cache.
    pub(super) fn of(platform: &PhotoPlatform, pipelines: &[Arc<ProcessingPipeline>], context: &Context) -> Self {
        let mut images = chosen(&platform.spec, &context.images);
        let own = own(platform, &images, context);
        let workers = pipelines.iter().map(|pipeline| workers(pipeline, &images, context));
        let all: Vec<Runs> = own.iter().cloned().chain(workers).collect();
        let now = in_turn(&all);
        let (now_of_own, now_of_workers) = now.split_at(own.len());
        for (runs, image) in own.iter().zip(now_of_own) {
            images.set(runs.component, image.clone());
        }
        let is_behind = |(_, (runs, image)): &(&Arc<ProcessingPipeline>, (&Runs, &String))| {
            runs.live.as_ref().is_some_and(|live| live != *image)
        };
        let behind = pipelines.iter().zip(all.iter().skip(own.len()).zip(now_of_workers)).filter(is_behind);
        Self { components: images, behind: behind.map(|(pipeline, _)| pipeline.name_any()).collect() }
    }
}

/// The image that a pipeline's workers are to run now, from the cache. Other pipelines have the same turn, so they are not
/// looked at.
pub(crate) fn image_of_workers(platform: &PhotoPlatform, pipeline: &ProcessingPipeline, context: &Context) -> String {
    let images = chosen(&platform.spec, &context.images);
    let mut all = own(platform, &images, context);
    all.push(workers(pipeline, &images, context));
    in_turn(&all).pop().unwrap_or_default()
}

fn own(platform: &PhotoPlatform, images: &ComponentImages, context: &Context) -> Vec<Runs> {
    let (namespace, name) = (platform.namespace().unwrap_or_default(), platform.name_any());
    let state = |component| fetch::state(component, &namespace, &name, &[], context);
    fetch::components(platform).into_iter().map(|part| Runs::new(&state(part), images.of(part))).collect()
}

fn workers(pipeline: &ProcessingPipeline, images: &ComponentImages, context: &Context) -> Runs {
    let namespace = pipeline.namespace().unwrap_or_default();
    let state = fetch::state(Component::Worker, &namespace, &pipeline.name_any(), &[], context);
    Runs::new(&state, images.of_workers(&pipeline.spec))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(component: Component, live: &str, wanted: &str, is_ready: bool) -> Runs {
        let live = (!live.is_empty()).then(|| live.to_owned());
        Runs { component, live, wanted: wanted.to_owned(), is_ready }
    }

    /// What metadata, the workers of two pipelines and the gateway are to run, given what they run and whether they are
    /// ready; all are wanted at `2`.
    fn images(of: [(&str, bool); 4]) -> Vec<String> {
        let components = [Component::Metadata, Component::Worker, Component::Worker, Component::Gateway];
        let all: Vec<Runs> = components
            .iter()
            .zip(of)
            .map(|(component, (live, is_ready))| runs(*component, live, "2", is_ready))
            .collect();
        in_turn(&all)
    }

    #[test]
    fn a_new_platform_is_made_at_once() {
        assert_eq!(images([("", false), ("", false), ("", false), ("", false)]), ["2", "2", "2", "2"]);
        assert_eq!(images([("2", false), ("", false), ("2", false), ("2", false)]), ["2", "2", "2", "2"]);
    }

    #[test]
    fn on_a_release_each_waits_for_those_before_it() {
        assert_eq!(images([("1", true), ("1", true), ("1", true), ("1", true)]), ["2", "1", "1", "1"]);
        assert_eq!(images([("2", false), ("1", true), ("1", true), ("1", true)]), ["2", "1", "1", "1"]);
        assert_eq!(images([("2", true), ("1", true), ("1", true), ("1", true)]), ["2", "2", "2", "1"]);
        assert_eq!(images([("2", true), ("2", true), ("2", false), ("1", true)]), ["2", "2", "2", "1"]);
        assert_eq!(images([("2", true), ("2", true), ("2", true), ("1", true)]), ["2", "2", "2", "2"]);
    }

    #[test]
    fn a_pipeline_that_is_new_in_the_middle_of_a_release_begins_with_the_new_image() {
        assert_eq!(images([("1", true), ("", false), ("1", true), ("1", true)]), ["2", "2", "1", "1"]);
    }
}
