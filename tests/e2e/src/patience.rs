//! Waiting for what a test expects.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long anything may take before a test says that it does not happen. The machine may be busy.
pub const LIMIT: Duration = Duration::from_mins(2);

const POLL: Duration = Duration::from_millis(50);

/// What `ask` finds, asked again until it finds something.
///
/// # Panics
/// It found nothing within [`LIMIT`]; `what` tells what was to be found.
pub async fn until<T, F>(what: &str, ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let found = in_time(ask).await;
    assert!(found.is_some(), "not within {LIMIT:?}: {what}");
    found.expect("it was found just now")
}

/// The same, or `None` where it found nothing within [`LIMIT`].
pub async fn in_time<T, F>(mut ask: impl FnMut() -> F) -> Option<T>
where
    F: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + LIMIT;
    loop {
        let found = ask().await;
        if found.is_some() || Instant::now() >= deadline {
            return found;
        }
        sleep(POLL).await;
    }
}
