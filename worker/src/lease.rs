//! Keeping a claim: its lease is extended while the run goes on, and the run is told when the lease is lost.

use std::{sync::Arc, time::Duration};

use photo_core::{
    job::Claim,
    port::{ErrorKind, JobQueue},
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// A third of the queue's lease of 15 s: two extensions may fail before it is over.
const EXTEND_PERIOD: Duration = Duration::from_secs(5);

/// A claim that is extended until this is dropped.
pub(crate) struct Lease {
    lost: CancellationToken,
    _ended: DropGuard,
}

impl Lease {
    /// Starts extending.
    pub(crate) fn keep(queue: Arc<dyn JobQueue>, claim: Claim) -> Self {
        let (lost, ended) = (CancellationToken::new(), CancellationToken::new());
        let lease = Self { lost: lost.clone(), _ended: ended.clone().drop_guard() };
        tokio::spawn(async move {
            while ended.run_until_cancelled(tokio::time::sleep(EXTEND_PERIOD)).await.is_some() {
                match queue.extend(&claim).await {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::Conflict => {
                        tracing::warn!(job = claim.job_id, "the lease is lost, somebody else may have the job");
                        return lost.cancel();
                    }
                    // The next period tries again; the fence in the metadata store guards what is written meanwhile.
                    Err(error) => {
                        tracing::warn!(job = claim.job_id, error = error.chain(), "the lease was not extended");
                    }
                }
            }
        });
        lease
    }

    /// Waits until the lease is lost.
    pub(crate) async fn lost(&self) {
        self.lost.cancelled().await;
    }
}
