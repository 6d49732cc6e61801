//! Deletions over a real SQLite and a real MinIO, by a clock that the test moves.

use bytes::Bytes;
use jiff::SignedDuration;
use photo_adapters::{
    s3::{S3BlobStore, S3Config},
    sqlite::{OutboxItem, SqliteConfig},
};
use photo_core::{
    blob_key::{BlobKey, BlobLocation},
    clock::ManualClock,
    contract::sample,
    event::EventKind,
    id::{RunId, UploadId},
    image_format::ImageFormat,
    photo::NewPhoto,
    pipeline::CatalogueEntry,
    port::{MetadataStore, blob_store::BlobBody},
    run::Begun,
};
use photo_stack::minio_server::MinioServer;
use tempfile::TempDir;

use super::*;

struct Scene {
    deletions: Deletions,
    clock: ManualClock,
    server: MinioServer,
    _folder: TempDir,
}

async fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let server = MinioServer::start(&folder.path().join("minio")).await.unwrap();
    let blobs = S3BlobStore::new(&S3Config {
        minio_endpoint: server.endpoint(),
        minio_access_key: Some(server.access_key().into()),
        minio_access_key_file: None,
        minio_secret_key: Some(server.secret_key().into()),
        minio_secret_key_file: None,
        minio_region: "us-east-1".to_owned(),
        object_prefix: "local".to_owned(),
        bucket_originals: "images".to_owned(),
        bucket_large_originals: "images-large".to_owned(),
        bucket_variants: "thumbnails".to_owned(),
        bucket_backups: "backups".to_owned(),
    })
    .unwrap();
    blobs.prepare("platform").await.unwrap();
    let clock = ManualClock::starting_at("2026-11-21T10:00:00Z".parse().unwrap());
    let config = SqliteConfig { path: folder.path().join("photos.db"), readers: 2.try_into().unwrap() };
    let store = SqliteMetadata::open(&config, Clock::Manual(clock.clone())).unwrap();
    let (blobs, metrics) = (Arc::new(blobs) as Arc<dyn BlobStore>, DeletionMetrics::default());
    let deletions = Deletions { store, blobs, clock: Clock::Manual(clock.clone()), metrics };
    Scene { deletions, clock, server, _folder: folder }
}

impl Scene {
    /// A photo with its original and what two of its runs have written, the first of them unreferenced.
    async fn photo(&self) -> NewPhoto {
        let pipeline = sample::pipeline();
        self.deletions.store.put_pipeline(&pipeline, &CatalogueEntry::default()).await.unwrap();
        let photo = sample::new_photo(&sample::owner(), &pipeline);
        self.put(&photo.original.location).await;
        self.deletions.store.accept(&photo).await.unwrap();
        for _ in 0..2 {
            self.put(&output(photo.id, RunId::generate())).await;
        }
        photo
    }

    async fn put(&self, location: &BlobLocation) {
        let body = BlobBody::Bytes(Bytes::from_static(b"picture"));
        self.deletions.blobs.put(location, ImageFormat::Jpeg.into(), &body).await.unwrap();
    }

    async fn begin(&self, photo: &NewPhoto) -> RunId {
        let begun = self.deletions.store.begin(&sample::begin(photo)).await.unwrap();
        let Begun::Run(run) = begun else { panic!("expected a run, got {begun:?}") };
        run.id
    }

    async fn delete(&self, photo: &NewPhoto) {
        self.deletions.store.delete(&photo.sender.user, photo.id).await.unwrap();
    }

    /// How many objects are stored of the photo, by what lies on the server's disk.
    fn objects(&self, photo: &NewPhoto) -> usize {
        ["images", "images-large", "thumbnails"]
            .into_iter()
            .flat_map(|bucket| self.server.keys(bucket, "local/").unwrap())
            .filter(|key| key.contains(&photo.id.to_string()))
            .count()
    }

    /// Whether the photo is told to be deleted.
    async fn is_told(&self, photo: &NewPhoto) -> bool {
        let mut told = false;
        loop {
            let entries = self.deletions.store.outbox_due(100, self.deletions.clock.now()).await.unwrap();
            if entries.is_empty() {
                return told;
            }
            told |= entries.iter().any(|entry| match &entry.item {
                OutboxItem::Event(event) => event.photo_id == photo.id && matches!(event.kind, EventKind::Deleted(_)),
                OutboxItem::Enqueue(_) | OutboxItem::RemoveJob(_) => false,
            });
            self.deletions.store.outbox_done(entries.iter().map(|entry| entry.id).collect()).await.unwrap();
        }
    }
}

fn output(photo: PhotoId, run: RunId) -> BlobLocation {
    let key = BlobKey::Derived { photo, run, variant: "150".parse().unwrap(), format: ImageFormat::Jpeg };
    BlobLocation { bucket: BucketPurpose::Variants, key }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_stored_of_a_deleted_photo_goes_and_nothing_of_its_neighbour() {
    let scene = scene().await;
    let (photo, neighbour) = (scene.photo().await, scene.photo().await);
    let large = BlobKey::Original { photo: photo.id, upload: UploadId::generate() };
    scene.put(&BlobLocation { bucket: BucketPurpose::LargeOriginals, key: large }).await;
    assert_eq!(scene.deletions.pass().await.unwrap(), Pass::Empty, "nobody has deleted anything");
    scene.delete(&photo).await;
    assert_eq!(scene.deletions.pass().await.unwrap(), Pass::Full);
    assert_eq!((scene.objects(&photo), scene.objects(&neighbour)), (0, 3));
    assert!(scene.is_told(&photo).await);
    assert_eq!(scene.deletions.pass().await.unwrap(), Pass::Empty);
    assert_eq!((scene.deletions.metrics.deleted.get(), scene.deletions.metrics.pending.get()), (1, 0));
    let kept = scene.deletions.store.photo(&neighbour.sender.user, neighbour.id).await.unwrap();
    assert_eq!(kept.id, neighbour.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_whose_run_was_live_waits_until_its_worker_has_stopped() {
    let scene = scene().await;
    let photo = scene.photo().await;
    let run = scene.begin(&photo).await;
    scene.delete(&photo).await;
    assert_eq!(scene.deletions.pass().await.unwrap(), Pass::Empty);
    scene.clock.advance(SignedDuration::from_secs(29));
    assert_eq!(scene.deletions.pass().await.unwrap(), Pass::Empty);
    // The worker has not asked yet whether its run is live.
    scene.put(&output(photo.id, run)).await;
    scene.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(scene.deletions.pass().await.unwrap(), Pass::Full);
    assert_eq!(scene.objects(&photo), 0);
    assert!(scene.is_told(&photo).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_was_cancelled_a_moment_before_waits_too() {
    let scene = scene().await;
    let photo = scene.photo().await;
    scene.begin(&photo).await;
    scene.deletions.store.cancel(&photo.sender.user, photo.id).await.unwrap();
    scene.clock.advance(SignedDuration::from_secs(10));
    scene.delete(&photo).await;
    scene.clock.advance(SignedDuration::from_secs(19));
    assert_eq!(scene.deletions.pass().await.unwrap(), Pass::Empty);
    scene.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(scene.deletions.pass().await.unwrap(), Pass::Full);
    assert_eq!(scene.objects(&photo), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_store_is_away_deletions_wait_and_go_on_when_it_is_back() {
    let scene = scene().await;
    let photos = [scene.photo().await, scene.photo().await];
    for photo in &photos {
        scene.delete(photo).await;
    }
    scene.server.kill();
    assert_eq!(scene.deletions.pass().await.unwrap(), Pass::Outage);
    assert_eq!(scene.deletions.metrics.failures.get(), 1, "the rest is not tried in vain");
    let due = scene.deletions.store.deletions_due(10, scene.deletions.clock.now()).await.unwrap();
    assert_eq!(due.len(), 1, "the one that failed is put off");
    scene.server.start_again().await.unwrap();
    scene.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(scene.deletions.pass().await.unwrap(), Pass::Full);
    for photo in &photos {
        assert_eq!(scene.objects(photo), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_broke_off_between_its_steps_is_finished() {
    let scene = scene().await;
    let photo = scene.photo().await;
    scene.delete(&photo).await;
    scene.deletions.erase(photo.id).await.unwrap();
    assert!(!scene.is_told(&photo).await, "it is not told before nothing is left to do");
    assert_eq!(scene.deletions.pass().await.unwrap(), Pass::Full);
    assert!(scene.is_told(&photo).await);
    // Told once, however often it is done.
    scene.deletions.store.purge(photo.id).await.unwrap();
    assert!(!scene.is_told(&photo).await);
}
