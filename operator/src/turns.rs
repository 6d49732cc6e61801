//! Whose turn it is: said by watches, by the scaler and by platforms of their pipelines; taken by the reconcilers.

use std::time::Duration;

use futures::{
    Stream,
    channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded},
};
use kube::{
    ResourceExt,
    runtime::{
        reflector::{ObjectRef, Store},
        scheduler::{ScheduleRequest, scheduler},
    },
};
use tokio::time::Instant;

use crate::{
    api::{PhotoPlatform, ProcessingPipeline},
    children::Live,
    labels,
};

/// Whose turn it is: sent by watches, taken by the reconcilers.
#[derive(Clone)]
pub struct Turns {
    platforms: UnboundedSender<ObjectRef<PhotoPlatform>>,
    pipelines: UnboundedSender<ScheduleRequest<ObjectRef<ProcessingPipeline>>>,
}

/// Where the reconcilers take their turns from.
pub struct Queues {
    platforms: UnboundedReceiver<ObjectRef<PhotoPlatform>>,
    pipelines: UnboundedReceiver<ScheduleRequest<ObjectRef<ProcessingPipeline>>>,
}

impl Queues {
    /// Platforms and pipelines to look at, each when it is its turn.
    pub fn streams(
        self,
    ) -> (impl Stream<Item = ObjectRef<PhotoPlatform>>, impl Stream<Item = ObjectRef<ProcessingPipeline>>) {
        (self.platforms, scheduler(self.pipelines))
    }
}

impl Turns {
    /// A pair of both ends.
    pub fn new() -> (Self, Queues) {
        let (platforms, platform_queue) = unbounded();
        let (pipelines, pipeline_queue) = unbounded();
        (Self { platforms, pipelines }, Queues { platforms: platform_queue, pipelines: pipeline_queue })
    }

    /// It is the platform's turn.
    pub fn platform(&self, namespace: &str, name: &str) {
        // Without a receiver the process is ending.
        drop(self.platforms.unbounded_send(ObjectRef::new(name).within(namespace)));
    }

    /// It is the pipeline's turn.
    pub fn pipeline(&self, namespace: &str, name: &str) {
        self.pipeline_after(Duration::ZERO, namespace, name);
    }

    /// It is the pipeline's turn after so long, if not before.
    pub fn pipeline_after(&self, wait: Duration, namespace: &str, name: &str) {
        let message = ObjectRef::new(name).within(namespace);
        drop(self.pipelines.unbounded_send(ScheduleRequest { message, run_at: Instant::now() + wait }));
    }

    /// It is the platform's turn.
    pub(crate) fn platform_of(&self, platform: &PhotoPlatform) {
        self.platform(&platform.namespace().unwrap_or_default(), &platform.name_any());
    }

    /// It is the turn of the pipeline and of its platform.
    pub(crate) fn pipeline_and_platform(&self, pipeline: &ProcessingPipeline) {
        let namespace = pipeline.namespace().unwrap_or_default();
        self.pipeline(&namespace, &pipeline.name_any());
        self.platform(&namespace, &pipeline.spec.platform_ref.name);
    }

    /// It is everybody's turn.
    pub(crate) fn all(&self, platforms: &Store<PhotoPlatform>, pipelines: &Store<ProcessingPipeline>) {
        platforms.state().iter().for_each(|platform| self.platform_of(platform));
        self.pipelines(pipelines);
    }

    /// It is the turn of every pipeline of the platform, of those that are `known`.
    pub(crate) fn pipelines_of(&self, platform: &PhotoPlatform, known: &Store<ProcessingPipeline>) {
        let names = |pipeline: &ProcessingPipeline| {
            pipeline.namespace() == platform.namespace() && pipeline.spec.platform_ref.name == platform.name_any()
        };
        for pipeline in known.state().iter().filter(|pipeline| names(pipeline)) {
            self.pipeline(&pipeline.namespace().unwrap_or_default(), &pipeline.name_any());
        }
    }

    fn pipelines(&self, known: &Store<ProcessingPipeline>) {
        for pipeline in known.state() {
            self.pipeline(&pipeline.namespace().unwrap_or_default(), &pipeline.name_any());
        }
    }

    /// It is the turn of the one that a child belongs to.
    pub(crate) fn child(&self, live: &Live) {
        match (live.label(labels::PLATFORM), live.label(labels::PIPELINE)) {
            (_, Some(pipeline)) => self.pipeline(live.namespace(), pipeline),
            (Some(platform), None) => self.platform(live.namespace(), platform),
            (None, None) => {}
        }
    }
}
