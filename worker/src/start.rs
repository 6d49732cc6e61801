//! A worker as a process of its own: its ports are made from the environment.

use std::sync::Arc;

use photo_adapters::{
    http::HttpMetadata,
    redis::{BullQueue, BullSettings, LogSettings, RedisEndpoint, RedisEventLog},
    s3::{S3BlobStore, StoreRights},
    service_token::CallerRole,
};
use photo_core::{
    blob_key::BucketPurpose,
    clock::Clock,
    pipeline::{PipelineSpec, StageKind},
    port::{BlobStore, EventLog, JobQueue, MetadataStore},
};
use photo_runtime::{
    health::{Health, Need, check},
    listener, probe, shutdown, telemetry,
};
use photo_stages::Marks;
use prometheus_client::registry::Registry;
use tokio_util::sync::CancellationToken;

use crate::{
    config::WorkerConfig,
    consumer::Consumer,
    mark_files,
    metrics::WorkerMetrics,
    process::Worker,
    slot::{SlotCommand, SlotMemory, Slots},
};

/// What a job needs: its original, and the place of its outputs.
const RIGHTS: StoreRights = StoreRights {
    reads: &[BucketPurpose::Originals, BucketPurpose::LargeOriginals],
    writes: &[BucketPurpose::Variants],
};

/// Runs a worker until the process is told to stop.
///
/// # Errors
/// The configuration can't be used, or the probe port can't be listened on; the text says what to do.
pub async fn run(config: WorkerConfig) -> anyhow::Result<()> {
    telemetry::start(&config.log)?;
    config.failpoint.arm();
    let stop = shutdown::on_signal()?;
    let spec = config.pipeline()?;
    let memory = SlotMemory::of(config.slot_memory_mib, spec.worker.concurrency)?;
    tell_what_fits(memory, &spec);
    let marks = mark_files::read(config.watermark_folder.as_deref(), &spec)?;
    let slots = Slots::start(SlotCommand::of_this_program(), memory, marks).await?;
    let health = Health::new("worker", stop.clone());
    let redis = Arc::new(RedisEndpoint::new(&config.redis)?);
    let settings = BullSettings { worker_name: Some(config.worker_name.clone()), ..BullSettings::default() };
    let queue: Arc<dyn JobQueue> = Arc::new(BullQueue::new(Arc::clone(&redis), settings));
    let events: Arc<dyn EventLog> = Arc::new(RedisEventLog::new(redis, LogSettings::default()));
    let blobs: Arc<dyn BlobStore> = Arc::new(S3BlobStore::new(&config.store)?.proving(RIGHTS));
    let store: Arc<dyn MetadataStore> = Arc::new(HttpMetadata::from_config(&config.storage, CallerRole::Worker)?);
    health.watch("queue", Need::Required, check(&queue, |queue| async move { queue.ready().await }));
    health.watch("store", Need::Required, check(&blobs, |blobs| async move { blobs.ready().await }));
    health.watch("storage", Need::Required, check(&store, |store| async move { store.ready().await }));
    let mut registry = Registry::with_prefix("photo");
    health.register(&mut registry);
    let metrics = WorkerMetrics::register(&mut registry);
    let worker = Arc::new(Worker {
        name: config.worker_name,
        pipeline: config.pipeline_name,
        spec: Arc::new(spec),
        slots,
        queue,
        events,
        blobs,
        store,
        metrics,
        clock: Clock::System,
    });
    let probes = config.listen.bind(config.listen.probe_port).await?;
    let probing = CancellationToken::new();
    let routes = probe::routes(health.clone(), Arc::new(registry));
    let probes = tokio::spawn(listener::serve(probes, routes, probing.clone(), config.listen.shutdown_timeout()));
    tracing::info!(pipeline = %worker.pipeline, concurrency = worker.spec.worker.concurrency, "taking jobs");
    Consumer::new(worker, health).run(stop).await;
    probing.cancel();
    probes.await??;
    tracing::info!("stopped");
    Ok(())
}

/// The limits of a pipeline promise more than small slots can keep; the owner of such a photo learns it from its failure,
/// and who runs the worker from this.
fn tell_what_fits(memory: SlotMemory, spec: &PipelineSpec) {
    let validations = spec.stages.iter().filter_map(|stage| match stage.kind {
        StageKind::Validation(limits) => Some(limits),
        StageKind::Thumbnails(_) | StageKind::Metadata(_) | StageKind::Optimization(_) | StageKind::Watermark(_) => {
            None
        }
    });
    let limits = validations.min_by_key(|limits| limits.max_pixels).unwrap_or_default();
    let marks = Marks::BYTES_EACH_MAX.saturating_mul(spec.mark_images().len() as u64);
    let fit = memory.pixels_that_fit(limits.max_bytes.saturating_add(marks));
    let slot_mib = memory.bytes() / (1024 * 1024);
    if fit < limits.max_pixels {
        let allowed = limits.max_pixels;
        tracing::warn!(slot_mib, fit, allowed, "photos of that many pixels fit into a slot for sure, more are allowed");
    } else {
        tracing::info!(slot_mib, fit, "photos of that many pixels fit into a slot");
    }
}
