//! Backups of a real SQLite to real files, by a clock that the test moves.

use jiff::SignedDuration;
use photo_adapters::{
    files::{FilesBlobStore, FilesConfig},
    sqlite::{RestoreTarget, Restored, SqliteConfig},
};
use photo_core::{
    clock::ManualClock,
    contract::sample,
    pipeline::CatalogueEntry,
    port::{MetadataStore, metadata_store::PhotoQuery},
};
use photo_runtime::health::Health;
use tempfile::TempDir;

use super::*;

const PERIOD: SignedDuration = SignedDuration::from_hours(1);

struct Scene {
    backups: Backups,
    health: Health,
    clock: ManualClock,
    folder: TempDir,
}

async fn scene(retain: u32) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let blobs = FilesBlobStore::open(&FilesConfig { path: folder.path().join("photos") }).unwrap();
    let clock = ManualClock::starting_at("2026-11-22T10:00:00Z".parse().unwrap());
    let store = open(&folder, "photos.db", &clock);
    blobs.prepare("platform").await.unwrap();
    let config = BackupConfig { backup: BackupState::Enabled, backup_retain_count: retain, ..BackupConfig::default() };
    let (blobs, metrics) = (Arc::new(blobs), BackupMetrics::default());
    let health = Health::new("storage", CancellationToken::new());
    let told = health.told("backup");
    let backups = Backups { store, blobs, clock: Clock::Manual(clock.clone()), config, metrics, told };
    Scene { backups, health, clock, folder }
}

fn open(folder: &TempDir, name: &str, clock: &ManualClock) -> SqliteMetadata {
    let config = SqliteConfig { path: folder.path().join(name), readers: 2.try_into().unwrap() };
    SqliteMetadata::open(&config, Clock::Manual(clock.clone())).unwrap()
}

impl Scene {
    async fn turn(&self) -> Duration {
        self.backups.turn().await.unwrap().wait
    }

    async fn stored(&self) -> Vec<BackupId> {
        stored(&*self.backups.blobs).await.unwrap().into_iter().map(|backup| backup.id).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_at_once_and_then_once_a_period() {
    let scene = scene(24).await;
    assert_eq!(scene.turn().await, Duration::from_hours(1));
    let first = scene.stored().await;
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].time(), scene.backups.clock.now());
    scene.clock.advance(PERIOD - SignedDuration::from_secs(1));
    assert_eq!(scene.turn().await, Duration::from_secs(1), "as after a restart of the role");
    assert_eq!(scene.stored().await, first);
    scene.clock.advance(SignedDuration::from_secs(1));
    scene.turn().await;
    assert_eq!(scene.stored().await.len(), 2);
    assert_eq!(scene.backups.metrics.backups.get(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_backups_are_kept_though_the_clock_is_set_back() {
    let scene = scene(2).await;
    let mut made = Vec::new();
    for by in [PERIOD, PERIOD, -PERIOD * 5, PERIOD] {
        scene.turn().await;
        made.extend(scene.stored().await.last().copied());
        assert_eq!(scene.stored().await, made[made.len().saturating_sub(2)..], "after {} backups", made.len());
        scene.clock.advance(by);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_a_database_with_the_same_photos_and_nothing_else_stays() {
    let scene = scene(24).await;
    let pipeline = sample::pipeline();
    scene.backups.store.put_pipeline(&pipeline, &CatalogueEntry::default()).await.unwrap();
    let photo = sample::new_photo(&sample::owner(), &pipeline);
    scene.backups.store.accept(&photo).await.unwrap();
    scene.turn().await;
    assert!(!scene.folder.path().join("photos.db.copy").exists(), "the copy beside the database is gone");

    let id = scene.stored().await[0];
    let file = scene.folder.path().join(format!("photos/backups/backups/{id}.db"));
    let target = RestoreTarget::claim(&scene.folder.path().join("other.db"), false).unwrap();
    std::fs::copy(file, target.unfinished()).unwrap();
    target.restore(&Restored { backup: id, restored_at: scene.backups.clock.now() }).unwrap();
    let other = open(&scene.folder, "other.db", &scene.clock);
    let query = PhotoQuery { status: None, after: None, limit: 10 };
    let expected = scene.backups.store.photos(&photo.sender.user, &query).await.unwrap();
    assert_eq!(expected.photos.len(), 1);
    assert_eq!(other.photos(&photo.sender.user, &query).await.unwrap(), expected);
    assert_eq!(other.restored().await.unwrap().map(|restored| restored.backup), Some(id));
}

/// The store is not reached: nothing ends, nothing is counted as made, and the next turn makes it.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_fails_is_made_once_the_store_is_back() {
    let scene = scene(24).await;
    let bucket = scene.folder.path().join("photos/backups");
    let away = scene.folder.path().join("away");
    let mut failures = 0;
    let said = || scene.health.report().dependencies["backup"].clone();
    std::fs::rename(&bucket, &away).unwrap();
    assert_eq!(scene.backups.told_turn(&mut failures).await, AGAIN.base);
    assert!(!said().healthy && said().error.is_some() && scene.health.is_ready());
    assert_eq!((scene.backups.metrics.backups.get(), scene.backups.metrics.failures.get()), (0, 1));
    std::fs::rename(&away, &bucket).unwrap();
    assert_eq!(scene.backups.told_turn(&mut failures).await, Duration::from_hours(1));
    let stored = scene.stored().await;
    assert!(said().healthy && said().note.unwrap().contains(&stored[0].to_string()));
    assert_eq!(stored.len(), 1);
}
