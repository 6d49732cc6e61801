//! What forbids a step down, or makes it a smaller one.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    decision::Reason,
    demand::Load,
    observation::{Observation, Utilization},
    policy::share,
    sample::is_within,
    state::State,
    whole::number,
};

/// A step of one replica waits until it was right for so long. Where the load is at the border between two sizes, its noise
/// asks now for the one and now for the other; a replica is cheaper than a fleet that never settles.
pub(super) const ONE_LESS_HOLD: Duration = Duration::from_secs(200);

/// Of what a fleet starts within the budget, so much may wait when it becomes smaller.
const WAITING_SHARE: f64 = 0.25;

/// What a smaller fleet may use above its target.
const ABOVE_TARGET: f64 = 0.15;

/// A use of CPU or memory that was measured longer ago forbids nothing.
const FRESH: Duration = Duration::from_mins(1);

/// Jobs that take a third of the grace or longer may not end within it.
const LONG_JOBS: f64 = 3.0;

/// How many replicas may be left when the load asks for only `target`, fewer than there are; or what forbids fewer.
pub(super) fn step_down(
    target: u32,
    load: &Load,
    observation: &Observation,
    state: &State,
    now: Timestamp,
) -> Result<u32, Reason> {
    let (policy, pods) = (load.policy, &observation.pods);
    if state.is_suspect(now, policy) {
        return Err(Reason::MetricsSuspect);
    }
    let hold = load.hold();
    if state.changed_within(hold, now) || !state.recommended.is_full(now, hold) {
        return Err(Reason::ScaleDownCooldown);
    }
    if is_one_less(target, pods.desired)
        && policy.clamp(state.recommended.highest(now, hold.max(ONE_LESS_HOLD))) > target
    {
        return Err(Reason::ScaleDownCooldown);
    }
    let left = target.max(policy.one_step_below(pods.desired));
    let started_in_time = policy.budget() * load.jobs_per_second() * f64::from(left);
    if number(load.sample.waiting) > WAITING_SHARE * started_in_time {
        return Err(Reason::BacklogAboveTarget);
    }
    let is_too_much = |used: Option<&Utilization>, target: Option<u8>| match (used, target) {
        (Some(used), Some(target)) if is_within(FRESH, used.at, now) => {
            used.share * f64::from(pods.ready) > f64::from(left) * (share(target) + ABOVE_TARGET).min(1.0)
        }
        _ => false,
    };
    // The last replica goes because there was no work; what it uses by itself is no load that another would have to carry.
    if left > 0 && is_too_much(observation.cpu.as_ref(), policy.target_cpu_percent) {
        return Err(Reason::CpuGuard);
    }
    if left > 0 && is_too_much(observation.memory.as_ref(), policy.target_memory_percent) {
        return Err(Reason::MemoryGuard);
    }
    spare_long_jobs(left, load)
}

/// The last replica is no such step: it goes by a time of its own.
fn is_one_less(target: u32, current: u32) -> bool {
    target > 0 && current.checked_sub(target) == Some(1)
}

/// Where jobs may not end within the grace, only pods without one go.
fn spare_long_jobs(left: u32, load: &Load) -> Result<u32, Reason> {
    let pods = load.pods;
    if LONG_JOBS * load.job_seconds <= load.policy.termination_grace.as_secs_f64() {
        return Ok(left);
    }
    let left = left.max(pods.desired.saturating_sub(pods.idle.saturating_add(pods.starting)));
    if left < pods.desired { Ok(left) } else { Err(Reason::BusyPods) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::{
        rates::Rates,
        scene::{Scene, second},
    };

    const NOW: i64 = 1000;

    /// What is said to a step from 10 to 2 by a scene whose jobs take so long, after a window full of 2.
    fn said(scene: Scene, job_seconds: f64, change: impl Fn(&mut State)) -> Result<u32, Reason> {
        let policy = Scene::policy();
        let scene = Scene { at: NOW, desired: 10, ..scene };
        let (sample, observation) = (scene.sample(), scene.observation());
        let mut state = State::default();
        for at in (NOW - 45)..=NOW {
            state.recommended.add(second(at), 2, Duration::from_secs(45), Duration::from_secs(15));
        }
        change(&mut state);
        let load = Load {
            policy: &policy,
            sample: &sample,
            pods: &observation.pods,
            rates: Rates::of(&[], &policy),
            job_seconds,
            startup: Duration::from_secs(12),
        };
        step_down(2, &load, &observation, &state, second(NOW))
    }

    #[test]
    fn a_step_of_one_waits_until_it_was_right_for_longer() {
        let (policy, scene) = (Scene::policy(), Scene { at: NOW, desired: 10, ..Scene::default() });
        let (sample, observation) = (scene.sample(), scene.observation());
        let rates = Rates::of(&[], &policy);
        let startup = Duration::from_secs(12);
        let load = Load { policy: &policy, sample: &sample, pods: &observation.pods, rates, job_seconds: 2.0, startup };
        for (ago, said) in [(199, Err(Reason::ScaleDownCooldown)), (200, Ok(9))] {
            let mut state = State::default();
            state.recommended.add(second(NOW - ago), 10, ONE_LESS_HOLD, ONE_LESS_HOLD);
            state.recommended.add(second(NOW - 60), 9, ONE_LESS_HOLD, ONE_LESS_HOLD);
            state.recommended.add(second(NOW), 9, ONE_LESS_HOLD, ONE_LESS_HOLD);
            assert_eq!(step_down(9, &load, &observation, &state, second(NOW)), said, "{ago} s ago");
        }
    }

    #[test]
    fn a_step_takes_at_most_half() {
        assert_eq!(said(Scene::default(), 2.0, |_| ()), Ok(5));
    }

    #[test]
    fn nothing_goes_while_the_counters_are_suspect() {
        assert_eq!(said(Scene::default(), 2.0, |state| state.suspect(second(NOW - 119))), Err(Reason::MetricsSuspect));
        assert_eq!(said(Scene::default(), 2.0, |state| state.suspect(second(NOW - 120))), Ok(5));
    }

    #[test]
    fn nothing_goes_soon_after_any_change_or_before_the_window_is_full() {
        for (before, after) in [(9, 10), (11, 10)] {
            let changed = |ago: i64| move |state: &mut State| state.note_change(before, after, second(NOW - ago));
            assert_eq!(said(Scene::default(), 2.0, changed(44)), Err(Reason::ScaleDownCooldown));
            assert_eq!(said(Scene::default(), 2.0, changed(45)), Ok(5));
        }
        let forgotten = |state: &mut State| *state = State::default();
        assert_eq!(said(Scene::default(), 2.0, forgotten), Err(Reason::ScaleDownCooldown));
    }

    #[test]
    fn nothing_goes_while_too_much_waits_for_those_that_stay() {
        // 5 replicas start 5 × 2/s × 24 s = 240 in time; a quarter may wait.
        assert_eq!(said(Scene { waiting: 60, ..Scene::default() }, 2.0, |_| ()), Ok(5));
        assert_eq!(said(Scene { waiting: 61, ..Scene::default() }, 2.0, |_| ()), Err(Reason::BacklogAboveTarget));
    }

    #[test]
    fn nothing_goes_where_those_that_stay_would_be_overloaded() {
        // Twice as much each: more than 95 % of CPU, 100 % of memory.
        assert_eq!(said(Scene { cpu: Some(0.47), ..Scene::default() }, 2.0, |_| ()), Ok(5));
        assert_eq!(said(Scene { cpu: Some(0.48), ..Scene::default() }, 2.0, |_| ()), Err(Reason::CpuGuard));
        assert_eq!(said(Scene { memory: Some(0.5), ..Scene::default() }, 2.0, |_| ()), Ok(5));
        assert_eq!(said(Scene { memory: Some(0.51), ..Scene::default() }, 2.0, |_| ()), Err(Reason::MemoryGuard));
    }

    #[test]
    fn pods_with_long_jobs_stay() {
        assert_eq!(said(Scene { idle: 0, ..Scene::default() }, 10.0, |_| ()), Ok(5));
        assert_eq!(said(Scene { idle: 2, ..Scene::default() }, 10.1, |_| ()), Ok(8));
        assert_eq!(said(Scene { idle: 0, ..Scene::default() }, 10.1, |_| ()), Err(Reason::BusyPods));
    }
}
