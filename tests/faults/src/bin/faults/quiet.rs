//! After the last fault: until everything that was accepted has ended, and what is left over is swept.

use std::time::Duration;

use photo_stack::Stack;
use tokio::time::{Instant, sleep};

use crate::wait::until;

/// The longest that a sweep takes.
const LIMIT: Duration = Duration::from_mins(5);
const POLL: Duration = Duration::from_millis(500);

/// How long it took until no photo was open any more. What is still open after `patience` is for the audit to tell.
pub(crate) async fn until_everything_has_ended(stack: &Stack, patience: Duration) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let photos = stack.photos_of("client-0")?;
    while began.elapsed() < patience {
        let counts = photos.pipelines().await;
        if counts.is_ok_and(|counts| counts.iter().all(|pipeline| pipeline.queued + pipeline.processing == 0)) {
            break;
        }
        sleep(POLL).await;
    }
    Ok(began.elapsed())
}

/// Waits for two sweeps that begin from now on.
pub(crate) async fn until_swept(stack: &Stack) -> anyhow::Result<()> {
    let sweeps = async || stack.storage.metric("photo_sweeps_total").await;
    // One may be under way.
    let enough = sweeps().await? + 3;
    until("the storage role has swept", LIMIT, async || Ok(sweeps().await? >= enough)).await
}
