//! One look at a pipeline, in four steps: look, decide, act, tell.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::apps::v1::Deployment;
use kube::{Resource, ResourceExt};
use tokio::time::Instant;

use super::{
    act::Target,
    crew::{Crew, Member},
    hold::{self, Change, Hold},
    numbers::{Numbers, microsecond},
    startup::Startups,
    usage::Usage,
};
use crate::{
    api::{AutoscalingMode, Operation, PhotoPlatform, ProcessingPipeline},
    children::{ChildKind, Live},
    context::Context,
    labels,
    names::Component,
    scaled::Scaled,
    scaling::{self, Decision, Observation, Policy, Reason, State, lines},
    scalings::{Freshness, Off, Outcome, QueueTold, Scaling},
};

/// Where each decision is logged with what it went by, for tests/scaling.
const RECORDINGS: &str = "photo_operator::observations";

/// What is remembered of a pipeline from one look to the next.
#[derive(Default)]
pub(super) struct Followed {
    /// Its namespace and name.
    pub(super) place: (String, String),
    /// When it is its turn.
    pub(super) due: Option<Instant>,
    state: State,
    startups: Startups,
    hold: Hold,
}

/// What a look goes by.
pub(super) struct View<'a> {
    pub(super) platform: &'a PhotoPlatform,
    pub(super) pipeline: &'a ProcessingPipeline,
    pub(super) policy: &'a Policy,
    /// The queues, as they were last seen.
    pub(super) numbers: Option<&'a Numbers>,
    /// Why they can't be seen now, where they can't.
    pub(super) unseen: Option<String>,
    pub(super) members: Vec<Member>,
}

impl View<'_> {
    /// Who else chooses how many workers there are, where somebody does.
    fn off(&self) -> Option<Off> {
        let operations = [self.platform.spec.operation, self.pipeline.spec.operation];
        if operations.contains(&Operation::Stopped) {
            return Some(Off::Stopped);
        }
        let name = self.pipeline.name_any();
        // Workers are given nothing: more of them would wait for nothing.
        let is_queue_paused = self.numbers.and_then(|numbers| numbers.row(&name)).is_some_and(|row| row.numbers.paused);
        match self.pipeline.spec.autoscaling_mode() {
            AutoscalingMode::Disabled => Some(Off::Disabled),
            AutoscalingMode::External => Some(Off::External),
            AutoscalingMode::Cpu => Some(Off::Cpu),
            AutoscalingMode::Queue if operations.contains(&Operation::Paused) || is_queue_paused => Some(Off::Paused),
            AutoscalingMode::Queue => None,
        }
    }

    /// Whether anybody has ever seen its queue. A storage role that just begins is no outage.
    fn was_ever_seen(&self) -> bool {
        let row = self.numbers.and_then(|numbers| numbers.row(&self.pipeline.name_any()));
        row.is_some() || self.pipeline.status.as_ref().is_some_and(|status| status.queue.is_some())
    }

    fn freshness(&self, is_suspect: bool, now: Timestamp) -> Freshness {
        let sample = self.numbers.and_then(|numbers| numbers.sample(&self.pipeline.name_any()));
        let is_stale =
            |at: Timestamp| Duration::try_from(now.duration_since(at)).is_ok_and(|age| age > self.policy.stale_after);
        match (sample, &self.unseen) {
            (Some(sample), _) if !is_stale(sample.at) && is_suspect => Freshness::Suspect,
            (Some(sample), _) if !is_stale(sample.at) => Freshness::Fresh,
            (_, Some(unseen)) => Freshness::Stale(unseen.clone()),
            (None, None) => Freshness::Stale("the storage role does not know this queue yet".to_owned()),
            (Some(_), None) => Freshness::Stale("the storage role tells the same reading again and again".to_owned()),
        }
    }
}

impl Followed {
    /// Looks at a pipeline, makes so many workers as are needed, and says whether its status has something to tell of it.
    pub(super) async fn look(&mut self, view: View<'_>, context: &Context) -> bool {
        let (namespace, name) = (view.pipeline.namespace().unwrap_or_default(), view.pipeline.name_any());
        let (uid, workers) = (view.pipeline.uid().unwrap_or_default(), Component::Worker.of(&name));
        let live = context.cache.child(ChildKind::Deployment, &namespace, &workers);
        let Some((live, shown)) = live.and_then(|live| hold::shown(&live).map(|shown| (live, shown))) else {
            *self = Self::default();
            forget(&uid, &(namespace, name), context);
            return false;
        };
        if !view.was_ever_seen() {
            return false;
        }
        self.place = (namespace.clone(), name.clone());
        let owner = view.pipeline.object_ref(&());
        let target = Target { namespace: &namespace, deployment: &workers, scaled: Scaled::Workers, owner: &owner };
        let off = view.off();
        let current = self.hold.current(shown, off.is_none(), target, context).await;
        let crew = self.crew(&view);
        let now = microsecond(context.clock.now());
        let mut observation = Observation {
            queue: view.numbers.and_then(|numbers| numbers.sample(&name)),
            pods: crew.pods(current, self.startups.mean()),
            cpu: None,
            memory: None,
        };
        let before = std::mem::take(&mut self.state);
        let (mut decision, mut state) = scaling::decide(view.policy, &observation, now, before.clone());
        let could_matter = use_matters(&decision, current) || state.is_suspect(now, view.policy);
        if off.is_none() && could_matter && crew.members.iter().any(|member| member.is_ready) {
            let usage = usage(target, &view, &live, context).await;
            (observation.cpu, observation.memory) = (usage.cpu, usage.memory);
            (decision, state) = scaling::decide(view.policy, &observation, now, before.clone());
        }
        let is_suspect = state.is_suspect(now, view.policy);
        record(&view, &observation, now, &decision);
        let outcome = if let Some(off) = off {
            Outcome::Recommended(off)
        } else {
            let deletion_costs = crew.deletion_costs(current.saturating_sub(decision.desired));
            let change = Change { from: current, decision: &decision, deletion_costs: &deletion_costs };
            self.hold.follow(target, change, context).await
        };
        self.state = if outcome == Outcome::Followed { state } else { state.not_done(&before) };
        let is_late = decision.projected_wait_seconds.is_some_and(|wait| wait > view.policy.wait_slo.as_secs_f64());
        let scaling = Scaling {
            current,
            is_limited: is_late && decision.desired >= view.policy.max_replicas,
            freshness: view.freshness(is_suspect, now),
            queue: queue(&view),
            changed_at: self.hold.changed_at,
            outcome,
            decision,
        };
        context.metrics.scaled(&namespace, &name, &scaling);
        context.scalings.tell(&uid, scaling, Instant::now())
    }

    fn crew(&mut self, view: &View<'_>) -> Crew {
        self.startups.see(&view.members);
        let numbers = view.numbers.and_then(|numbers| numbers.row(&view.pipeline.name_any())).map(|row| &row.numbers);
        let busy = numbers.map(|numbers| numbers.busy_workers.clone()).unwrap_or_default();
        let active = numbers.map_or(0, |numbers| numbers.active);
        let unnamed = active.saturating_sub(busy.values().sum());
        Crew { members: view.members.clone(), busy, unnamed }
    }
}

/// Tells no more of a pipeline that is gone, or whose workers are.
pub(super) fn forget(uid: &str, (namespace, name): &(String, String), context: &Context) {
    context.scalings.forget(uid);
    context.metrics.scaled_no_more(namespace, name);
}

/// Writes down what a decision went by, where somebody wants to know it.
fn record(view: &View<'_>, observation: &Observation, now: Timestamp, decision: &Decision) {
    if tracing::enabled!(target: RECORDINGS, tracing::Level::DEBUG) {
        let recording = lines::recording(view.policy, observation, now, decision);
        let (namespace, pipeline) = (view.pipeline.namespace().unwrap_or_default(), view.pipeline.name_any());
        tracing::debug!(target: RECORDINGS, namespace, pipeline, recording);
    }
}

/// Whether how much workers use could change a decision of a queue that is not suspect: it is asked for only then.
fn use_matters(decision: &Decision, current: u32) -> bool {
    decision.desired < current || decision.reason == Reason::MetricsStale
}

async fn usage(target: Target<'_>, view: &View<'_>, workers: &Live, context: &Context) -> Usage {
    let platform = view.platform.name_any();
    let selector = labels::selector_text(Component::Worker, &platform, Some(&view.pipeline.name_any()));
    match context.cluster.use_of(target.namespace, &selector).await {
        Ok(Some(measured)) => {
            let deployment: Option<Deployment> = workers.read().ok();
            deployment.map(|deployment| Usage::of(&deployment, &view.members, &measured)).unwrap_or_default()
        }
        Ok(None) => Usage::default(),
        Err(error) => {
            tracing::warn!(%error, namespace = target.namespace, "how much workers use is unknown");
            Usage::default()
        }
    }
}

fn queue(view: &View<'_>) -> Option<QueueTold> {
    let numbers = view.numbers?;
    Some(QueueTold { numbers: numbers.row(&view.pipeline.name_any())?.numbers.clone(), at: numbers.at })
}
