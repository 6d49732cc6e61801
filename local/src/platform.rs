//! All roles and the workers on the same ports, behind one listener, and the order in which they stop.

use std::{sync::Arc, time::Duration};

use photo_core::clock::Clock;
use photo_gateway::{
    Tasks,
    api::{self, SpoolConfig},
    events::{self, SocketLimits},
    storage,
    user_token::UserTokens,
};
use photo_local::documents::Declaration;
use photo_runtime::{
    health::{Health, Need, check},
    listener, probe,
};
use photo_worker::{
    Consumer, Worker, WorkerMetrics,
    slot::{MarkFile, SlotCommand, SlotMemory, Slots},
};
use prometheus_client::registry::Registry;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    embedded::{Embedded, WORKER_NAME},
    folder::PlatformFolder,
};

/// Room for uploads on their way in, in bytes, if the platform takes no longer photos.
const SPOOL_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// A client that sends nothing of a photo for so many seconds is given up.
const UPLOAD_IDLE_SECONDS: u64 = 60;

/// How long requests under way may take once the platform stops.
const STOP_GRACE: Duration = Duration::from_secs(15);

/// What a platform is started with.
pub(crate) struct Start<'a> {
    pub(crate) declaration: &'a Declaration,
    pub(crate) folder: &'a PlatformFolder,
    pub(crate) ports: Embedded,
    pub(crate) tokens: UserTokens,
    pub(crate) listener: TcpListener,
}

/// A running platform.
pub(crate) struct Platform {
    /// Whether it takes photos.
    pub(crate) health: Health,
    serving: JoinHandle<anyhow::Result<()>>,
    workers: Vec<JoinHandle<()>>,
    /// Beside the requests: telling events, relaying, …
    tasks: Vec<Tasks>,
    /// Cancelled once nothing makes events any more.
    quiet: CancellationToken,
}

impl Platform {
    /// Starts everything. It stops when `stop` is cancelled, which it also is when nobody can be served any more.
    pub(crate) async fn start(start: Start<'_>, stop: &CancellationToken) -> anyhow::Result<Self> {
        let Start { declaration, folder, ports, tokens, listener } = start;
        let mut metrics = Registry::with_prefix("photo");
        let quiet = CancellationToken::new();
        let health = Health::new("local", stop.clone());
        health.watch("storage", Need::Required, check(&ports.store, |store| async move { store.ready().await }));
        health.watch("store", Need::Required, check(&ports.blobs, |blobs| async move { blobs.ready().await }));
        health.register(&mut metrics);
        let relaying = storage_parts(&ports, declaration, &health).start(&mut metrics, &quiet);
        let (sockets, telling) = events_parts(&ports, tokens.clone()).start(&mut metrics, &quiet)?;
        let spool = SpoolConfig {
            spool_dir: Some(folder.spool()),
            spool_bytes_max: SPOOL_BYTES.max(declaration.spec.gateway.upload.max_bytes),
            upload_idle_seconds: UPLOAD_IDLE_SECONDS,
        };
        let (store, blobs) = (Arc::clone(&ports.store), Arc::clone(&ports.blobs));
        let platform = declaration.spec.clone();
        let api = api::Parts { store, blobs, tokens, spool, platform, health: health.clone() };
        let app = api.routes(sockets, &mut metrics)?;
        let workers = workers(&ports, declaration, &health, &WorkerMetrics::register(&mut metrics)).await?;
        let app = app.merge(probe::routes(health.clone(), Arc::new(metrics)));
        let (store, ending) = (ports.sqlite.clone(), stop.clone());
        tokio::spawn(async move {
            // The relay says why, once everything has stopped.
            if ending.run_until_cancelled(store.broken()).await.is_some() {
                ending.cancel();
            }
        });
        let ended = stop.clone().drop_guard();
        let serving = listener::serve(listener, app, stop.clone(), STOP_GRACE);
        Ok(Self {
            health,
            serving: tokio::spawn(async move {
                let served = serving.await;
                drop(ended);
                served
            }),
            workers: workers.into_iter().map(|worker| tokio::spawn(worker.run(stop.clone()))).collect(),
            tasks: vec![relaying, telling],
            quiet,
        })
    }

    /// Waits until it has stopped: uploads end first, then the workers' runs, and then everything that tells of them.
    pub(crate) async fn stopped(self) -> anyhow::Result<()> {
        let served = self.serving.await?;
        for worker in self.workers {
            worker.await?;
        }
        self.quiet.cancel();
        for tasks in self.tasks {
            tasks.ended().await?;
        }
        served
    }
}

fn storage_parts(ports: &Embedded, declaration: &Declaration, health: &Health) -> storage::Parts {
    storage::Parts {
        store: ports.sqlite.clone(),
        queue: Arc::clone(&ports.queue),
        log: Arc::clone(&ports.log),
        blobs: Arc::clone(&ports.blobs),
        platform_uid: declaration.name.to_string(),
        sweep: storage::SweepConfig::default(),
        backup: storage::BackupConfig::default(),
        hook: None,
        health: health.clone(),
    }
}

/// Only pages of this very host may connect.
fn events_parts(ports: &Embedded, tokens: UserTokens) -> events::Parts {
    let (log, store) = (Arc::clone(&ports.log), Arc::clone(&ports.store));
    events::Parts { log, store, tokens, limits: SocketLimits::default(), origins: Vec::new() }
}

/// One worker per pipeline that is to run, each with the slots that its spec asks for and this machine has cores for.
async fn workers(
    ports: &Embedded,
    declaration: &Declaration,
    health: &Health,
    metrics: &WorkerMetrics,
) -> anyhow::Result<Vec<Consumer>> {
    let cores = std::thread::available_parallelism().map_or(1, |cores| u16::try_from(cores.get()).unwrap_or(u16::MAX));
    let mut specs = declaration.pipelines.clone();
    // What waits in a queue without workers goes on once the pipeline runs again.
    specs.retain(|(name, _)| !declaration.waiting.contains(name));
    for (_, spec) in &mut specs {
        spec.worker.concurrency = spec.worker.concurrency.min(cores);
    }
    let at_once = specs.iter().map(|(_, spec)| spec.worker.concurrency).fold(0, u16::saturating_add);
    let memory = SlotMemory::of(None, at_once)?;
    let mut workers = Vec::new();
    for (pipeline, spec) in specs {
        let marks = declaration.marks.iter().filter(|(image, _)| spec.mark_images().contains(image));
        let marks = marks.map(|(image, bytes)| MarkFile { image: image.clone(), bytes: bytes.clone() }).collect();
        let slots = Slots::start(SlotCommand::of_this_program(), memory, marks).await?;
        let worker = Worker {
            name: WORKER_NAME.to_owned(),
            pipeline,
            spec: Arc::new(spec),
            slots,
            queue: Arc::clone(&ports.queue),
            events: Arc::clone(&ports.log),
            blobs: Arc::clone(&ports.blobs),
            store: Arc::clone(&ports.store),
            metrics: metrics.clone(),
            clock: Clock::System,
        };
        workers.push(Consumer::new(Arc::new(worker), health.clone()));
    }
    Ok(workers)
}
