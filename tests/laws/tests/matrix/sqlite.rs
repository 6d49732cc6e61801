//! `MetadataStore` on SQLite, in this process. A kill leaves the files as they lie, write-ahead log included.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use photo_adapters::sqlite::{SqliteConfig, SqliteMetadata};
use photo_core::{
    clock::Clock,
    consistency::ConsistencyReport,
    contract::Subject,
    dead_letter::{DeadLetter, DeadLetterPage, DeadLetterQuery, DeadLetterRef, Discard, RetriedPage},
    id::{PhotoId, RunId, UserId},
    photo::{NewPhoto, Photo},
    pipeline::{CatalogueEntry, PipelineName},
    port::{
        ErrorKind, MetadataStore, PortError,
        metadata_store::{Accepted, PhotoPage, PhotoQuery, PipelineCounts, Reprocess},
    },
    processing_log::ProcessingLog,
    run::{BeginRun, Begun, FailDecision, FailRun, FinishOutcome, FinishRun},
};
use tempfile::TempDir;

/// A store in a folder of its own, and the lives that it has had.
pub(crate) struct SqliteSubject {
    folder: TempDir,
    lives: Mutex<u32>,
    store: Arc<Mortal>,
}

/// Opens a store in a temporary folder.
pub(crate) fn subject() -> SqliteSubject {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let store = Arc::new(Mortal(Mutex::new(None)));
    let subject = SqliteSubject { folder, lives: Mutex::new(0), store };
    fs::create_dir(subject.place()).expect("the folder is new");
    subject.open();
    subject
}

impl SqliteSubject {
    /// The folder of the present life.
    fn place(&self) -> PathBuf {
        self.folder.path().join(self.lives.lock().unwrap().to_string())
    }

    fn open(&self) {
        let config = SqliteConfig { path: self.place().join("photos.db"), readers: 3.try_into().unwrap() };
        let store = SqliteMetadata::open(&config, Clock::System).expect("the store opens");
        *self.store.0.lock().unwrap() = Some(Arc::new(store));
    }
}

#[async_trait]
impl Subject<dyn MetadataStore> for SqliteSubject {
    fn port(&self) -> Arc<dyn MetadataStore> {
        Arc::clone(&self.store) as Arc<dyn MetadataStore>
    }

    /// What answers while the store is dead is [`Mortal`], not the adapter.
    fn has_server(&self) -> bool {
        false
    }

    /// The next life begins with a copy of the files. They are copied before the old store is dropped, because that
    /// closes the database in order.
    async fn kill_server(&self) {
        let Some(dead) = self.store.0.lock().unwrap().take() else { return };
        // Calls under way get no answer, but SQLite must be still while its files are copied.
        while Arc::strong_count(&dead) > 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let before = self.place();
        *self.lives.lock().unwrap() += 1;
        let after = self.place();
        fs::create_dir(&after).expect("each life has a folder of its own");
        for file in ["photos.db", "photos.db-wal"] {
            fs::copy(before.join(file), after.join(file)).expect("a running store has both files");
        }
    }

    async fn start_server(&self) {
        self.open();
    }
}

/// A store that can be taken away under its callers.
struct Mortal(Mutex<Option<Arc<SqliteMetadata>>>);

impl Mortal {
    async fn call<T>(&self, call: impl AsyncFnOnce(&SqliteMetadata) -> Result<T, PortError>) -> Result<T, PortError> {
        let dead = || PortError::new(ErrorKind::Unavailable, "the store is dead");
        let store = self.0.lock().unwrap().clone().ok_or_else(dead)?;
        let answer = call(&store).await;
        let alive = self.0.lock().unwrap().as_ref().is_some_and(|now| Arc::ptr_eq(now, &store));
        if alive { answer } else { Err(dead()) }
    }
}

#[async_trait]
impl MetadataStore for Mortal {
    async fn accept(&self, photo: &NewPhoto) -> Result<Accepted, PortError> {
        self.call(async |store| store.accept(photo).await).await
    }

    async fn photo(&self, owner: &UserId, id: PhotoId) -> Result<Photo, PortError> {
        self.call(async |store| store.photo(owner, id).await).await
    }

    async fn photos(&self, owner: &UserId, query: &PhotoQuery) -> Result<PhotoPage, PortError> {
        self.call(async |store| store.photos(owner, query).await).await
    }

    async fn begin(&self, request: &BeginRun) -> Result<Begun, PortError> {
        self.call(async |store| store.begin(request).await).await
    }

    async fn run_is_live(&self, photo: PhotoId, run: RunId) -> Result<bool, PortError> {
        self.call(async |store| store.run_is_live(photo, run).await).await
    }

    async fn finish(&self, request: &FinishRun) -> Result<FinishOutcome, PortError> {
        self.call(async |store| store.finish(request).await).await
    }

    async fn fail(&self, request: &FailRun) -> Result<FailDecision, PortError> {
        self.call(async |store| store.fail(request).await).await
    }

    async fn reprocess(&self, request: &Reprocess) -> Result<Photo, PortError> {
        self.call(async |store| store.reprocess(request).await).await
    }

    async fn cancel(&self, owner: &UserId, id: PhotoId) -> Result<Photo, PortError> {
        self.call(async |store| store.cancel(owner, id).await).await
    }

    async fn delete(&self, owner: &UserId, id: PhotoId) -> Result<(), PortError> {
        self.call(async |store| store.delete(owner, id).await).await
    }

    async fn processing_log(&self, owner: &UserId, id: PhotoId) -> Result<ProcessingLog, PortError> {
        self.call(async |store| store.processing_log(owner, id).await).await
    }

    async fn dead_letters(&self, query: &DeadLetterQuery) -> Result<DeadLetterPage, PortError> {
        self.call(async |store| store.dead_letters(query).await).await
    }

    async fn dead_letter(&self, id: PhotoId) -> Result<DeadLetter, PortError> {
        self.call(async |store| store.dead_letter(id).await).await
    }

    async fn retry_dead_letter(&self, letter: &DeadLetterRef) -> Result<(), PortError> {
        self.call(async |store| store.retry_dead_letter(letter).await).await
    }

    async fn retry_dead_letters(&self, query: &DeadLetterQuery) -> Result<RetriedPage, PortError> {
        self.call(async |store| store.retry_dead_letters(query).await).await
    }

    async fn discard_dead_letter(&self, letter: &DeadLetterRef, discard: Discard) -> Result<(), PortError> {
        self.call(async |store| store.discard_dead_letter(letter, discard).await).await
    }

    async fn consistency(&self) -> Result<Option<ConsistencyReport>, PortError> {
        self.call(async |store| store.consistency().await).await
    }

    async fn pipelines(&self) -> Result<Vec<PipelineCounts>, PortError> {
        self.call(async |store| store.pipelines().await).await
    }

    async fn put_pipeline(&self, name: &PipelineName, entry: &CatalogueEntry) -> Result<(), PortError> {
        self.call(async |store| store.put_pipeline(name, entry).await).await
    }

    async fn remove_pipeline(&self, name: &PipelineName) -> Result<(), PortError> {
        self.call(async |store| store.remove_pipeline(name).await).await
    }

    async fn ready(&self) -> Result<(), PortError> {
        self.call(async |store| store.ready().await).await
    }
}
