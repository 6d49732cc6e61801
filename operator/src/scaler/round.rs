//! One look at a platform: its queues, then each of its pipelines whose turn it is.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use secrecy::SecretString;
use tokio::time::Instant;

use super::{
    crew::Member,
    events::Events,
    follow::{Followed, View, forget},
    numbers::{Numbers, microsecond},
};
use crate::{
    api::{PhotoPlatform, ProcessingPipeline},
    cache::Watched,
    config,
    context::Context,
    data_plane::Place,
    labels,
    names::Component,
    scaling::Policy,
};

/// When it is looked again which pipelines a platform has, at the latest.
const REST: Duration = Duration::from_secs(5);

/// When one is, that is just being made.
const REST_BEFORE: Duration = Duration::from_secs(1);

/// What a round has to tell is told one after the other in such steps: the reconcile that writes a status would otherwise
/// keep a pipeline that is applied just then waiting behind those of a hundred others.
const STEP: Duration = Duration::from_millis(50);

/// So many, which is until the next round; then the next begins beside the first.
const STEPS: u32 = 100;

/// What is remembered of a platform from one round to the next.
#[derive(Default)]
pub(super) struct Watcher {
    due: Option<Instant>,
    numbers: Option<Numbers>,
    pipelines: HashMap<String, Followed>,
    events: Events,
}

impl Watcher {
    /// Whether it is its turn.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.due.is_none_or(|due| due <= now)
    }

    /// Looks at the platform, and scales its events role and those of its pipelines whose turn it is. Neither waits for the
    /// other: a pod that does not answer takes its time.
    pub(super) async fn round(&mut self, platform: &PhotoPlatform, context: &Context) {
        let mut events = std::mem::take(&mut self.events);
        let is_leaving = platform.metadata.deletion_timestamp.is_some();
        let look_at_events = async {
            if !is_leaving && events.is_due(Instant::now()) {
                events.look(platform, context).await;
            }
        };
        tokio::join!(Box::pin(look_at_events), Box::pin(self.look_at_pipelines(platform, context)));
        self.events = events;
    }

    async fn look_at_pipelines(&mut self, platform: &PhotoPlatform, context: &Context) {
        let (namespace, name) = (platform.namespace().unwrap_or_default(), platform.name_any());
        let pipelines = context.cache.pipelines_of(&namespace, &name);
        let is_there = |uid: &str| pipelines.iter().any(|pipeline| pipeline.metadata.uid.as_deref() == Some(uid));
        self.forget_unless(is_there, context);
        let now = Instant::now();
        let is_leaving = platform.metadata.deletion_timestamp.is_some();
        let due = pipelines.iter().filter(|pipeline| !is_leaving && self.is_turn_of(pipeline, now));
        // One whose numbers make no sense together is told about by its reconcile, and left as it is.
        let due: Vec<(&Arc<ProcessingPipeline>, Policy)> =
            due.filter_map(|pipeline| Some((pipeline, config::scaling_policy(&pipeline.spec).ok()?))).collect();
        let secrets = context.memory.of(&platform.uid().unwrap_or_default()).secrets;
        // Its reconcile has not been there yet: nobody knows how to ask.
        let Some(key) = secrets.map(|secrets| secrets.service_key) else {
            self.due = Some(now + REST_BEFORE);
            return;
        };
        if !due.is_empty() {
            let unseen = self.ask(platform, key, context).await.err();
            let mut told = 0;
            let mut crews = crews(&namespace, &name, context);
            for (pipeline, policy) in due {
                let followed = self.pipelines.entry(pipeline.uid().unwrap_or_default()).or_default();
                let view = View {
                    platform,
                    pipeline,
                    policy: &policy,
                    numbers: self.numbers.as_ref(),
                    unseen: unseen.clone(),
                    members: crews.remove(&pipeline.name_any()).unwrap_or_default(),
                };
                if followed.look(view, context).await {
                    context.turns.pipeline_after(STEP * (told % STEPS), &namespace, &pipeline.name_any());
                    told += 1;
                }
                followed.due = Some(now + policy.poll_period);
            }
        }
        // A pipeline that is new is not among them.
        let next = self.pipelines.values().filter_map(|followed| followed.due).filter(|due| *due > now).min();
        self.due = Some(next.map_or(now + REST, |next| next.min(now + REST)));
    }

    fn is_turn_of(&self, pipeline: &ProcessingPipeline, now: Instant) -> bool {
        let followed = pipeline.uid().and_then(|uid| self.pipelines.get(&uid));
        pipeline.metadata.deletion_timestamp.is_none()
            && followed.and_then(|followed| followed.due).is_none_or(|due| due <= now)
    }

    /// Tells no more of a platform that is gone.
    pub(super) fn forget(&mut self, context: &Context) {
        self.forget_unless(|_| false, context);
        self.events.forget(context);
    }

    /// Forgets the pipelines that are not there.
    fn forget_unless(&mut self, is_there: impl Fn(&str) -> bool, context: &Context) {
        for (uid, followed) in self.pipelines.extract_if(|uid, _| !is_there(uid)) {
            forget(&uid, &followed.place, context);
        }
    }

    /// Asks for the numbers of all queues. Where they can't be had, the text says why.
    async fn ask(&mut self, platform: &PhotoPlatform, key: SecretString, context: &Context) -> Result<(), String> {
        let (namespace, name) = (platform.namespace().unwrap_or_default(), platform.name_any());
        let place = Place { namespace: &namespace, platform: &name, component: Component::Metadata, pod: None };
        let storage = context.data_plane.storage(place, key).map_err(|error| error.to_string())?;
        let asked = microsecond(context.clock.now());
        let report = storage.queues().await.map_err(|error| error.chain())?;
        self.numbers = Some(Numbers::of(report, asked, self.numbers.as_ref()));
        Ok(())
    }
}

/// The workers of all pipelines of a platform, by pipeline.
fn crews(namespace: &str, platform: &str, context: &Context) -> BTreeMap<String, Vec<Member>> {
    let mut crews = BTreeMap::<String, Vec<Member>>::new();
    for live in context.cache.of_pipelines(Watched::Pod, namespace, platform) {
        let member = live.read::<Pod>().ok().as_ref().and_then(Member::of);
        if let (Some(pipeline), Some(member)) = (live.label(labels::PIPELINE), member) {
            crews.entry(pipeline.to_owned()).or_default().push(member);
        }
    }
    crews
}
