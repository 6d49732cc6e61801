//! The order of the rules: bounds, then whether the queue can be seen and believed, then up, then down.

use jiff::Timestamp;

use super::{
    confidence::Evidence,
    cpu,
    decision::{Decision, Impact, Reason},
    demand::{Demand, Load},
    guards,
    observation::{Observation, QueueSample},
    policy::Policy,
    rates::Rates,
    sample::{age, is_younger, usable},
    state::State,
};

/// How many replicas there should be, by what is seen now and what was remembered; and what to remember.
///
/// The same arguments give the same answer. `observation.pods.desired` is what there is now; a change is noted in the state
/// when it is decided, so that cooldowns begin then.
pub fn decide(policy: &Policy, observation: &Observation, now: Timestamp, state: State) -> (Decision, State) {
    let mut state = state.settled(now);
    let decision = Look { policy, observation, now }.choose(&mut state);
    state.note_change(observation.pods.desired, decision.desired, now);
    (decision, state)
}

/// One look at a pipeline.
struct Look<'a> {
    policy: &'a Policy,
    observation: &'a Observation,
    now: Timestamp,
}

/// What the rules say: replicas, why, and what the load asks for.
struct Verdict {
    desired: u32,
    reason: Reason,
    recommended: u32,
}

impl Look<'_> {
    fn choose(&self, state: &mut State) -> Decision {
        let current = self.current();
        let bounded = self.policy.clamp(current);
        if bounded != current {
            return self.without_queue(bounded, Reason::OutOfBounds, 1.0);
        }
        let Some(sample) = usable(self.observation, self.policy, self.now) else {
            let (desired, reason) = self.blind(state);
            return self.without_queue(desired, reason, 0.0);
        };
        state.take(sample, self.now, self.policy);
        if let Some((desired, reason)) = self.contradicted(sample, state) {
            return self.without_queue(desired, reason, 0.0);
        }
        self.by_queue(sample, state)
    }

    fn current(&self) -> u32 {
        self.observation.pods.desired
    }

    /// The queue can't be seen: nothing goes, and more come only where somebody asked for a floor or CPU is saturated.
    fn blind(&self, state: &State) -> (u32, Reason) {
        let current = self.current();
        if let Some(fallback) = self.policy.fallback {
            let is_due = state.last_fresh.is_none_or(|last| !is_younger(last, self.now, fallback.after));
            let floor = self.policy.clamp(fallback.replicas);
            if is_due && floor > current {
                return (floor, Reason::MetricsStaleFallback);
            }
        }
        match cpu::wish(self.policy, self.observation, self.now, state) {
            Some(wish) if wish > current => (wish, Reason::MetricsStaleCpuUp),
            _ => (current, Reason::MetricsStale),
        }
    }

    /// A queue that says it is empty right after its counters went back, while workers are saturated, is not believed.
    fn contradicted(&self, sample: &QueueSample, state: &mut State) -> Option<(u32, Reason)> {
        if !sample.is_empty() || !state.is_suspect(self.now, self.policy) {
            return None;
        }
        let wish = cpu::wish(self.policy, self.observation, self.now, state)?;
        state.suspect(self.now);
        let reason = if wish > self.current() { Reason::MetricsContradictCpuUp } else { Reason::MetricsSuspect };
        Some((wish, reason))
    }

    fn by_queue(&self, sample: &QueueSample, state: &mut State) -> Decision {
        let pods = &self.observation.pods;
        let load = Load {
            policy: self.policy,
            sample,
            pods,
            rates: Rates::of(&state.samples, self.policy),
            job_seconds: state.job_time.seconds(self.policy.expected_job),
            startup: pods.startup.unwrap_or(self.policy.startup),
        };
        let verdict = self.weigh(&load, state);
        let projected_wait = load.projected_wait();
        let evidence = Evidence {
            arrivals: load.rates.slow_jobs,
            jobs: state.job_time.jobs(),
            age: age(sample.at, self.now).unwrap_or_default(),
            stale_after: self.policy.stale_after,
            is_suspect: state.is_suspect(self.now, self.policy),
        };
        let is_late = projected_wait > self.policy.wait_slo.as_secs_f64();
        Decision {
            desired: verdict.desired,
            reason: verdict.reason,
            recommended: Some(verdict.recommended),
            projected_wait_seconds: Some(projected_wait),
            confidence: evidence.confidence(),
            impact: Impact::of(pods.desired, verdict.desired, is_late),
        }
    }

    fn weigh(&self, load: &Load, state: &mut State) -> Verdict {
        let current = self.current();
        let demand = self.with_a_warm_one(load, state);
        let remembered = load.hold().max(guards::ONE_LESS_HOLD);
        state.recommended.add(self.now, demand.down, remembered, self.policy.stale_after);
        let up = self.policy.clamp(demand.up);
        if up > current {
            return self.up(up, &demand, state);
        }
        let down = self.policy.clamp(state.recommended.highest(self.now, load.hold()));
        if down < current {
            let (desired, reason) = match guards::step_down(down, load, self.observation, state, self.now) {
                Ok(0) => (0, Reason::ScaleToZero),
                Ok(left) => (left, Reason::LowLoad),
                Err(reason) => (current, reason),
            };
            return Verdict { desired, reason, recommended: down };
        }
        let recommended = self.policy.clamp(demand.down.min(current).max(demand.up));
        Verdict { desired: current, reason: Reason::Steady, recommended }
    }

    /// The demand; that for nobody becomes one for one until there was no work for long enough.
    fn with_a_warm_one(&self, load: &Load, state: &mut State) -> Demand {
        let demand = load.demand();
        let has_work = !load.sample.is_empty() || load.rates.fast > 0.0;
        let is_idle = state.is_idle_for(self.policy.scale_to_zero_after, has_work, self.now);
        let least = u32::from(!is_idle || self.policy.min_replicas > 0);
        Demand { down: demand.down.max(least), ..demand }
    }

    /// Up in one step. From zero it is always allowed: nobody would do the work that waits.
    fn up(&self, up: u32, demand: &Demand, state: &State) -> Verdict {
        let current = self.current();
        if current > 0 && state.raised_within(self.policy.scale_up_cooldown, self.now) {
            return Verdict { desired: current, reason: Reason::ScaleUpCooldown, recommended: up };
        }
        let reason = if demand.is_for_backlog { Reason::BacklogDrain } else { Reason::ArrivalRate };
        Verdict { desired: up, reason, recommended: up }
    }

    fn without_queue(&self, desired: u32, reason: Reason, confidence: f64) -> Decision {
        let impact = Impact::of(self.current(), desired, false);
        Decision { desired, reason, recommended: None, projected_wait_seconds: None, confidence, impact }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::scaling::{
        policy::{Fallback, PolicyFields},
        scene::{Scene, second},
    };

    fn to_zero() -> Policy {
        Policy::new(PolicyFields { min_replicas: 0, ..PolicyFields::default() }).unwrap()
    }

    fn seen(policy: &Policy, scene: Scene, state: State) -> (Decision, State) {
        decide(policy, &scene.observation(), second(scene.at), state)
    }

    /// The last of the decisions about one scene every 5 s, the fleet as decided.
    fn watched(policy: &Policy, scene: &Scene, polls: i64, state: State) -> (Decision, State) {
        (1..polls).fold(seen(policy, *scene, state), |(decision, state), poll| {
            seen(policy, Scene { at: scene.at + 5 * poll, desired: decision.desired, ..*scene }, state)
        })
    }

    #[test]
    fn a_fleet_outside_the_bounds_is_corrected_whatever_is_seen() {
        let (decision, _) = seen(&Scene::policy(), Scene { desired: 40, ..Scene::unseen() }, State::default());
        assert_eq!((decision.desired, decision.reason), (30, Reason::OutOfBounds));
        let (decision, _) = seen(&Scene::policy(), Scene { desired: 0, ..Scene::default() }, State::default());
        assert_eq!((decision.desired, decision.reason), (1, Reason::OutOfBounds));
    }

    #[test]
    fn from_zero_it_goes_to_what_the_backlog_needs_also_within_the_cooldown() {
        let policy = Policy::new(PolicyFields {
            min_replicas: 0,
            scale_up_cooldown: Duration::from_mins(5),
            ..PolicyFields::default()
        })
        .unwrap();
        let backlog = Scene { desired: 0, waiting: 240, ..Scene::default() };
        let (first, state) = seen(&policy, backlog, State::default());
        assert_eq!((first.desired, first.reason, first.impact), (10, Reason::BacklogDrain, Impact::High));
        let (again, state) = seen(&policy, backlog, state);
        assert_eq!(again.desired, 10);
        // The one that somebody left starts 48 of them in time: 1 + 192 / (2/s × 12 s).
        let (more, _) = seen(&policy, Scene { desired: 1, ..backlog }, state);
        assert_eq!((more.desired, more.reason, more.recommended), (1, Reason::ScaleUpCooldown, Some(9)));
    }

    #[test]
    fn arrivals_are_a_reason_of_their_own() {
        let (_, state) = seen(&Scene::policy(), Scene::default(), State::default());
        let (decision, _) = seen(&Scene::policy(), Scene { at: 120, enqueued: 600, ..Scene::default() }, state);
        assert_eq!(decision.reason, Reason::ArrivalRate);
        assert!(decision.desired > 10, "{decision:?}");
    }

    #[test]
    fn an_unseen_queue_changes_nothing() {
        let (decision, _) = watched(&Scene::policy(), &Scene { desired: 7, ..Scene::unseen() }, 100, State::default());
        assert_eq!((decision.desired, decision.reason, decision.confidence), (7, Reason::MetricsStale, 0.0));
    }

    #[test]
    fn an_unseen_queue_with_saturated_workers_gets_more_of_them() {
        let saturated = Scene { desired: 10, cpu: Some(0.97), ..Scene::unseen() };
        let (decision, state) = seen(&Scene::policy(), saturated, State::default());
        assert_eq!((decision.desired, decision.reason), (13, Reason::MetricsStaleCpuUp));
        let (decision, _) = seen(&Scene::policy(), Scene { at: 105, desired: 13, ..saturated }, state);
        assert_eq!((decision.desired, decision.reason), (13, Reason::MetricsStale));
    }

    #[test]
    fn the_floor_of_an_outage_only_raises_and_only_when_it_is_due() {
        let fallback = Some(Fallback { replicas: 5, after: Duration::from_mins(1) });
        let policy = Policy::new(PolicyFields { fallback, ..PolicyFields::default() }).unwrap();
        let (_, state) = seen(&policy, Scene { desired: 2, ..Scene::default() }, State::default());
        let unseen = |at, desired| seen(&policy, Scene { at, desired, ..Scene::unseen() }, state.clone()).0;
        assert_eq!((unseen(159, 2).desired, unseen(160, 2).desired, unseen(160, 9).desired), (2, 5, 9));
        assert_eq!(unseen(160, 2).reason, Reason::MetricsStaleFallback);
    }

    #[test]
    fn a_queue_that_is_suddenly_empty_is_not_believed_against_saturated_workers() {
        let policy = Scene::policy();
        let busy = Scene { desired: 10, active: 40, enqueued: 900, completed: 860, ..Scene::default() };
        let (_, state) = seen(&policy, busy, State::default());
        let wiped = Scene { at: 105, desired: 10, cpu: Some(0.97), ..Scene::default() };
        let (decision, state) = seen(&policy, wiped, state);
        assert_eq!((decision.desired, decision.reason), (13, Reason::MetricsContradictCpuUp));
        // As long as they contradict, nothing goes, and for the whole hold after that.
        let (decision, state) = watched(&policy, &Scene { at: 110, desired: 13, ..wiped }, 100, state);
        assert!(decision.desired >= 13, "{decision:?}");
        let calm = Scene { at: 700, desired: decision.desired, cpu: Some(0.1), ..wiped };
        assert_eq!(seen(&policy, calm, state).0.reason, Reason::MetricsSuspect);
    }

    #[test]
    fn an_idle_fleet_comes_down_by_halves_to_its_least() {
        let policy = Scene::policy();
        let idle = Scene { desired: 8, idle: 8, ..Scene::default() };
        let (decision, state) = watched(&policy, &idle, 9, State::default());
        assert_eq!((decision.desired, decision.reason), (8, Reason::ScaleDownCooldown));
        let at = |poll: i64| Scene { at: 100 + 5 * poll, ..idle };
        let (decision, state) = seen(&policy, at(9), state);
        assert_eq!((decision.desired, decision.reason, decision.recommended), (4, Reason::LowLoad, Some(1)));
        let (decision, _) = watched(&policy, &Scene { desired: 4, ..at(10) }, 100, state);
        assert_eq!((decision.desired, decision.reason), (1, Reason::Steady));
    }

    #[test]
    fn the_last_one_goes_when_there_was_no_work_for_long_enough() {
        let idle = Scene { desired: 1, idle: 1, ..Scene::default() };
        let (decision, state) = watched(&to_zero(), &idle, 24, State::default());
        assert_eq!((decision.desired, decision.reason), (1, Reason::Steady));
        let (decision, state) = watched(&to_zero(), &Scene { at: 220, ..idle }, 8, state);
        assert_eq!(decision.desired, 1);
        let (decision, _) = seen(&to_zero(), Scene { at: 260, ..idle }, state);
        assert_eq!((decision.desired, decision.reason), (0, Reason::ScaleToZero));
    }

    #[test]
    fn a_decision_tells_how_long_jobs_will_wait() {
        let (decision, _) =
            seen(&Scene::policy(), Scene { desired: 2, waiting: 400, ..Scene::default() }, State::default());
        assert_eq!((decision.projected_wait_seconds, decision.impact), (Some(100.0), Impact::High));
    }
}
