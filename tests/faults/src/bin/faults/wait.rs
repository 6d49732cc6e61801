//! Waiting for a condition, and not for ever.

use std::time::{Duration, Instant};

use anyhow::bail;
use tokio::time::sleep;

/// How often a condition is looked at: often, since a process whose calls are to be watched may end at its next one.
const POLL: Duration = Duration::from_millis(10);

/// Waits until `is_so` says yes.
///
/// # Errors
/// It does not within `limit`, or can't be told.
pub(crate) async fn until(
    what: &str,
    limit: Duration,
    mut is_so: impl AsyncFnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let began = Instant::now();
    while !is_so().await? {
        if began.elapsed() > limit {
            bail!("not within {limit:?}: {what}");
        }
        sleep(POLL).await;
    }
    Ok(())
}
