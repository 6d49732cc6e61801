//! The sweep over a real SQLite and real files, by a clock that the test moves.

use bytes::Bytes;
use photo_adapters::{
    files::{FilesBlobStore, FilesConfig},
    sqlite::{OpenError, RestoreError, RestoreTarget, Restored, SqliteConfig, clear_guard},
};
use photo_core::{
    clock::{Clock, ManualClock},
    contract::sample,
    id::{BackupId, PhotoId, RunId, UploadId},
    image_format::ImageFormat,
    photo::NewPhoto,
    pipeline::CatalogueEntry,
    port::{MetadataStore, blob_store::BlobBody, metadata_store::Accepted},
    run::Begun,
};
use tempfile::TempDir;

use super::*;

const GRACE: SignedDuration = SignedDuration::from_hours(24);

struct Scene {
    sweep: Sweep,
    clock: ManualClock,
    folder: TempDir,
}

async fn scene(cleanup: Cleanup) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let blobs = FilesBlobStore::open(&FilesConfig { path: folder.path().join("photos") }).unwrap();
    blobs.prepare("platform").await.unwrap();
    let clock = ManualClock::starting_at("2026-11-21T10:00:00Z".parse().unwrap());
    let config = SqliteConfig { path: folder.path().join("photos.db"), readers: 2.try_into().unwrap() };
    let store = SqliteMetadata::open(&config, Clock::Manual(clock.clone())).unwrap();
    let config = SweepConfig { cleanup, ..SweepConfig::default() };
    Scene {
        sweep: Sweep {
            store,
            blobs: Arc::new(blobs),
            clock: Clock::Manual(clock.clone()),
            config,
            metrics: SweepMetrics::default(),
        },
        clock,
        folder,
    }
}

impl Scene {
    async fn put(&self, location: &BlobLocation) {
        let body = BlobBody::Bytes(Bytes::from_static(b"picture"));
        self.sweep.blobs.put(location, ImageFormat::Jpeg.into(), &body).await.unwrap();
    }

    /// A photo whose bytes are stored and which is not known yet.
    async fn stored(&self) -> NewPhoto {
        let pipeline = sample::pipeline();
        self.sweep.store.put_pipeline(&pipeline, &CatalogueEntry::default()).await.unwrap();
        let photo = sample::new_photo(&sample::owner(), &pipeline);
        self.put(&photo.original.location).await;
        photo
    }

    async fn accepted(&self) -> NewPhoto {
        let photo = self.stored().await;
        assert!(matches!(self.sweep.store.accept(&photo).await.unwrap(), Accepted::Created(_)));
        photo
    }

    /// Begins a run of the photo that stores two outputs.
    async fn run(&self, photo: &NewPhoto) -> RunId {
        let begun = self.sweep.store.begin(&sample::begin(photo)).await.unwrap();
        let Begun::Run(run) = begun else { panic!("expected a run, got {begun:?}") };
        for variant in outputs(photo.id, run.id) {
            self.put(&variant).await;
        }
        run.id
    }

    /// Puts a copy of the database in its place.
    async fn restore(&mut self) {
        let path = self.folder.path().join("photos.db");
        let copy = self.sweep.store.copy().await.unwrap();
        let kept = self.folder.path().join("a-copy.db");
        std::fs::copy(copy.path(), &kept).unwrap();
        let restored = Restored { backup: BackupId::after(None, copy.taken_at()), restored_at: copy.taken_at() };
        // The lock is free once nobody has the old database open.
        let elsewhere = SqliteConfig { path: self.folder.path().join("elsewhere.db"), readers: 1.try_into().unwrap() };
        self.sweep.store = SqliteMetadata::open(&elsewhere, Clock::Manual(self.clock.clone())).unwrap();
        let target = loop {
            match RestoreTarget::claim(&path, true) {
                Err(RestoreError::Open(OpenError::InUse(_))) => tokio::task::yield_now().await,
                target => break target.unwrap(),
            }
        };
        std::fs::copy(kept, target.unfinished()).unwrap();
        target.restore(&restored).unwrap();
        let config = SqliteConfig { path, readers: 2.try_into().unwrap() };
        self.sweep.store = SqliteMetadata::open(&config, Clock::Manual(self.clock.clone())).unwrap();
    }

    async fn is_there(&self, location: &BlobLocation) -> bool {
        self.sweep.blobs.size(location).await.is_ok()
    }

    async fn sweep(&self) -> Swept {
        self.sweep.sweep().await.unwrap()
    }
}

fn outputs(photo: PhotoId, run: RunId) -> Vec<BlobLocation> {
    sample::finish(photo, run).variants.into_iter().map(|variant| variant.location).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_without_a_photo_goes_when_its_time_is_over_and_not_before() {
    let scene = scene(Cleanup::Delete).await;
    let photo = scene.stored().await;
    let waiting = Swept { unreferenced: 1, ..Swept::default() };
    assert_eq!(scene.sweep().await, waiting);
    scene.clock.advance(GRACE - SignedDuration::from_secs(1));
    assert_eq!(scene.sweep().await, waiting);
    assert!(scene.is_there(&photo.original.location).await);
    scene.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(scene.sweep().await, Swept { removed: 1, ..Swept::default() });
    assert!(!scene.is_there(&photo.original.location).await);
    assert_eq!(scene.sweep().await, Swept::default());
}

/// Its bytes are gone, or about to go.
#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_comes_after_its_bytes_were_given_up_is_not_accepted() {
    let scene = scene(Cleanup::Delete).await;
    let late = scene.stored().await;
    scene.sweep().await;
    scene.clock.advance(GRACE);
    scene.sweep().await;
    assert_eq!(scene.sweep.store.accept(&late).await.unwrap(), Accepted::Condemned);
    assert!(scene.sweep.store.photo(&late.sender.user, late.id).await.is_err(), "it is nowhere");

    let mut again = late.clone();
    again.original.location.key = BlobKey::Original { photo: late.id, upload: UploadId::generate() };
    scene.put(&again.original.location).await;
    assert!(matches!(scene.sweep.store.accept(&again).await.unwrap(), Accepted::Created(_)));
    scene.clock.advance(GRACE + GRACE);
    assert_eq!(scene.sweep().await, Swept::default());
    assert!(scene.is_there(&again.original.location).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_photo_names_stays_for_ever() {
    let scene = scene(Cleanup::Delete).await;
    let photo = scene.accepted().await;
    let fenced = scene.run(&photo).await;
    let live = scene.run(&photo).await;
    let stay = [vec![photo.original.location.clone()], outputs(photo.id, live)].concat();
    let check = async |expected: Swept| {
        scene.sweep().await;
        scene.clock.advance(GRACE);
        assert_eq!(scene.sweep().await, expected);
        for location in &stay {
            assert!(scene.is_there(location).await, "{}", location.key);
        }
    };
    // What a run that lost its photo has written is nobody's; the live one may still finish.
    check(Swept { removed: 2, ..Swept::default() }).await;
    for location in outputs(photo.id, fenced) {
        assert!(!scene.is_there(&location).await, "{}", location.key);
    }
    scene.sweep.store.finish(&sample::finish(photo.id, live)).await.unwrap();
    check(Swept::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn originals_stay_where_they_are_only_reported() {
    let scene = scene(Cleanup::ReportOnly).await;
    let photo = scene.stored().await;
    let original = &photo.original;
    let output = outputs(PhotoId::generate(), RunId::generate()).remove(0);
    scene.put(&output).await;
    assert_eq!(scene.sweep().await, Swept { unreferenced: 2, ..Swept::default() });
    scene.clock.advance(GRACE);
    assert_eq!(scene.sweep().await, Swept { removed: 1, unreferenced: 1, ..Swept::default() });
    assert!(scene.is_there(&original.location).await && !scene.is_there(&output).await);
    assert!(matches!(scene.sweep.store.accept(&photo).await.unwrap(), Accepted::Created(_)), "its bytes are there");
    assert_eq!(scene.sweep().await, Swept::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn quarantined_originals_are_out_of_the_way_with_their_bytes_and_stay_there() {
    let scene = scene(Cleanup::Quarantine).await;
    let photo = scene.stored().await;
    let BlobKey::Original { photo: id, upload } = photo.original.location.key else { panic!("{photo:?}") };
    let refuge = BlobKey::Quarantined { photo: id, upload };
    let refuge = BlobLocation { bucket: photo.original.location.bucket, key: refuge };
    scene.sweep().await;
    scene.clock.advance(GRACE);
    assert_eq!(scene.sweep().await, Swept { quarantined: 1, ..Swept::default() });
    assert!(!scene.is_there(&photo.original.location).await && scene.is_there(&refuge).await);
    assert_eq!(scene.sweep.store.accept(&photo).await.unwrap(), Accepted::Condemned, "its bytes are elsewhere");
    for _ in 0..2 {
        scene.clock.advance(GRACE);
        assert_eq!(scene.sweep().await, Swept::default());
    }
    assert!(scene.is_there(&refuge).await);
}

/// What a restored database does not know came after its copy.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_database_gives_nothing_up_until_its_operator_says_so() {
    let mut scene = scene(Cleanup::Delete).await;
    let condemned = scene.stored().await;
    scene.sweep().await;
    scene.clock.advance(GRACE);
    assert_eq!(scene.sweep().await.removed, 1);
    scene.restore().await;
    scene.put(&condemned.original.location).await;
    let late = scene.stored().await;
    let output = outputs(PhotoId::generate(), RunId::generate()).remove(0);
    scene.put(&output).await;
    for _ in 0..10 {
        assert_eq!(scene.sweep().await, Swept { unreferenced: 3, ..Swept::default() });
        scene.clock.advance(GRACE);
    }
    assert_eq!(scene.sweep.metrics.restored.get(), 1);
    assert_eq!(scene.sweep.store.accept(&condemned).await.unwrap(), Accepted::Condemned, "as in the copy");
    assert!(matches!(scene.sweep.store.accept(&late).await.unwrap(), Accepted::Created(_)));

    let found = clear_guard(&scene.folder.path().join("photos.db")).unwrap();
    assert!(found.is_some() && scene.sweep.store.restored().await.unwrap().is_none());
    // The time of what was seen meanwhile begins anew.
    assert_eq!(scene.sweep().await, Swept { removed: 1, unreferenced: 1, ..Swept::default() }, "given up before");
    scene.clock.advance(GRACE);
    assert_eq!(scene.sweep().await, Swept { removed: 1, ..Swept::default() });
    assert!(!scene.is_there(&output).await && scene.is_there(&late.original.location).await);
    assert_eq!(scene.sweep.metrics.restored.get(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_ours_is_counted_and_left_alone() {
    let scene = scene(Cleanup::Delete).await;
    let foreign = scene.folder.path().join("photos/images/of-somebody-else.txt");
    std::fs::write(&foreign, "text").unwrap();
    for _ in 0..2 {
        assert_eq!(scene.sweep().await, Swept { foreign: 1, ..Swept::default() });
        scene.clock.advance(GRACE);
    }
    assert!(foreign.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_makes_nothing_older() {
    let scene = scene(Cleanup::Delete).await;
    let photo = scene.stored().await;
    scene.sweep().await;
    scene.clock.advance(-GRACE);
    scene.sweep().await;
    scene.clock.advance(GRACE);
    assert_eq!(scene.sweep().await, Swept { unreferenced: 1, ..Swept::default() });
    assert!(scene.is_there(&photo.original.location).await);
}

impl Scene {
    /// What the last sweep found missing.
    async fn missing(&self) -> (u64, Vec<BlobKey>) {
        self.sweep.sweep().await.unwrap();
        let report = self.sweep.store.consistency().await.unwrap().unwrap();
        assert_eq!(report.ended_at, self.sweep.clock.now());
        (report.missing_total, report.missing.into_iter().map(|missing| missing.key).collect())
    }
}

#[tokio::test]
async fn objects_that_photos_name_in_vain_are_told_wherever_they_are_in_the_bucket() {
    let scene = scene(Cleanup::Delete).await;
    assert_eq!(scene.sweep.store.consistency().await.unwrap(), None, "nobody has looked yet");
    let mut photos = Vec::new();
    for _ in 0..5 {
        photos.push(scene.accepted().await.original.location);
    }
    assert_eq!(scene.missing().await, (0, Vec::new()));
    let [first, _, middle, _, last] = &photos[..] else { panic!("five photos") };
    for gone in [first, middle, last] {
        scene.sweep.blobs.delete(gone).await.unwrap();
    }
    let keys = [first, middle, last].map(|location| location.key.clone());
    assert_eq!(scene.missing().await, (3, keys.to_vec()));
    for location in &photos {
        scene.sweep.blobs.delete(location).await.unwrap();
    }
    assert_eq!(scene.missing().await.0, 5, "a bucket without any page");
}
