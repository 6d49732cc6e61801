//! When a failed attempt is tried again: exponential with full jitter, as a pure function.

use std::time::Duration;

/// A retry schedule: the ceiling doubles with each attempt, and the wait is a random part of it.
///
/// Full jitter, because clients that failed together would otherwise come back together
/// ("Exponential Backoff and Jitter", AWS Architecture Blog, 2015).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Ceiling of the first wait.
    pub base: Duration,
    /// No wait is longer.
    pub max: Duration,
}

impl Backoff {
    /// The longest wait after `failures` failed attempts (1 is the first).
    pub fn ceiling(&self, failures: u32) -> Duration {
        let factor = 2_u32.saturating_pow(failures.saturating_sub(1).min(31));
        self.base.saturating_mul(factor).min(self.max)
    }

    /// The wait after `failures` failed attempts; `random` in 0..1 picks the place below the ceiling.
    pub fn wait(&self, failures: u32, random: f64) -> Duration {
        self.ceiling(failures).mul_f64(random.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn waits_stay_below_a_ceiling_that_never_falls(
            base_ms in 1_u64..10_000, max_ms in 1_u64..1_000_000, failures in 0_u32..200, random in 0.0_f64..1.0,
        ) {
            let backoff = Backoff { base: Duration::from_millis(base_ms), max: Duration::from_millis(max_ms) };
            prop_assert!(backoff.ceiling(failures) <= backoff.ceiling(failures + 1));
            prop_assert!(backoff.ceiling(failures) <= backoff.max);
            prop_assert!(backoff.wait(failures, random) <= backoff.ceiling(failures));
        }
    }

    #[test]
    fn the_ceiling_doubles() {
        let backoff = Backoff { base: Duration::from_secs(5), max: Duration::from_mins(1) };
        let seconds: Vec<u64> = (1..=6).map(|n| backoff.ceiling(n).as_secs()).collect();
        assert_eq!(seconds, [5, 10, 20, 40, 60, 60]);
    }
}
