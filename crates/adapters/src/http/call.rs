//! One call: its time limit, its repetitions, and what its answer means.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use bytes::Bytes;
use photo_core::port::{ErrorKind, PortError, Reason};
use reqwest::{RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;

use super::problem;

/// How long a connection may take.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a call may take, repetitions included.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// Repetitions of a call whose connection broke. Both come within half a second, so that an upload is refused in time.
const REPETITIONS: usize = 2;

const FIRST_REPETITION_AFTER: Duration = Duration::from_millis(50);

/// Whether a call may be made again when its outcome is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// The second call finds what the first one did.
    Harmless,
    /// The second call would count as another delivery and fence the first.
    CountsAgain,
}

/// A call that has not been made yet.
pub(super) struct Call {
    pub(super) attempt: &'static str,
    pub(super) repeat: Repeat,
    pub(super) request: RequestBuilder,
}

impl Call {
    /// Makes the call and reads its answer.
    pub(super) async fn answer<T: DeserializeOwned>(self) -> Result<T, PortError> {
        let attempt = self.attempt;
        let unavailable =
            |error| PortError::caused(ErrorKind::Unavailable, attempt, error).because(Reason::Unreachable);
        let Ok(answer) = tokio::time::timeout(CALL_TIMEOUT, self.send()).await else {
            let late = PortError::new(ErrorKind::Unavailable, format!("{attempt}: no answer in time"));
            return Err(late.because(Reason::Unreachable));
        };
        let (status, body) = answer.map_err(unavailable)?;
        if !status.is_success() {
            return Err(problem::error_of(attempt, status, &body));
        }
        // An answer without content is the JSON of `()`.
        let json: &[u8] = if body.is_empty() { b"null" } else { &body };
        serde_json::from_slice(json).map_err(|error| PortError::caused(ErrorKind::Unavailable, attempt, error))
    }

    async fn send(self) -> Result<(StatusCode, Bytes), reqwest::Error> {
        let Self { request, repeat, .. } = self;
        let times = match repeat {
            Repeat::Harmless => REPETITIONS,
            Repeat::CountsAgain => 0,
        };
        let schedule = ExponentialBuilder::default()
            .with_min_delay(FIRST_REPETITION_AFTER)
            .with_factor(4.0)
            .with_jitter()
            .with_max_times(times);
        let (client, request) = request.build_split();
        let request = request?;
        let once = || async {
            let request = request.try_clone().expect("a JSON body is in memory, so the request can be cloned");
            let response = client.execute(request).await?;
            Ok((response.status(), response.bytes().await?))
        };
        once.retry(schedule)
            .when(|error: &reqwest::Error| error.is_connect() || error.is_request() || error.is_body())
            .await
    }
}

#[cfg(test)]
mod tests;
