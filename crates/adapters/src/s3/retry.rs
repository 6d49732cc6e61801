//! How long a request may take and when it is made again. Every request to the object store goes through [`call`].

use std::time::Duration;

use backon::Retryable;
use minio::s3::error::Error;
use photo_core::backoff::Backoff;
use tokio::time::timeout;
use uuid::Uuid;

use super::error::Fault;

/// The time that a request has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// For one attempt.
    pub(super) attempt: Duration,
    /// For all attempts and the waits between them.
    pub(super) whole: Duration,
    /// Attempts at most.
    pub(super) tries: u32,
}

/// For requests that carry no object's bytes.
pub(super) const ANSWER: Limits = Limits { attempt: Duration::from_secs(5), whole: Duration::from_secs(15), tries: 5 };

/// For requests that carry up to one part of an object, on a line that may be slow: 8 MiB in 60 s are 140 KiB/s.
pub(super) const TRANSFER: Limits = Limits { attempt: Duration::from_mins(1), whole: Duration::from_mins(2), tries: 5 };

/// For a copy that the server makes of an object of up to 5 GiB before it answers.
pub(super) const COPY: Limits = Limits { attempt: Duration::from_mins(5), whole: Duration::from_mins(10), tries: 3 };

/// For the readiness probe: one attempt, because the next probe is the retry.
pub(super) const PROBE: Limits = Limits { attempt: Duration::from_secs(2), whole: Duration::from_secs(2), tries: 1 };

const BACKOFF: Backoff = Backoff { base: Duration::from_millis(100), max: Duration::from_secs(2) };

/// Makes a request until it succeeds, fails for good or has used up its limits.
pub(super) async fn call<T, F>(limits: Limits, mut request: impl FnMut() -> F) -> Result<T, Fault>
where
    F: Future<Output = Result<T, Error>>,
{
    let waits = (1..limits.tries).map(|failures| BACKOFF.wait(failures, random()));
    let attempt = || {
        let answer = timeout(limits.attempt, request());
        async move {
            match answer.await {
                Ok(answer) => answer.map_err(Fault::from),
                Err(_elapsed) => Err(Fault::Slow(limits.attempt)),
            }
        }
    };
    let attempts = attempt
        .retry(waits)
        .when(Fault::is_temporary)
        .notify(|fault, wait| tracing::debug!(%fault, ?wait, "asking the object store again"));
    timeout(limits.whole, attempts).await.unwrap_or(Err(Fault::Slow(limits.whole)))
}

/// A number in 0..1.
fn random() -> f64 {
    let [a, b, c, d, ..] = *Uuid::new_v4().as_bytes();
    f64::from(u32::from_be_bytes([a, b, c, d])) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        future::{pending, ready},
    };

    use minio::s3::error::NetworkError;

    use super::*;

    const QUICK: Limits = Limits { attempt: Duration::from_millis(20), whole: Duration::from_secs(20), tries: 3 };

    #[tokio::test]
    async fn temporary_failures_are_tried_again_and_lasting_ones_are_not() {
        for (status, expected) in [(503, 3), (403, 1)] {
            let made = Cell::new(0);
            let request = || {
                made.set(made.get() + 1);
                ready(Err::<(), _>(Error::Network(NetworkError::ServerError(status))))
            };
            assert!(matches!(call(QUICK, request).await, Err(Fault::Status(seen)) if seen == status));
            assert_eq!(made.get(), expected, "requests after status {status}");
        }
    }

    #[tokio::test]
    async fn a_server_that_never_answers_is_given_up() {
        let fault = call(QUICK, pending::<Result<(), Error>>).await.unwrap_err();
        assert!(matches!(fault, Fault::Slow(limit) if limit == QUICK.attempt), "{fault}");
    }

    #[tokio::test]
    async fn the_limit_for_the_whole_ends_everything() {
        let limits = Limits { whole: Duration::from_millis(10), ..QUICK };
        let fault = call(limits, pending::<Result<(), Error>>).await.unwrap_err();
        assert!(matches!(fault, Fault::Slow(limit) if limit == limits.whole), "{fault}");
    }
}
