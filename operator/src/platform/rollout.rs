//! Whose turn it is to get a new image. On a release, workloads follow one another: Redis, object store, storage role,
//! workers, events role, gateway. Those behind keep the image that they run until all before them run theirs and are
//! ready, so a release that does not come up stops where it is. What does not run yet is made at once.

use std::collections::BTreeMap;

use kube::ResourceExt;

use super::{ComponentImages, chosen, fetch};
use crate::{api::PhotoPlatform, component_state::ComponentState, context::Context, names::Component};

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
pub(crate) struct Rollout {
    /// Those of its components.
    pub components: ComponentImages,
    /// Those of its pipelines' workers, by the pipeline's name.
    pub workers: BTreeMap<String, String>,
    /// The pipelines whose workers run another image than they are to run now.
    pub behind: Vec<String>,
}

impl Rollout {
    /// How far a platform is, from the cache.
    pub(crate) fn of(platform: &PhotoPlatform, context: &Context) -> Self {
        let namespace = platform.namespace().unwrap_or_default();
        let mut images = chosen(&platform.spec, &context.images);
        let components = fetch::components(platform);
        let pipelines = context.cache.pipelines_of(&namespace, &platform.name_any());
        let own = components.iter().map(|component| {
            let state = fetch::state(*component, &namespace, &platform.name_any(), &[], context);
            Runs::new(&state, images.of(*component))
        });
        let workers = pipelines.iter().map(|pipeline| {
            let state = fetch::state(Component::Worker, &namespace, &pipeline.name_any(), &[], context);
            Runs::new(&state, images.of_workers(&pipeline.spec))
        });
        let own: Vec<Runs> = own.collect();
        let all: Vec<Runs> = own.iter().cloned().chain(workers).collect();
        let now = in_turn(&all);
        let (now_of_own, now_of_workers) = now.split_at(own.len());
        for (component, image) in components.iter().zip(now_of_own) {
            images.set(*component, image.clone());
        }
        let names = || pipelines.iter().map(|pipeline| pipeline.name_any());
        let is_behind =
            |(_, (runs, image)): &(String, (&Runs, &String))| runs.live.as_ref().is_some_and(|live| live != *image);
        let behind = names().zip(all.iter().skip(own.len()).zip(now_of_workers)).filter(is_behind);
        Self {
            components: images,
            behind: behind.map(|(name, _)| name).collect(),
            workers: names().zip(now_of_workers.iter().cloned()).collect(),
        }
    }
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
