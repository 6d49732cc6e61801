//! How much the estimates behind a decision are worth.

use std::time::Duration;

use super::whole::number;

/// More jobs than these make the mean of their times no better: it follows only the last ones.
const ENOUGH_JOBS: u64 = 200;

/// What is left of it while the queue's counters are suspect.
const SUSPECT: f64 = 0.3;

/// What the estimates rest on.
pub(super) struct Evidence {
    /// Jobs that the slow arrival rate was measured by.
    pub(super) arrivals: f64,
    /// Jobs that the job time was measured by.
    pub(super) jobs: u64,
    /// Of the sample.
    pub(super) age: Duration,
    /// How old it may be.
    pub(super) stale_after: Duration,
    pub(super) is_suspect: bool,
}

impl Evidence {
    /// (1 - min(1, sqrt(1/arrivals + 1/min(jobs, 200)))) × (1 - age / (2 × `stale_after`)), less while suspect; 0 to 1.
    pub(super) fn confidence(&self) -> f64 {
        let variance = 1.0 / self.arrivals.max(1.0) + 1.0 / number(self.jobs.clamp(1, ENOUGH_JOBS));
        let of_estimates = 1.0 - variance.sqrt().min(1.0);
        let of_age = 1.0 - (self.age.as_secs_f64() / (2.0 * self.stale_after.as_secs_f64())).min(1.0);
        of_estimates * of_age * if self.is_suspect { SUSPECT } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn confidence(arrivals: f64, jobs: u64, age: u64, is_suspect: bool) -> f64 {
        let seconds = Duration::from_secs;
        Evidence { arrivals, jobs, age: seconds(age), stale_after: seconds(15), is_suspect }.confidence()
    }

    #[test]
    fn it_grows_with_what_was_seen_and_falls_with_age_and_suspicion() {
        assert!(confidence(0.0, 0, 0, false) < 1e-9);
        let much = confidence(200.0, 100_000, 0, false);
        assert!((much - 0.9).abs() < 1e-9, "{much}");
        assert!((confidence(200.0, 200, 15, false) - 0.45).abs() < 1e-9);
        assert!((confidence(200.0, 200, 0, true) - 0.27).abs() < 1e-9);
        assert!(confidence(50.0, 200, 0, false) < much);
    }
}
