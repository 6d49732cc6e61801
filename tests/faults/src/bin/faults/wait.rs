//! Waiting for a condition, and not for ever.

use std::time::{Duration, Instant};

use anyhow::bail;
use tokio::time::sleep;

/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(100);

/// Waits until `is_so` says yes.
///
/// # Errors
/// It does not within `limit`, or can't be told.
pub(crate) async fn until<F>(what: &str, limit: Duration, mut is_so: impl FnMut() -> F) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<bool>>,
{
    let began = Instant::now();
    while !is_so().await? {
        if began.elapsed() > limit {
            bail!("not within {limit:?}: {what}");
        }
        sleep(POLL).await;
    }
    Ok(())
}
