//! The deletion of photos: what is stored of a deleted photo goes, then the photo is forgotten, which an event tells.
//!
//! Every step can be repeated, so that a crash between two of them costs no more than the repetition.

use std::{sync::Arc, time::Duration};

use photo_adapters::sqlite::{DueDeletion, PUT_OFF_MAX, SqliteMetadata};
use photo_core::{
    backoff::Backoff,
    blob_key::{BlobScope, BucketPurpose},
    clock::Clock,
    id::PhotoId,
    port::{BlobStore, ErrorKind, PortError},
};
use tokio_util::sync::CancellationToken;

use super::deletion_metrics::DeletionMetrics;

/// Deletions per look at those that are due.
const BATCH: usize = 64;

/// How long to rest when none is due.
const REST: Duration = Duration::from_secs(1);

/// When a deletion that failed is tried again.
const AGAIN: Backoff = Backoff { base: Duration::from_secs(1), max: PUT_OFF_MAX };

/// When the object store is asked again after it did not answer.
const OUTAGE: Backoff = Backoff { base: Duration::from_secs(1), max: Duration::from_secs(30) };

/// How often the objects of a photo are looked for. Nobody writes any, so the second look finds none; a third one is for
/// a worker that stood still and has just woken up.
const LOOKS_MAX: usize = 3;

/// Removes what is stored of deleted photos.
pub(crate) struct Deletions {
    pub(crate) store: SqliteMetadata,
    pub(crate) blobs: Arc<dyn BlobStore>,
    pub(crate) clock: Clock,
    pub(crate) metrics: DeletionMetrics,
}

/// What a look at the deletions that are due found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    /// There may be more.
    Full,
    /// None is due.
    Empty,
    /// A dependency is away.
    Outage,
}

impl Deletions {
    /// Deletes until `stop`. A deletion that is cut off by it goes on at the next start.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut outages = 0_u32;
        while let Some(pass) = stop.run_until_cancelled(self.pass()).await {
            let pass = pass.unwrap_or_else(|error| {
                tracing::warn!(error = error.chain(), "the deletions that are due are unknown");
                Pass::Outage
            });
            outages = if pass == Pass::Outage { outages.saturating_add(1) } else { 0 };
            let rest = match pass {
                Pass::Full => Duration::ZERO,
                Pass::Empty => REST,
                Pass::Outage => OUTAGE.ceiling(outages),
            };
            stop.run_until_cancelled(tokio::time::sleep(rest)).await;
        }
    }

    /// Deletes what is due, up to the first that fails because a dependency is away.
    async fn pass(&self) -> Result<Pass, PortError> {
        self.metrics.pending.set(i64::try_from(self.store.deletions_pending().await?).unwrap_or(i64::MAX));
        let due = self.store.deletions_due(BATCH, self.clock.now()).await?;
        if due.is_empty() {
            return Ok(Pass::Empty);
        }
        for deletion in due {
            match self.delete(deletion.photo_id).await {
                Ok(()) => {
                    tracing::info!(photo_id = %deletion.photo_id, "deleted");
                    self.metrics.deleted.inc();
                }
                Err(error) => {
                    // Also after an outage: one photo that is never answered must not hold up the others.
                    self.put_off(&deletion, &error).await?;
                    if error.kind() == ErrorKind::Unavailable {
                        return Ok(Pass::Outage);
                    }
                }
            }
        }
        Ok(Pass::Full)
    }

    async fn delete(&self, photo: PhotoId) -> Result<(), PortError> {
        for _ in 0..LOOKS_MAX {
            if self.erase(photo).await? == 0 {
                return self.store.purge(photo).await;
            }
        }
        let text = format!("photo {photo} had new objects at each of {LOOKS_MAX} looks");
        Err(PortError::new(ErrorKind::Conflict, text))
    }

    /// Removes what the photo's prefixes hold in every bucket that has any of them.
    async fn erase(&self, photo: PhotoId) -> Result<usize, PortError> {
        let mut erased = 0;
        for (bucket, scope) in [
            (BucketPurpose::Variants, BlobScope::Outputs { photo }),
            (BucketPurpose::Originals, BlobScope::Originals { photo }),
            (BucketPurpose::Originals, BlobScope::Quarantined { photo }),
            (BucketPurpose::LargeOriginals, BlobScope::Originals { photo }),
            (BucketPurpose::LargeOriginals, BlobScope::Quarantined { photo }),
        ] {
            erased += self.blobs.erase(bucket, scope).await?;
        }
        Ok(erased)
    }

    async fn put_off(&self, deletion: &DueDeletion, error: &PortError) -> Result<(), PortError> {
        let DueDeletion { photo_id, attempts } = *deletion;
        tracing::warn!(%photo_id, attempts, error = error.chain(), "a deletion failed and is tried again");
        self.metrics.failures.inc();
        let now = self.clock.now();
        let next_at = now.saturating_add(AGAIN.ceiling(attempts.saturating_add(1))).unwrap_or(now);
        self.store.put_deletion_off(photo_id, next_at, error.chain()).await
    }
}

#[cfg(test)]
mod tests;
