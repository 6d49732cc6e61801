//! How long a job takes, as it was seen.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{observation::Counters, whole::number};

/// Jobs after which the mean has forgotten two thirds of what was before.
const MEMORY: f64 = 40.0;

/// No job is shorter, so that dividing by it is safe: a millisecond.
const SHORTEST: f64 = 1e-3;

/// A mean that follows, weighted by jobs and not by time: s.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct JobTime {
    /// Absent until a job was seen to end.
    mean: Option<Duration>,
    /// Jobs that it was measured by.
    jobs: u64,
}

impl JobTime {
    /// Takes in what ended between two samples of one life of the queue.
    pub(super) fn learn(&mut self, before: &Counters, after: &Counters, expected: Duration) {
        let ended = after.completed.saturating_sub(before.completed);
        if ended == 0 {
            return;
        }
        let seen = after.busy.saturating_sub(before.busy).as_secs_f64() / number(ended);
        let weight = 1.0 - (-number(ended) / MEMORY).exp();
        let mean = self.seconds(expected);
        let next = Duration::try_from_secs_f64(mean + weight * (seen - mean));
        self.mean = Some(next.unwrap_or(Duration::MAX));
        self.jobs = self.jobs.saturating_add(ended);
    }

    /// Seconds of a job; as expected until one was seen.
    pub(super) fn seconds(&self, expected: Duration) -> f64 {
        self.mean.unwrap_or(expected).as_secs_f64().max(SHORTEST)
    }

    /// Jobs that the mean was measured by.
    pub(super) fn jobs(&self) -> u64 {
        self.jobs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPECTED: Duration = Duration::from_secs(2);

    fn counters(completed: u64, busy: u64) -> Counters {
        Counters { enqueued: completed, completed, busy: Duration::from_secs(busy) }
    }

    #[test]
    fn until_a_job_was_seen_it_takes_what_was_expected() {
        let mut time = JobTime::default();
        time.learn(&counters(7, 70), &counters(7, 70), EXPECTED);
        assert_eq!((time.seconds(EXPECTED), time.jobs()), (2.0, 0));
    }

    #[test]
    fn the_mean_follows_by_jobs() {
        let mut time = JobTime::default();
        time.learn(&counters(0, 0), &counters(40, 400), EXPECTED);
        assert!((time.seconds(EXPECTED) - (2.0 + 8.0 * (1.0 - (-1.0_f64).exp()))).abs() < 1e-6);
        time.learn(&counters(40, 400), &counters(1040, 10_400), EXPECTED);
        assert!((time.seconds(EXPECTED) - 10.0).abs() < 1e-6);
        assert_eq!(time.jobs(), 1040);
    }

    #[test]
    fn a_job_that_took_no_time_takes_a_millisecond() {
        let mut time = JobTime::default();
        time.learn(&counters(0, 0), &counters(1_000_000, 0), EXPECTED);
        assert!((time.seconds(EXPECTED) - SHORTEST).abs() < 1e-9);
    }
}
