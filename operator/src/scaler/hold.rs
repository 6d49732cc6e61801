//! The number of pods of a Deployment in our hands: what we made it, who else changes it, and what becomes of a decision.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use tokio::time::Instant;

use super::act::{self, Rival, Target};
use crate::{children::Live, context::Context, report, scaling::Decision, scalings::Outcome};

/// How long the watch may take to show what was written.
const SHOWN_WITHIN: Duration = Duration::from_secs(30);

/// What is remembered of it from one look to the next.
#[derive(Debug, Default)]
pub(super) struct Hold {
    rival: Rival,
    /// The number that we know of: any other is somebody else's.
    known: Option<u32>,
    /// Until when the watch may still show another than we wrote.
    shown_until: Option<Instant>,
    /// When we last changed it.
    pub(super) changed_at: Option<Timestamp>,
}

/// As many pods as was decided, instead of those that there are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change<'a> {
    pub(super) from: u32,
    pub(super) decision: &'a Decision,
    /// What to note on whom before there are fewer.
    pub(super) deletion_costs: &'a BTreeMap<&'a str, i32>,
}

/// How many pods a Deployment is to have as the watch shows it; `None` where it can't be read.
pub(super) fn shown(live: &Live) -> Option<u32> {
    live.deployment().ok().and_then(|workload| u32::try_from(workload.desired).ok())
}

impl Hold {
    /// How many pods there are to be, where the watch has `shown` so many. What we wrote counts before the watch shows it;
    /// what somebody else wrote is taken as it is, and told where it `is_ours` to choose.
    pub(super) async fn current(&mut self, shown: u32, is_ours: bool, target: Target<'_>, context: &Context) -> u32 {
        let is_late = self.shown_until.is_some_and(|until| Instant::now() < until);
        match self.known {
            Some(known) if known != shown && is_late => return known,
            Some(known) if known != shown && is_ours && !self.rival.is_there() => {
                report::scaled_by_others(context, target.owner, target.scaled, [known, shown]).await;
            }
            Some(_) | None => {}
        }
        self.shown_until = None;
        self.known = is_ours.then_some(shown);
        shown
    }

    /// Makes a change, unless somebody else chooses, and tells of it.
    pub(super) async fn follow(&mut self, target: Target<'_>, change: Change<'_>, context: &Context) -> Outcome {
        let Change { from, decision, deletion_costs } = change;
        let is_change = decision.desired != from;
        let done = match self.rival.of(target, is_change, context).await {
            Ok(Some(rival)) => return Outcome::Rival(rival),
            Ok(None) if is_change => act::scale(target, decision.desired, deletion_costs, context).await,
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            let Target { namespace, deployment, .. } = target;
            tracing::warn!(%error, namespace, deployment, "pods are not scaled");
            return Outcome::Failed(error.to_string());
        }
        if is_change {
            self.changed_at = Some(context.clock.now());
            self.known = Some(decision.desired);
            self.shown_until = Some(Instant::now() + SHOWN_WITHIN);
            report::scaled(context, target.owner, target.scaled, (from, decision)).await;
        }
        Outcome::Followed
    }
}
