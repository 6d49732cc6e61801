//! What laws do with answers: tell the kind of a failure, and ask again while a server gets ready.

use std::{fmt::Debug, time::Duration};

use tokio::time::Instant;

use crate::port::{ErrorKind, PortError};

/// How long a law waits for what must come.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// The kind of the failure that the call must end in.
pub(super) fn kind<T: Debug>(answer: Result<T, PortError>) -> ErrorKind {
    answer.unwrap_err().kind()
}

/// The answer of a call, repeated while a server that was started again gets ready.
pub(super) async fn until_available<T, F>(call: impl Fn() -> F) -> T
where
    F: Future<Output = Result<T, PortError>>,
{
    let deadline = Instant::now() + PATIENCE;
    loop {
        match call().await {
            Err(error) if error.kind() == ErrorKind::Unavailable && Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            answer => return answer.unwrap(),
        }
    }
}
