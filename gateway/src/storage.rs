//! The storage role: the truth about photos in SQLite, the relay that hands work and events on, the deletion of what is
//! stored of deleted photos, the sweep, the backups, and the internal endpoints through which the other roles reach all of it. Exactly
//! one process per platform.

use std::sync::Arc;

use anyhow::bail;
use futures::future::OptionFuture;
use photo_adapters::{http::Hook, sqlite::SqliteMetadata};
use photo_core::{
    clock::Clock,
    port::{BlobStore, EventLog, JobQueue},
};
use photo_runtime::health::Health;
use prometheus_client::registry::Registry;
use tokio_util::sync::CancellationToken;

use crate::tasks::Tasks;

mod backup;
mod backup_metrics;
mod buckets;
mod config;
mod consistency;
mod dead_letters;
mod deletion;
mod deletion_metrics;
mod disk_metrics;
mod hooks;
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
use buckets::Buckets;
use dead_letters::DeadLetterCount;
use deletion::Deletions;
use deletion_metrics::DeletionMetrics;
use disk_metrics::DiskMetrics;
use hooks::{HookMetrics, Hooks};
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
    /// Marks the platform's objects in the buckets, and its queues, as its own.
    pub platform_uid: String,
    /// When objects go that no photo names.
    pub sweep: SweepConfig,
    /// How often the database is backed up.
    pub backup: BackupConfig,
    /// Who is called when a photo is given up.
    pub hook: Option<Hook>,
    /// Where it is told how the buckets and the backups are.
    pub health: Health,
}

impl Parts {
    /// Starts what the role does by itself, until `stop` is cancelled: the relay, the deletions, the count of dead letters
    /// and the calls that tell of them, and, once the buckets are made, the sweep and the backups.
    pub fn start(self, metrics: &mut Registry, stop: &CancellationToken) -> Tasks {
        let mut tasks = Tasks::default();
        let (store, clock) = (self.store, Clock::System);
        tasks.spawn_fallible(end_when_broken(store.clone(), stop.clone()));
        DiskMetrics::register(store.clone(), metrics);
        tasks.spawn(DeadLetterCount::register(store.clone(), metrics).run(stop.clone()));
        if let Some(hook) = self.hook {
            store.note_hooks();
            let (hook, metrics) = (Arc::new(hook), HookMetrics::register(metrics));
            tasks.spawn(Hooks { store: store.clone(), hook, clock: clock.clone(), metrics }.run(stop.clone()));
        }
        let deletions = Deletions {
            store: store.clone(),
            blobs: Arc::clone(&self.blobs),
            clock: clock.clone(),
            metrics: DeletionMetrics::register(metrics),
        };
        tasks.spawn(deletions.run(stop.clone()));
        let sweep = Sweep {
            store: store.clone(),
            blobs: Arc::clone(&self.blobs),
            clock: clock.clone(),
            config: self.sweep,
            metrics: SweepMetrics::register(metrics),
        };
        let metrics_of_backups = BackupMetrics::register(metrics);
        let backups = (self.backup.backup == BackupState::Enabled).then(|| Backups {
            store: store.clone(),
            blobs: Arc::clone(&self.blobs),
            clock: clock.clone(),
            config: self.backup,
            metrics: metrics_of_backups,
            told: self.health.told("backup"),
        });
        let relay = Relay {
            store,
            platform_uid: self.platform_uid.clone(),
            queue: self.queue,
            log: self.log,
            clock,
            comparison_period: relay::COMPARISON_PERIOD,
            metrics: RelayMetrics::register(metrics),
        };
        tasks.spawn(relay.run(stop.clone()));
        let buckets = Buckets { blobs: self.blobs, platform_uid: self.platform_uid, told: self.health.told("buckets") };
        let stop = stop.clone();
        tasks.spawn(async move {
            // Both would find no buckets before, and wait for their next time.
            buckets.prepared(&stop).await;
            let backups = OptionFuture::from(backups.map(|backups| backups.run(stop.clone())));
            tokio::join!(buckets.keep(&stop), sweep.run(stop.clone()), backups);
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
