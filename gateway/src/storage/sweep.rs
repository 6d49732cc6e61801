//! The sweep: objects that no photo names are found and, once nobody can come to name them, removed. Those that photos name
//! and that are not there are found on the way.
//!
//! What leaves such objects: an upload whose sender or role died before its photo was known, a worker that died, outputs
//! of earlier generations.

use std::{sync::Arc, time::Duration};

use futures::TryStreamExt;
use jiff::SignedDuration;
use photo_adapters::sqlite::{Spared, SqliteMetadata};
use photo_core::{
    blob_key::{BlobKey, BlobLocation, BlobScope, BucketPurpose},
    clock::Clock,
    consistency::ConsistencyReport,
    port::{BlobStore, PortError, blob_store::BlobEntry},
};
use tokio_util::sync::CancellationToken;

use super::{
    consistency::{Comparison, Missing},
    sweep_metrics::SweepMetrics,
};

/// How long to rest between two pages of a listing, so that a sweep through millions of objects leaves the store its time
/// for photos.
const PAGE_REST: Duration = Duration::from_millis(50);

const GRACE_SECONDS: u32 = 24 * 60 * 60;
const PERIOD_SECONDS: u32 = 60 * 60;

/// What becomes of originals that no photo names. Outputs are made again at will, and always removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
#[value(rename_all = "PascalCase")]
pub enum Cleanup {
    /// They stay, and are counted.
    #[default]
    ReportOnly,
    /// They are moved to where no photo's bytes are looked for, and stay there until somebody removes them.
    Quarantine,
    /// They are removed.
    Delete,
}

/// When what is swept.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct SweepConfig {
    /// What becomes of originals that no photo names.
    #[arg(long, env = "CLEANUP", value_enum, default_value_t)]
    pub(crate) cleanup: Cleanup,
    /// Seconds that an object may be without a photo.
    #[arg(long, env = "SWEEP_GRACE_SECONDS", default_value_t = GRACE_SECONDS, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) sweep_grace_seconds: u32,
    /// Seconds from the end of a sweep to the next one.
    #[arg(long, env = "SWEEP_PERIOD_SECONDS", default_value_t = PERIOD_SECONDS, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) sweep_period_seconds: u32,
}

/// Removes objects that no photo names, and tells which ones photos name in vain.
pub(crate) struct Sweep {
    pub(crate) store: SqliteMetadata,
    pub(crate) blobs: Arc<dyn BlobStore>,
    pub(crate) clock: Clock,
    pub(crate) config: SweepConfig,
    pub(crate) metrics: SweepMetrics,
}

/// What a sweep found and did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Swept {
    /// Objects that were removed.
    removed: u64,
    /// Originals that were put out of the way.
    quarantined: u64,
    /// Objects without a photo that are still there.
    unreferenced: u64,
    /// Objects whose keys are none of ours.
    foreign: u64,
}

impl Default for SweepConfig {
    fn default() -> Self {
        Self { cleanup: Cleanup::default(), sweep_grace_seconds: GRACE_SECONDS, sweep_period_seconds: PERIOD_SECONDS }
    }
}

impl Sweep {
    /// Sweeps until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let period = Duration::from_secs(self.config.sweep_period_seconds.into());
        while let Some(swept) = stop.run_until_cancelled(self.sweep()).await {
            match swept {
                Ok(swept) => self.ended(swept),
                // The next one begins anew: what was seen is remembered.
                Err(error) => {
                    tracing::warn!(error = error.chain(), "a sweep broke off");
                    self.metrics.failures.inc();
                }
            }
            stop.run_until_cancelled(tokio::time::sleep(period)).await;
        }
    }

    fn ended(&self, swept: Swept) {
        let Swept { removed, quarantined, unreferenced, foreign } = swept;
        self.metrics.removed.inc_by(removed);
        self.metrics.quarantined.inc_by(quarantined);
        self.metrics.ended(unreferenced, foreign);
    }

    async fn sweep(&self) -> Result<Swept, PortError> {
        let (mut swept, mut missing) = (Swept::default(), Missing::default());
        for bucket in [BucketPurpose::Variants, BucketPurpose::Originals, BucketPurpose::LargeOriginals] {
            let mut comparison = Comparison::new(&self.store, &*self.blobs, bucket);
            let mut pages = self.blobs.pages(bucket, BlobScope::All);
            while let Some(page) = pages.try_next().await? {
                let own = own(bucket, &page, &mut swept);
                comparison.page(&own, &mut missing).await?;
                self.sweep_page(bucket, own, &mut swept).await?;
                tokio::time::sleep(PAGE_REST).await;
            }
            comparison.end(&mut missing).await?;
        }
        self.store.forget_unreferenced(self.grace()).await?;
        self.report(swept, missing).await?;
        Ok(swept)
    }

    /// Keeps for those who ask how far rows and objects agree.
    async fn report(&self, swept: Swept, missing: Missing) -> Result<(), PortError> {
        let restored = self.store.restored().await?.is_some();
        self.metrics.restored.set(restored.into());
        self.metrics.missing.set(i64::try_from(missing.total).unwrap_or(i64::MAX));
        let report = ConsistencyReport {
            ended_at: self.clock.now(),
            restored,
            unreferenced: swept.unreferenced,
            foreign: swept.foreign,
            missing_total: missing.total,
            missing: missing.first,
        };
        self.store.keep_report(report).await
    }

    async fn sweep_page(&self, bucket: BucketPurpose, own: Vec<BlobKey>, swept: &mut Swept) -> Result<(), PortError> {
        let judged = self.store.judge(own, self.grace(), self.spared()).await?;
        swept.unreferenced += judged.waiting as u64;
        for key in judged.condemned {
            let refuge = self.refuge(&key);
            let found = BlobLocation { bucket, key };
            if let Some(refuge) = refuge {
                tracing::info!(key = %found.key, %refuge, "no photo names this object: it is put out of the way");
                self.blobs.copy(&found, &refuge).await?;
                self.blobs.delete(&found).await?;
                swept.quarantined += 1;
            } else {
                tracing::info!(key = %found.key, "no photo names this object: it is removed");
                self.blobs.delete(&found).await?;
                swept.removed += 1;
            }
        }
        Ok(())
    }

    /// Where an object goes that was given up, if it is not to be lost.
    fn refuge(&self, key: &BlobKey) -> Option<BlobKey> {
        let BlobKey::Original { photo, upload } = *key else { return None };
        (self.config.cleanup != Cleanup::Delete).then_some(BlobKey::Quarantined { photo, upload })
    }

    fn grace(&self) -> SignedDuration {
        SignedDuration::from_secs(self.config.sweep_grace_seconds.into())
    }

    fn spared(&self) -> Spared {
        match self.config.cleanup {
            Cleanup::ReportOnly => Spared::Originals,
            Cleanup::Quarantine | Cleanup::Delete => Spared::Nothing,
        }
    }
}

/// The keys of a page that are looked for in that bucket, which may serve several purposes. Others are counted.
fn own(bucket: BucketPurpose, page: &[BlobEntry], swept: &mut Swept) -> Vec<BlobKey> {
    let keys: Vec<BlobKey> = page.iter().filter_map(|entry| entry.key.parse().ok()).collect();
    swept.foreign += (page.len() - keys.len()) as u64;
    keys.into_iter().filter(|key| is_kept_in(key, bucket)).collect()
}

/// Whether objects of that key are looked for in that bucket.
fn is_kept_in(key: &BlobKey, bucket: BucketPurpose) -> bool {
    match key {
        BlobKey::Derived { .. } => bucket == BucketPurpose::Variants,
        BlobKey::Original { .. } => matches!(bucket, BucketPurpose::Originals | BucketPurpose::LargeOriginals),
        BlobKey::Quarantined { .. } | BlobKey::Backup { .. } => false,
    }
}

#[cfg(test)]
mod tests;
