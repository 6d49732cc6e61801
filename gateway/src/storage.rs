//! The storage role: the truth about photos in SQLite, the relay that hands work and events on, the deletion of what is
//! stored of deleted photos, the sweep, and the internal endpoints through which the other roles reach all of it. Exactly
//! one process per platform.

use std::sync::Arc;

use photo_adapters::{http::Hook, sqlite::SqliteMetadata};
use photo_core::{
    clock::Clock,
    port::{BlobStore, EventLog, JobQueue},
};
use prometheus_client::registry::Registry;
use tokio_util::sync::CancellationToken;

use crate::tasks::Tasks;

mod buckets;
mod config;
mod dead_letters;
mod deletion;
mod deletion_metrics;
mod hooks;
mod process;
mod queue_states;
mod relay;
mod relay_metrics;
mod routes;
mod sweep;
mod sweep_metrics;

pub use config::StorageRoleConfig;
pub use process::run;
pub use sweep::{Cleanup, SweepConfig};

use dead_letters::DeadLetterCount;
use deletion::Deletions;
use deletion_metrics::DeletionMetrics;
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
    /// Marks the platform's objects in the buckets as its own.
    pub platform_uid: String,
    /// When objects go that no photo names.
    pub sweep: SweepConfig,
    /// Who is called when a photo is given up.
    pub hook: Option<Hook>,
}

impl Parts {
    /// Starts the relay, the deletions, the sweep, the count of dead letters, the calls that tell of them and the making of the buckets, until `stop` is cancelled.
    pub fn start(self, metrics: &mut Registry, stop: &CancellationToken) -> Tasks {
        let Self { store, queue, log, blobs, platform_uid, sweep, hook } = self;
        let deletions = Deletions {
            store: store.clone(),
            blobs: Arc::clone(&blobs),
            clock: Clock::System,
            metrics: DeletionMetrics::register(metrics),
        };
        let sweep = Sweep {
            store: store.clone(),
            blobs: Arc::clone(&blobs),
            config: sweep,
            metrics: SweepMetrics::register(metrics),
        };
        let dead_letters = DeadLetterCount::register(store.clone(), metrics);
        let hooks = hook.map(|hook| {
            store.note_hooks();
            let (hook, metrics) = (Arc::new(hook), HookMetrics::register(metrics));
            Hooks { store: store.clone(), hook, clock: Clock::System, metrics }
        });
        let relay = Relay { store, queue, log, clock: Clock::System, metrics: RelayMetrics::register(metrics) };
        let mut tasks = Tasks::default();
        tasks.spawn(buckets::prepare(blobs, platform_uid, stop.clone()));
        tasks.spawn(relay.run(stop.clone()));
        tasks.spawn(deletions.run(stop.clone()));
        tasks.spawn(sweep.run(stop.clone()));
        if let Some(hooks) = hooks {
            tasks.spawn(hooks.run(stop.clone()));
        }
        tasks.spawn(dead_letters.run(stop.clone()));
        tasks
    }
}
