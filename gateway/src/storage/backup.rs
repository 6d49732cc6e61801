//! Backups: copies of the database in the bucket for them, the newest so many.
//!
//! Which backups there are is asked of the bucket, not remembered: their ids tell when they were made.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::TryStreamExt;
use photo_adapters::sqlite::SqliteMetadata;
use photo_core::{
    backoff::Backoff,
    blob_key::{BlobKey, BlobLocation, BlobScope, BucketPurpose},
    clock::Clock,
    id::BackupId,
    media_type::MediaType,
    port::{BlobStore, ErrorKind, PortError, blob_store::BlobBody},
};
use photo_runtime::health::{Need, Told};
use tokio_util::sync::CancellationToken;

use super::backup_metrics::BackupMetrics;

const PERIOD_SECONDS: u32 = 60 * 60;
const RETAIN_COUNT: u32 = 24;

/// Waits after backups that failed. No longer than a quarter of an hour: the next hour's may be the one that is needed.
const AGAIN: Backoff = Backoff { base: Duration::from_secs(5), max: Duration::from_mins(15) };

/// Whether backups are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
#[value(rename_all = "PascalCase")]
pub enum BackupState {
    /// They are made as often as the period says.
    Enabled,
    /// None is made, and none is removed.
    #[default]
    Disabled,
}

/// How often the database is backed up.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct BackupConfig {
    /// Whether backups are made.
    #[arg(long, env = "BACKUP", value_enum, default_value_t)]
    pub(crate) backup: BackupState,
    /// Seconds from one backup to the next.
    #[arg(long, env = "BACKUP_PERIOD_SECONDS", default_value_t = PERIOD_SECONDS, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) backup_period_seconds: u32,
    /// How many backups are kept; older ones are removed.
    #[arg(long, env = "BACKUP_RETAIN_COUNT", default_value_t = RETAIN_COUNT, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) backup_retain_count: u32,
}

impl Default for BackupConfig {
    fn default() -> Self {
        Self {
            backup: BackupState::default(),
            backup_period_seconds: PERIOD_SECONDS,
            backup_retain_count: RETAIN_COUNT,
        }
    }
}

/// A backup in its bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StoredBackup {
    pub(super) id: BackupId,
    pub(super) size_bytes: u64,
}

/// What a look at the backups led to.
#[derive(Debug)]
struct Turn {
    newest: StoredBackup,
    /// How long it is until the next one.
    wait: Duration,
}

/// The backups that there are, oldest first.
pub(super) async fn stored(blobs: &dyn BlobStore) -> Result<Vec<StoredBackup>, PortError> {
    let mut found = Vec::new();
    let mut pages = blobs.pages(BucketPurpose::Backups, BlobScope::Backups);
    while let Some(page) = pages.try_next().await? {
        found.extend(page.into_iter().filter_map(|entry| match entry.key.parse() {
            Ok(BlobKey::Backup { backup: id }) => Some(StoredBackup { id, size_bytes: entry.size_bytes }),
            _ => None,
        }));
    }
    found.sort_unstable();
    Ok(found)
}

/// Where a backup is stored.
pub(super) fn location(backup: BackupId) -> BlobLocation {
    BlobLocation { bucket: BucketPurpose::Backups, key: BlobKey::Backup { backup } }
}

/// Makes backups.
pub(crate) struct Backups {
    pub(crate) store: SqliteMetadata,
    pub(crate) blobs: Arc<dyn BlobStore>,
    pub(crate) clock: Clock,
    pub(crate) config: BackupConfig,
    pub(crate) metrics: BackupMetrics,
    /// Where it is told whether they are made.
    pub(crate) told: Told,
}

impl Backups {
    /// Makes backups until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut failures = 0;
        while let Some(wait) = stop.run_until_cancelled(self.told_turn(&mut failures)).await {
            stop.run_until_cancelled(tokio::time::sleep(wait)).await;
        }
    }

    /// Makes a backup if it is time, and tells how that went. Returns how long to rest.
    async fn told_turn(&self, failures: &mut u32) -> Duration {
        match self.turn().await {
            Ok(Turn { newest, wait }) => {
                *failures = 0;
                self.told.well(Some(format!("the newest backup is {}, of {} bytes", newest.id, newest.size_bytes)));
                wait
            }
            Err(error) => {
                tracing::warn!(error = error.chain(), "a backup failed and is tried again");
                self.told.failed(Need::Deferred, &error);
                self.metrics.failures.inc();
                *failures += 1;
                AGAIN.ceiling(*failures)
            }
        }
    }

    /// Makes a backup if it is time.
    async fn turn(&self) -> Result<Turn, PortError> {
        let stored = stored(&*self.blobs).await?;
        let newest = stored.last().copied();
        if let Some(newest) = newest {
            self.metrics.newest(newest.id, newest.size_bytes);
            let left = self.left(newest.id);
            if !left.is_zero() {
                return Ok(Turn { newest, wait: left });
            }
        }
        let newest = self.back_up(newest.map(|newest| newest.id)).await?;
        // One more than the listing had.
        let kept = usize::try_from(self.config.backup_retain_count).unwrap_or(usize::MAX) - 1;
        for old in stored.iter().rev().skip(kept) {
            tracing::info!(backup = %old.id, "newer backups are enough: this one is removed");
            self.blobs.delete(&location(old.id)).await?;
        }
        Ok(Turn { newest, wait: self.period() })
    }

    /// How long it is until the backup after `newest`. One of the future was made before the clock was set back, so
    /// nobody knows how old it is.
    fn left(&self, newest: BackupId) -> Duration {
        let age = Duration::try_from(self.clock.now().duration_since(newest.time()));
        age.map_or(Duration::ZERO, |age| self.period().saturating_sub(age))
    }

    async fn back_up(&self, newest: Option<BackupId>) -> Result<StoredBackup, PortError> {
        let begun = Instant::now();
        let copy = self.store.copy().await?;
        let (id, size_bytes) = (BackupId::after(newest, copy.taken_at()), copy.size_bytes());
        let location = location(id);
        let body = BlobBody::File { path: copy.path().to_owned(), size_bytes };
        self.blobs.put(&location, MediaType::Database, &body).await?;
        let found_bytes = self.blobs.size(&location).await?;
        if found_bytes != size_bytes {
            let text = format!("the backup {id} has {found_bytes} bytes in the object store, and {size_bytes} here");
            return Err(PortError::new(ErrorKind::Corrupt, text));
        }
        self.metrics.made(id, size_bytes, begun.elapsed());
        tracing::info!(backup = %id, size_bytes, "the database is backed up");
        Ok(StoredBackup { id, size_bytes })
    }

    fn period(&self) -> Duration {
        Duration::from_secs(self.config.backup_period_seconds.into())
    }
}

#[cfg(test)]
mod tests;
