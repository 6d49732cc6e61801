//! The storage role: the truth about photos in SQLite, the relay that hands work and events on, the deletion of what is
//! stored of deleted photos, the sweep, the backups, and the internal endpoints through which the other roles reach all of it. Exactly
//! one process per platform.

use std::sync::Arc;

use anyhow::bail;
use photo_adapters::sqlite::SqliteMetadata;
use photo_core::{
    clock::Clock,
    port::{BlobStore, EventLog, JobQueue},
};
use prometheus_client::registry::Registry;
use tokio_util::sync::CancellationToken;

use crate::tasks::Tasks;

mod backup;
mod backup_metrics;
mod buckets;
mod config;
mod consistency;
mod deletion;
mod deletion_metrics;
mod process;
mod queue_states;
mod relay;
mod relay_metrics;
mod restore;
mod routes;
mod sweep;
mod sweep_metrics;

pub use backup::{BackupConfig, BackupState};
pub use config::StorageRoleConfig;
pub use process::run;
pub use restore::RestoreCommand;
pub use sweep::{Cleanup, SweepConfig};

use backup::Backups;
use backup_metrics::BackupMetrics;
use deletion::Deletions;
use deletion_metrics::DeletionMetrics;
use relay::Relay;
use relay_metrics::RelayMetrics;
use sweep::Sweep;
use sweep_metrics::SweepMetrics;

/// What the role is made of, its internal endpoints apart: who shares a process with it needs none of them.
pub struct Parts {
    /// The truth about photos, and the outbox that the relay empties.
    pub store: SqliteMetadata,
    /// Takes the outbox's jobs.
    pub queue: Arc<dyn JobQueue>,
    /// Takes the outbox's events.
    pub log: Arc<dyn EventLog>,
    /// Its buckets are made, and the objects of deleted photos removed.
    pub blobs: Arc<dyn BlobStore>,
    /// Marks the platform's objects in the buckets as its own.
    pub platform_uid: String,
    /// When objects go that no photo names.
    pub sweep: SweepConfig,
    /// How often the database is backed up.
    pub backup: BackupConfig,
}

impl Parts {
    /// Starts the relay, the deletions, the making of the buckets, and then the sweep and the backups, until `stop` is cancelled.
    pub fn start(self, metrics: &mut Registry, stop: &CancellationToken) -> Tasks {
        let Self { store, queue, log, blobs, platform_uid, sweep, backup } = self;
        let deletions = Deletions {
            store: store.clone(),
            blobs: Arc::clone(&blobs),
            clock: Clock::System,
            metrics: DeletionMetrics::register(metrics),
        };
        let sweep = Sweep {
            store: store.clone(),
            blobs: Arc::clone(&blobs),
            clock: Clock::System,
            config: sweep,
            metrics: SweepMetrics::register(metrics),
        };
        let backups = Backups {
            store: store.clone(),
            blobs: Arc::clone(&blobs),
            clock: Clock::System,
            config: backup,
            metrics: BackupMetrics::register(metrics),
        };
        let relay = Relay {
            store,
            queue,
            log,
            clock: Clock::System,
            comparison_period: relay::COMPARISON_PERIOD,
            metrics: RelayMetrics::register(metrics),
        };
        let mut tasks = Tasks::default();
        tasks.spawn_fallible(end_when_broken(relay.store.clone(), stop.clone()));
        tasks.spawn(relay.run(stop.clone()));
        tasks.spawn(deletions.run(stop.clone()));
        let stop = stop.clone();
        tasks.spawn(async move {
            // Both would find no buckets before, and wait for their next time.
            buckets::prepare(blobs, platform_uid, stop.clone()).await;
            tokio::join!(sweep.run(stop.clone()), backups.run(stop));
        });
        tasks
    }
}

/// Ends the process when its database can't be written any more, so that another one starts from what the disk holds.
async fn end_when_broken(store: SqliteMetadata, stop: CancellationToken) -> anyhow::Result<()> {
    if stop.run_until_cancelled(store.broken()).await.is_none() {
        return Ok(());
    }
    stop.cancel();
    bail!("the disk lost a write of the database; look for errors of the disk")
}
