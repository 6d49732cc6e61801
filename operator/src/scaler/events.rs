//! One look at the events role of a platform, in the same four steps as one at a pipeline: look, decide, act, tell.

use std::time::Duration;

use futures::future;
use k8s_openapi::api::core::v1::Pod;
use kube::{Resource, ResourceExt};
use tokio::time::Instant;

use super::{
    act::Target,
    crew::{self, Member},
    hold::{self, Change, Hold},
};
use crate::{
    api::{Operation, PhotoPlatform},
    cache::Watched,
    children::ChildKind,
    config,
    context::Context,
    data_plane::Place,
    names::Component,
    scaled::Scaled,
    scaling::{ConnectionState, decide_by_connections},
    scalings::{Freshness, Off, Outcome, Scaling},
};

/// How often connections are counted.
const POLL: Duration = Duration::from_secs(5);

/// The gauge of a pod.
const CONNECTIONS: &str = "photo_eventbus_connections";

/// What is remembered of it from one look to the next.
#[derive(Default)]
pub(super) struct Events {
    due: Option<Instant>,
    state: ConnectionState,
    hold: Hold,
    /// Whose it is, where something is told of it.
    told: Option<Whose>,
}

/// A platform's uid, namespace and name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Whose([String; 3]);

impl Events {
    /// Whether it is its turn.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.due.is_none_or(|due| due <= now)
    }

    /// Tells no more of it: its platform is gone or stopped.
    pub(super) fn forget(&mut self, context: &Context) {
        let Self { told, .. } = std::mem::take(self);
        if let Some(Whose([uid, namespace, name])) = told {
            context.scalings.forget(&uid);
            context.metrics.events_scaled_no_more(&namespace, &name);
        }
    }

    /// Looks at it, makes so many pods as its connections need, and tells of it.
    pub(super) async fn look(&mut self, platform: &PhotoPlatform, context: &Context) {
        let (namespace, name) = (platform.namespace().unwrap_or_default(), platform.name_any());
        let deployment_name = Component::Events.of(&name);
        let live = context.cache.child(ChildKind::Deployment, &namespace, &deployment_name);
        let shown = live.and_then(|live| hold::shown(&live));
        // One whose numbers make no sense is told about by its reconcile, and left as it is.
        let policy = config::connection_policy(&platform.spec.event_bus);
        let is_stopped = platform.spec.operation == Operation::Stopped;
        let (Some(shown), Ok(policy), false) = (shown, policy, is_stopped) else {
            return self.forget(context);
        };
        let members = members(&namespace, &name, context);
        if self.told.is_none() && !members.iter().any(|member| member.is_ready) {
            // That a new one has not begun yet is no news.
            return;
        }
        let uid = platform.uid().unwrap_or_default();
        self.due = Some(Instant::now() + POLL);
        self.told = Some(Whose([uid.clone(), namespace.clone(), name.clone()]));
        let owner = platform.object_ref(&());
        let target =
            Target { namespace: &namespace, deployment: &deployment_name, scaled: Scaled::Events, owner: &owner };
        let off = off(platform);
        let current = self.hold.current(shown, off.is_none(), target, context).await;
        let counted = count(&namespace, &name, &members, context).await;
        let connections = counted.as_ref().ok().map(|counted| counted.iter().map(|(_, count)| count).sum());
        let before = self.state.clone();
        let (decision, state) =
            decide_by_connections(&policy, current, connections, context.clock.now(), before.clone());
        let outcome = if let Some(off) = off {
            Outcome::Recommended(off)
        } else {
            let first = by_connections(counted.as_deref().unwrap_or_default());
            let deletion_costs = crew::deletion_costs(&members, &first, current.saturating_sub(decision.desired));
            let change = Change { from: current, decision: &decision, deletion_costs: &deletion_costs };
            self.hold.follow(target, change, context).await
        };
        self.state = if outcome == Outcome::Followed { state } else { state.not_done(&before) };
        let scaling = Scaling {
            current,
            is_limited: connections.is_some_and(|connections| policy.needed(connections) > policy.max_replicas),
            freshness: counted.err().map_or(Freshness::Fresh, Freshness::Stale),
            queue: None,
            changed_at: self.hold.changed_at,
            outcome,
            decision,
        };
        context.metrics.events_scaled(&namespace, &name, &scaling);
        if context.scalings.tell(&uid, scaling, Instant::now()) {
            context.turns.platform(&namespace, &name);
        }
    }
}

/// Who else chooses how many pods there are, where somebody does.
fn off(platform: &PhotoPlatform) -> Option<Off> {
    match platform.spec.event_bus.autoscaling {
        None => Some(Off::Disabled),
        Some(_) if platform.spec.operation == Operation::Paused => Some(Off::Paused),
        Some(_) => None,
    }
}

fn members(namespace: &str, platform: &str, context: &Context) -> Vec<Member> {
    let pods = context.cache.of(Watched::Pod, namespace, platform, None);
    let own = pods.iter().filter(|pod| pod.label("app.kubernetes.io/component") == Some(Component::Events.as_str()));
    own.filter_map(|pod| Member::of(&pod.read::<Pod>().ok()?)).collect()
}

/// The connections of each pod that is ready. Where one can't be asked, the text says why: a sum without it would be too low.
async fn count<'a>(
    namespace: &str,
    platform: &str,
    members: &'a [Member],
    context: &Context,
) -> Result<Vec<(&'a Member, u64)>, String> {
    let ready = members.iter().filter(|member| member.is_ready);
    let counts = ready.map(async |member| {
        let pod = member.address.as_deref();
        let place = Place { namespace, platform, component: Component::Events, pod };
        let numbers = context.data_plane.numbers(place).await.map_err(|error| format!("{}: {error}", member.name))?;
        let count = numbers.get(CONNECTIONS).copied().and_then(whole);
        count.map(|count| (member, count)).ok_or_else(|| format!("{} does not tell `{CONNECTIONS}`", member.name))
    });
    let counts = future::try_join_all(counts).await?;
    if counts.is_empty() { Err("no pod is ready".to_owned()) } else { Ok(counts) }
}

/// Those with the fewest connections first: as few clients as possible have to connect again.
fn by_connections<'a>(counted: &[(&'a Member, u64)]) -> Vec<&'a Member> {
    let mut sorted: Vec<_> = counted.iter().map(|(member, count)| (*count, &member.name, *member)).collect();
    sorted.sort_by_key(|(count, name, _)| (*count, *name));
    sorted.into_iter().map(|(_, _, member)| member).collect()
}

/// A count that is one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within 0 and 2^32")]
fn whole(number: f64) -> Option<u64> {
    (0.0..=f64::from(u32::MAX)).contains(&number).then_some(number as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pods_with_the_fewest_connections_go_first() {
        let member = |name: &str| Member { name: name.to_owned(), is_ready: true, ..Member::default() };
        let members = [member("a"), member("b"), member("c"), member("d")];
        let counted: Vec<(&Member, u64)> = members.iter().zip([5, 0, 9, 0]).collect();
        let first = by_connections(&counted);
        let names: Vec<&str> = first.iter().map(|member| member.name.as_str()).collect();
        assert_eq!(names, ["b", "d", "a", "c"]);
        assert_eq!(crew::deletion_costs(&members, &first, 2), [("b", -100), ("d", -100)].into());
    }

    #[test]
    fn what_is_no_count_is_none() {
        assert_eq!([3.0, 0.0, -1.0, f64::NAN, 1e12].map(whole), [Some(3), Some(0), None, None, None]);
    }
}
