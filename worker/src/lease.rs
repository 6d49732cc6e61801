//! Keeping a claim: its lease is extended while the run goes on, and the run is told when it works for nobody any more.

use std::{sync::Arc, time::Duration};

use photo_core::{
    job::Claim,
    port::{ErrorKind, JobQueue, MetadataStore},
    run::Run,
};
use tokio::sync::oneshot;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A third of the queue's lease of 15 s: two extensions may fail before it is over.
const EXTEND_PERIOD: Duration = Duration::from_secs(5);

/// A claim that is extended until this is dropped.
pub(crate) struct Lease {
    over: oneshot::Receiver<Over>,
    _ended: DropGuard,
}

/// Why a run works for nobody any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    /// The lease is lost: somebody else may have the job.
    LeaseLost,
    /// The run is not its photo's live one: the photo was cancelled or deleted, or another run has begun.
    Fenced,
}

/// What is kept, and where it is asked about.
pub(crate) struct Kept {
    pub(crate) queue: Arc<dyn JobQueue>,
    pub(crate) store: Arc<dyn MetadataStore>,
    pub(crate) claim: Claim,
    pub(crate) run: Run,
}

impl Lease {
    /// Starts extending.
    pub(crate) fn keep(kept: Kept) -> Self {
        let (tell, over) = oneshot::channel();
        let ended = CancellationToken::new();
        let lease = Self { over, _ended: ended.clone().drop_guard() };
        tokio::spawn(async move {
            if let Some(over) = ended.run_until_cancelled(kept.until_over()).await {
                if tell.send(over).is_err() {
                    tracing::debug!(?over, "a run has ended before it was told");
                }
            }
        });
        lease
    }

    /// Waits until the run works for nobody any more.
    pub(crate) async fn over(&mut self) -> Over {
        // A lease that is not extended is as good as lost.
        (&mut self.over).await.unwrap_or(Over::LeaseLost)
    }
}

impl Kept {
    async fn until_over(self) -> Over {
        loop {
            tokio::time::sleep(EXTEND_PERIOD).await;
            // Both may be: who cancels a photo takes its job out of the queue too.
            match (self.is_lost().await, self.is_fenced().await) {
                (_, true) => return Over::Fenced,
                (true, false) => return Over::LeaseLost,
                (false, false) => {}
            }
        }
    }

    async fn is_lost(&self) -> bool {
        let job = &self.claim.job_id;
        match self.queue.extend(&self.claim).await {
            Ok(()) => false,
            Err(error) if error.kind() == ErrorKind::Conflict => {
                tracing::warn!(job, "the lease is lost, somebody else may have the job");
                true
            }
            // The next period tries again; the fence in the metadata store guards what is written meanwhile.
            Err(error) => {
                tracing::warn!(job, error = error.chain(), "the lease was not extended");
                false
            }
        }
    }

    async fn is_fenced(&self) -> bool {
        match self.store.run_is_live(self.run.photo_id, self.run.id).await {
            Ok(live) => !live,
            // Asked again in the next period, and for the last time when the run finishes.
            Err(error) => {
                tracing::debug!(error = error.chain(), "it is not known whether the run is the live one");
                false
            }
        }
    }
}
