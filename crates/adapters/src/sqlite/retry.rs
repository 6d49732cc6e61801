//! What follows a failed run, as a pure function: whose fault it was and how often it happened decide.

use std::time::Duration;

use photo_core::{
    backoff::Backoff,
    error_class::{Decision, ErrorClass},
    failure::{Failure, FailureCode},
    photo::PhotoStatus,
    pipeline::JobOptions,
    processing_log::RunOutcome,
};

/// The wait while a dependency is down, half of it random: short, because nothing is wrong with the photo.
const DEFER: Duration = Duration::from_secs(4);

/// What follows a failed run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// No attempt follows.
    End { status: PhotoStatus, failure: Failure },
    /// Another attempt follows after that time.
    Retry { wait: Duration, failure: Failure },
}

/// A failed run, as far as it decides about what follows.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub(super) class: ErrorClass,
    pub(super) failure: Failure,
    /// This one included, if its class counts.
    pub(super) failed: u32,
    /// What the pipeline allows.
    pub(super) options: JobOptions,
}

/// Decides after a failure. `random` in 0..1 spreads the waits.
pub(super) fn decide(attempt: Attempt, random: f64) -> Verdict {
    let Attempt { class, failure, failed, options } = attempt;
    match class.decision() {
        Decision::Fail => Verdict::End { status: PhotoStatus::Failed, failure },
        Decision::Defer | Decision::Stop => Verdict::Retry { wait: DEFER.mul_f64(0.5 + random / 2.0), failure },
        Decision::Retry if failed < options.attempts.into() => {
            Verdict::Retry { wait: Backoff::from(options.backoff).wait(failed, random), failure }
        }
        Decision::Retry => {
            let text = format!("Processing failed {failed} times, the last time because: {}", failure.message);
            Verdict::End { status: PhotoStatus::Dead, failure: Failure::new(FailureCode::AttemptsExhausted, text) }
        }
    }
}

/// The verdict as the log of the photo's runs has it.
pub(super) fn outcome(class: ErrorClass, verdict: &Verdict) -> RunOutcome {
    match (verdict, class.decision()) {
        (Verdict::End { status: PhotoStatus::Dead, .. }, _) => RunOutcome::Dead,
        (Verdict::End { .. }, _) => RunOutcome::Failed,
        (Verdict::Retry { .. }, Decision::Defer | Decision::Stop) => RunOutcome::Deferred,
        (Verdict::Retry { .. }, Decision::Fail | Decision::Retry) => RunOutcome::Retried,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> Failure {
        Failure::new(FailureCode::ProcessingFailed, "the encoder gave up")
    }

    fn decided(class: ErrorClass, failed: u32, random: f64) -> Verdict {
        decide(Attempt { class, failure: failure(), failed, options: JobOptions::default() }, random)
    }

    #[test]
    fn a_photo_that_is_at_fault_gets_no_second_attempt() {
        let verdict = decided(ErrorClass::Data, 1, 0.5);
        assert_eq!(verdict, Verdict::End { status: PhotoStatus::Failed, failure: failure() });
    }

    #[test]
    fn waits_grow_until_the_third_failure_is_the_last() {
        let retry = |seconds: f64| Verdict::Retry { wait: Duration::from_secs_f64(seconds), failure: failure() };
        assert_eq!(decided(ErrorClass::Logic, 1, 0.5), retry(2.5));
        assert_eq!(decided(ErrorClass::Logic, 2, 0.5), retry(5.0));
        let Verdict::End { status, failure } = decided(ErrorClass::Logic, 3, 0.5) else {
            panic!("a third failure ends the photo");
        };
        assert_eq!((status, failure.code), (PhotoStatus::Dead, FailureCode::AttemptsExhausted));
        assert_eq!(failure.message, "Processing failed 3 times, the last time because: the encoder gave up");
    }

    #[test]
    fn a_dependency_is_waited_for_without_end() {
        let waits = [ErrorClass::Temporary, ErrorClass::Resource, ErrorClass::Security, ErrorClass::Configuration];
        for (class, random) in waits.into_iter().flat_map(|class| [(class, 0.0), (class, 0.999)]) {
            let Verdict::Retry { wait, .. } = decided(class, 200, random) else {
                panic!("a dependency's failure never ends a photo");
            };
            assert!((Duration::from_secs(2)..=Duration::from_secs(4)).contains(&wait), "{wait:?}");
        }
    }
}
