//! How many pods the events role needs: pure, by how many clients are connected.
//!
//! A connection stays where it is, so that a new pod helps only those who come next: what counts is the sum, and pods go
//! slowly, since whoever was connected to one has to connect again.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    decision::{Decision, Impact, Reason},
    sample::is_younger,
    window::Window,
};

/// What somebody who runs a platform asks of its events role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionPolicy {
    /// Fewest pods.
    pub min_replicas: u32,
    /// Most pods.
    pub max_replicas: u32,
    /// Connections that a pod should have, 1 or more.
    pub per_pod: u32,
    /// No step down so soon after a change, nor to fewer pods than were needed within this time.
    pub scale_down_cooldown: Duration,
}

/// What is remembered from one decision to the next. It begins as its default, which knows nothing: no step down before a
/// whole cooldown was watched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectionState {
    needed: Window,
    last_change: Option<Timestamp>,
}

/// Samples that are further apart leave a gap in what was watched.
const GAP: Duration = Duration::from_mins(1);

impl ConnectionPolicy {
    /// The pods that so many connections need, whatever the bounds.
    pub fn needed(&self, connections: u64) -> u32 {
        u32::try_from(connections.div_ceil(self.per_pod.max(1).into())).unwrap_or(u32::MAX)
    }

    fn clamp(&self, replicas: u32) -> u32 {
        replicas.clamp(self.min_replicas, self.max_replicas.max(self.min_replicas))
    }
}

impl ConnectionState {
    /// The same, as if the decision just made had not been: somebody else chose, or it failed.
    #[must_use]
    pub fn not_done(self, before: &Self) -> Self {
        Self { last_change: before.last_change, ..self }
    }
}

/// How many pods there should be where there are `current`, with so many connections; `None` where they can't be counted.
pub fn decide_by_connections(
    policy: &ConnectionPolicy,
    current: u32,
    connections: Option<u64>,
    now: Timestamp,
    mut state: ConnectionState,
) -> (Decision, ConnectionState) {
    state.needed.settle(now);
    state.last_change = state.last_change.map(|change| change.min(now));
    let asked = connections.map(|connections| policy.clamp(policy.needed(connections)));
    if let Some(asked) = asked {
        state.needed.add(now, asked, policy.scale_down_cooldown, GAP);
    }
    let bounded = policy.clamp(current);
    let (desired, reason) = match asked {
        _ if bounded != current => (bounded, Reason::OutOfBounds),
        None => (current, Reason::MetricsStale),
        Some(asked) if asked > current => (asked, Reason::ConnectionLoad),
        Some(asked) if asked == current => (current, Reason::Steady),
        Some(_) => step_down(policy, current, now, &state),
    };
    if desired != current {
        state.last_change = Some(now);
    }
    let decision = Decision {
        desired,
        reason,
        recommended: asked,
        projected_wait_seconds: None,
        // They are counted, not estimated.
        confidence: if asked.is_some() { 1.0 } else { 0.0 },
        impact: Impact::of(current, desired, false),
    };
    (decision, state)
}

/// To what was needed at most within the cooldown, half of the pods at once.
fn step_down(policy: &ConnectionPolicy, current: u32, now: Timestamp, state: &ConnectionState) -> (u32, Reason) {
    let cooldown = policy.scale_down_cooldown;
    let enough = state.needed.highest(now, cooldown);
    let has_just_changed = state.last_change.is_some_and(|change| is_younger(change, now, cooldown));
    if enough >= current || has_just_changed || !state.needed.is_full(now, cooldown) {
        return (current, Reason::ScaleDownCooldown);
    }
    (enough.max(current - (current / 2).max(1)), Reason::LowLoad)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::scene::second;

    fn policy() -> ConnectionPolicy {
        let scale_down_cooldown = Duration::from_secs(30);
        ConnectionPolicy { min_replicas: 2, max_replicas: 10, per_pod: 100, scale_down_cooldown }
    }

    /// What is decided where there are these many pods, at each of (second, connections).
    fn follow(mut current: u32, seen: &[(i64, Option<u64>)]) -> Vec<(u32, Reason)> {
        let mut state = ConnectionState::default();
        let mut decided = Vec::new();
        for (at, connections) in seen {
            let decision;
            (decision, state) = decide_by_connections(&policy(), current, *connections, second(*at), state);
            current = decision.desired;
            decided.push((current, decision.reason));
        }
        decided
    }

    #[test]
    fn pods_come_at_once_and_within_the_bounds() {
        let decided = follow(2, &[(0, Some(200)), (15, Some(201)), (30, Some(5000))]);
        assert_eq!(decided, [(2, Reason::Steady), (3, Reason::ConnectionLoad), (10, Reason::ConnectionLoad)]);
        assert_eq!(follow(1, &[(0, None)]), [(2, Reason::OutOfBounds)]);
        assert_eq!(follow(12, &[(0, Some(5000))]), [(10, Reason::OutOfBounds)]);
    }

    #[test]
    fn pods_go_by_halves_after_a_cooldown_and_not_below_what_it_needed() {
        let seen: Vec<_> = (0..8).map(|turn| (15 * turn, Some(if turn == 0 { 401 } else { 0 }))).collect();
        let numbers: Vec<u32> = follow(8, &seen).into_iter().map(|(desired, _)| desired).collect();
        // At 30 s the 5 pods of the first look are out of the window; at 60 s the change of 30 s is over.
        assert_eq!(numbers, [8, 8, 4, 4, 2, 2, 2, 2]);
        assert_eq!(follow(8, &[(0, Some(0)), (15, Some(0))])[1], (8, Reason::ScaleDownCooldown));
        let kept = follow(8, &[(0, Some(0)), (15, Some(701)), (30, Some(0)), (44, Some(0))]);
        assert_eq!(kept[3], (8, Reason::ScaleDownCooldown));
    }

    #[test]
    fn what_can_not_be_counted_changes_nothing() {
        let decided = follow(8, &[(0, Some(0)), (15, None), (30, None), (45, None)]);
        assert_eq!(decided[1..], [(8, Reason::MetricsStale); 3]);
        let (decision, _) = decide_by_connections(&policy(), 8, None, second(0), ConnectionState::default());
        assert_eq!((decision.recommended, decision.confidence_percent()), (None, 0));
    }

    #[test]
    fn a_change_that_was_not_made_begins_no_cooldown() {
        let (_, after) = decide_by_connections(&policy(), 2, Some(900), second(0), ConnectionState::default());
        assert!(after.last_change.is_some());
        assert_eq!(after.not_done(&ConnectionState::default()).last_change, None);
    }
}
