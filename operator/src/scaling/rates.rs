//! How many jobs arrive per second, by counters at two moments.

use std::time::Duration;

use super::{policy::Policy, state::Counted, whole::number};

/// A rate is never measured over less: two polls that happen to be close would say anything.
const SHORTEST: f64 = 10.0;

/// Standard deviations that a rate is less than what was counted, so that it is no chance. With one an evenly loaded fleet
/// was changed for noise more than six times an hour at some loads.
const DEVIATIONS: f64 = 1.25;

/// Arrivals over the two windows of the policy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rates {
    /// Jobs per second over the fast window: lf.
    pub(super) fast: f64,
    /// Jobs per second over the slow window: ls.
    pub(super) slow: f64,
    /// Jobs that the slow rate was measured by.
    pub(super) slow_jobs: f64,
    /// The fast rate less what may be chance: lcb.
    certain: f64,
}

impl Rates {
    /// Of samples in the order of their times. With fewer than two, nothing is known of arrivals, and the rates are 0.
    pub(super) fn of(samples: &[Counted], policy: &Policy) -> Self {
        let (fast, fast_jobs) = over(samples, policy.fast_window);
        let (slow, slow_jobs) = over(samples, policy.slow_window);
        let certain = (fast - DEVIATIONS * fast_jobs.sqrt() / policy.fast_window.as_secs_f64()).max(0.0);
        Self { fast, slow, slow_jobs, certain }
    }

    /// What is worth more replicas: what lasts, or is certainly more.
    pub(super) fn worth_growing_for(&self) -> f64 {
        self.slow.min(self.fast).max(self.certain)
    }

    /// What fewer replicas have to carry.
    pub(super) fn worth_keeping_for(&self) -> f64 {
        self.slow.max(self.certain)
    }
}

/// Arrivals per second over the last `window`, and how many there were.
fn over(samples: &[Counted], window: Duration) -> (f64, f64) {
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else {
        return (0.0, 0.0);
    };
    let seconds_before_last = |sample: &Counted| last.at.duration_since(sample.at).as_secs_f64();
    let is_outside = |sample: &&Counted| seconds_before_last(sample) >= window.as_secs_f64();
    let base = samples.iter().rev().find(is_outside).unwrap_or(first);
    let jobs = number(last.counters.enqueued.saturating_sub(base.counters.enqueued));
    let length = seconds_before_last(base).max(SHORTEST.min(window.as_secs_f64()));
    (jobs / length, jobs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::{
        observation::Counters,
        scene::{Scene, second},
    };

    /// Samples of one life: when, and how many were enqueued by then.
    fn rates(enqueued: &[(i64, u64)]) -> Rates {
        let counted = |(at, enqueued): &(i64, u64)| Counted {
            at: second(*at),
            counters: Counters { enqueued: *enqueued, completed: 0, busy: Duration::ZERO },
        };
        Rates::of(&enqueued.iter().map(counted).collect::<Vec<_>>(), &Scene::policy())
    }

    #[test]
    fn one_sample_says_nothing_of_rates() {
        for rates in [rates(&[]), rates(&[(5, 1000)])] {
            assert_eq!((rates.worth_growing_for(), rates.worth_keeping_for()), (0.0, 0.0));
        }
    }

    #[test]
    fn each_window_has_its_own_beginning() {
        let rates = rates(&[(0, 0), (20, 20), (40, 40), (60, 60), (80, 260)]);
        assert_eq!((rates.fast, rates.slow), (10.0, 4.0));
    }

    #[test]
    fn two_samples_that_are_close_are_not_extrapolated() {
        assert!((rates(&[(0, 0), (1, 30)]).fast - 3.0).abs() < 1e-9);
    }

    #[test]
    fn growth_needs_to_last_or_to_be_certain() {
        let chance = rates(&[(0, 0), (60, 60), (80, 84)]);
        assert!(chance.fast > 1.1 && chance.worth_growing_for() < 1.06, "{chance:?}");
        let certain = rates(&[(0, 0), (60, 60), (80, 460)]);
        assert!((certain.worth_growing_for() - 18.75).abs() < 1e-9);
    }

    #[test]
    fn less_is_believed_when_it_lasts() {
        let rates = rates(&[(0, 0), (20, 100), (60, 300), (80, 300)]);
        assert_eq!((rates.worth_growing_for(), rates.worth_keeping_for()), (0.0, 200.0 / 60.0));
    }
}
