//! What CPU alone asks for, while the queue can't be seen or contradicts it.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    observation::Observation,
    policy::{Policy, share},
    sample::is_within,
    state::State,
    whole::replicas,
};

/// CPU that was measured longer ago drives nothing.
const FRESH: Duration = Duration::from_secs(30);

/// Above the target by so much is saturated: the tolerance of Kubernetes' own autoscaler.
const TOLERANCE: f64 = 0.1;

/// Between two steps up by CPU: a step shows in it only once the new pods have worked for a while.
const COOLDOWN: Duration = Duration::from_secs(30);

/// Replicas for workers that are saturated, at least as many as there are; `None` where they are not, or it can't be told.
///
/// It is `ceil(current × min(1, u) / target)`, so at most a quarter more at a target of 80 %.
pub(super) fn wish(policy: &Policy, observation: &Observation, now: Timestamp, state: &State) -> Option<u32> {
    let target = share(policy.target_cpu_percent?);
    let cpu = observation.cpu.as_ref().filter(|cpu| is_within(FRESH, cpu.at, now))?;
    let pods = &observation.pods;
    let can_tell = pods.desired > 0 && pods.ready > 0 && pods.starting == 0;
    if !can_tell || cpu.share.is_nan() || cpu.share <= target + TOLERANCE {
        return None;
    }
    if state.raised_within(COOLDOWN.max(policy.scale_up_cooldown), now) {
        return Some(pods.desired);
    }
    let wanted = replicas(f64::from(pods.desired) * cpu.share.min(1.0) / target);
    Some(policy.clamp(wanted.max(pods.desired)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::{
        observation::Utilization,
        policy::PolicyFields,
        scene::{Scene, second},
    };

    fn wished(change: impl Fn(&mut Observation)) -> Option<u32> {
        let mut observation = Scene { desired: 10, cpu: Some(0.97), ..Scene::default() }.observation();
        change(&mut observation);
        wish(&Scene::policy(), &observation, second(100), &State::default())
    }

    #[test]
    fn saturated_workers_ask_for_more() {
        assert_eq!(wished(|_| ()), Some(13));
        assert_eq!(wished(|seen| seen.cpu = Some(Utilization { share: 7.0, at: second(100) })), Some(13));
        assert_eq!(wished(|seen| seen.pods.desired = 30), Some(30));
    }

    #[test]
    fn nothing_is_asked_for_where_it_can_not_be_told() {
        for share in [0.9, f64::NAN] {
            assert_eq!(wished(|seen| seen.cpu = Some(Utilization { share, at: second(100) })), None, "{share}");
        }
        for at in [69, 101] {
            assert_eq!(wished(|seen| seen.cpu = Some(Utilization { share: 1.0, at: second(at) })), None, "{at}");
        }
        assert_eq!(wished(|seen| seen.pods.starting = 1), None);
        assert_eq!(wished(|seen| seen.pods.ready = 0), None);
        assert_eq!(wished(|seen| seen.cpu = None), None);
        let untargeted = PolicyFields { target_cpu_percent: None, ..PolicyFields::default() };
        let observation = Scene { desired: 10, cpu: Some(1.0), ..Scene::default() }.observation();
        assert_eq!(wish(&Policy::new(untargeted).unwrap(), &observation, second(100), &State::default()), None);
    }

    #[test]
    fn a_step_is_given_time_to_show() {
        let observation = Scene { desired: 10, cpu: Some(1.0), ..Scene::default() }.observation();
        let mut state = State::default();
        state.note_change(8, 10, second(71));
        assert_eq!(wish(&Scene::policy(), &observation, second(100), &state), Some(10));
        state.note_change(8, 10, second(70));
        assert_eq!(wish(&Scene::policy(), &observation, second(100), &state), Some(13));
    }
}
