//! The relay over a real SQLite, and a queue and a log of this process.

use photo_adapters::sqlite::SqliteConfig;
use photo_core::{
    contract::sample,
    job::{Claim, Job},
    memory::{MemoryLog, MemoryLogSettings, MemoryQueue, MemoryQueueSettings},
    pipeline::{CatalogueEntry, PipelineName},
    port::MetadataStore,
};
use tempfile::TempDir;

use super::*;

const PATIENCE: Duration = Duration::from_mins(1);

struct Scene {
    store: SqliteMetadata,
    queue: Arc<MemoryQueue>,
    stop: CancellationToken,
    _folder: TempDir,
}

/// A relay that compares without rest.
fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let config = SqliteConfig { path: folder.path().join("photos.db"), readers: 2.try_into().unwrap() };
    let store = SqliteMetadata::open(&config, Clock::System).unwrap();
    let queue = Arc::new(MemoryQueue::new(MemoryQueueSettings::default()));
    let relay = Relay {
        store: store.clone(),
        platform_uid: "platform".to_owned(),
        queue: Arc::clone(&queue) as Arc<dyn JobQueue>,
        log: Arc::new(MemoryLog::new(MemoryLogSettings::default())),
        clock: Clock::System,
        comparison_period: Duration::ZERO,
        metrics: RelayMetrics::default(),
    };
    let stop = CancellationToken::new();
    tokio::spawn(relay.run(stop.clone()));
    Scene { store, queue, stop, _folder: folder }
}

impl Scene {
    async fn claim(&self, pipeline: &PipelineName) -> Option<Claim> {
        self.queue.claim(pipeline, PATIENCE).await.unwrap()
    }
}

#[tokio::test]
async fn a_job_that_somebody_else_ended_or_removed_comes_back_while_its_photo_is_open() {
    let scene = scene();
    let pipeline = sample::pipeline();
    scene.store.put_pipeline(&pipeline, &CatalogueEntry::default()).await.unwrap();
    let photo =
        scene.store.accept(&sample::new_photo(&sample::owner(), &pipeline)).await.unwrap().into_photo().unwrap();
    let job = Job::of(&photo);
    let first = scene.claim(&pipeline).await.expect("the job is enqueued");
    scene.queue.complete(&first).await.unwrap();
    let second = scene.claim(&pipeline).await.expect("its photo is still open");
    scene.queue.fail(&second, "by a foreign worker").await.unwrap();
    let third = scene.claim(&pipeline).await.expect("its photo is still open");
    assert_eq!(third.job, Ok(job.clone()));
    scene.store.cancel(&photo.sender.user, photo.id).await.unwrap();
    scene.queue.complete(&third).await.unwrap();
    assert_eq!(scene.store.reopen_all().await.unwrap(), 0, "it has ended");
    scene.stop.cancel();
}
