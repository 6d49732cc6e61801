//! The metadata store in SQLite: one file, one writing thread, a pool of readers.
//!
//! It is the one durable truth. The storage role owns it; other roles reach it through [`crate::http`].

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use photo_core::{
    clock::Clock,
    consistency::ConsistencyReport,
    dead_letter::{DeadLetter, DeadLetterPage, DeadLetterQuery, DeadLetterRef, Discard, RetriedPage},
    id::{PhotoId, RunId, UserId},
    job::Job,
    photo::{NewPhoto, Photo},
    pipeline::{CatalogueEntry, PipelineName, PipelineState},
    port::{
        MetadataStore, PortError,
        metadata_store::{Accepted, PhotoPage, PhotoQuery, PipelineCounts, Reprocess},
    },
    processing_log::ProcessingLog,
    run::{BeginRun, Begun, FailDecision, FailRun, FinishOutcome, FinishRun},
};
use tokio::sync::Notify;

mod accept;
mod begin;
mod cancel;
mod catalogue;
mod column;
mod config;
mod consistency;
mod copy;
mod dead_letters;
mod delete;
mod error;
mod event;
mod fail;
mod finish;
mod guard;
mod hook_switch;
mod hooks;
mod mount;
mod outbox;
mod photos;
mod put_off;
mod readers;
mod repeat;
mod reprocess;
mod restore;
mod retry;
mod room;
mod rows;
mod runs;
mod schema;
mod sweep;
mod works;
mod writer;

pub use catalogue::PipelineTotals;
pub use config::SqliteConfig;
pub use copy::DatabaseCopy;
pub use delete::DueDeletion;
pub use error::OpenError;
pub use guard::{Restored, clear_guard};
pub use hooks::DueHook;
pub use outbox::{OutboxEntry, OutboxItem};
pub use put_off::{HOOK_PUT_OFF_MAX, PUT_OFF_MAX};
pub use restore::{RestoreError, RestoreTarget};
pub use room::DiskRoom;
pub use sweep::{Judged, Spared};

use column::{Moment, to_milliseconds};
use hook_switch::HookSwitch;
use readers::Readers;
use writer::Writer;

/// Open photos per transaction while all of them are reopened, so that uploads get their turn in between.
const REOPEN_PAGE: usize = 500;

/// The metadata store. When the last handle is dropped the database closes and its lock is released.
#[derive(Clone)]
pub struct SqliteMetadata {
    writer: Writer,
    readers: Readers,
    clock: Clock,
    outbox_filled: Arc<Notify>,
    hooks: HookSwitch,
    path: Arc<Path>,
}

impl SqliteMetadata {
    /// Opens the database, makes it where there is none, and brings its schema up to date. Blocks while it does.
    ///
    /// # Errors
    /// [`OpenError`], whose text tells the operator what to do.
    pub fn open(config: &SqliteConfig, clock: Clock) -> Result<Self, OpenError> {
        let lock = schema::DatabaseLock::take(&config.path)?;
        let connection = schema::open_writer(&config.path)?;
        let outbox_filled = Arc::new(Notify::new());
        let hooks = HookSwitch::default();
        let writer = Writer::start(connection, lock, clock.clone(), Arc::clone(&outbox_filled), hooks.clone())?;
        let (readers, path) = (Readers::new(config)?, config.path.as_path().into());
        Ok(Self { writer, readers, clock, outbox_filled, hooks, path })
    }

    /// Fires when the outbox may hold entries that are due now. Entries that were put off come due without it.
    pub fn outbox_filled(&self) -> Arc<Notify> {
        Arc::clone(&self.outbox_filled)
    }

    /// Up to `limit` entries that are due, oldest first; of each photo only its first entry, so that a photo's order
    /// is kept and other photos pass a stuck one.
    pub async fn outbox_due(&self, limit: usize, now: Timestamp) -> Result<Vec<OutboxEntry>, PortError> {
        self.readers.read("read the outbox", move |connection| outbox::due(connection, limit, now)).await
    }

    /// The room on the database's disk. A question to the kernel, which does not wait for the disk.
    ///
    /// # Errors
    /// The kernel does not tell.
    pub fn disk_room(&self) -> Result<DiskRoom, PortError> {
        DiskRoom::of(&self.path).map_err(|error| error.during("ask for the disk's room"))
    }

    /// Removes entries that were told. Entries that are gone already are passed over.
    pub async fn outbox_done(&self, ids: Vec<i64>) -> Result<(), PortError> {
        self.writer.write("clear the outbox", move |change| outbox::done(change, &ids)).await
    }

    /// Puts an entry off until `next_at`, with the reason for the operator's eyes.
    pub async fn outbox_retry(&self, id: i64, next_at: Timestamp, error: String) -> Result<(), PortError> {
        self.writer.write("put an outbox entry off", move |change| outbox::retry(change, id, next_at, &error)).await
    }

    /// How long the oldest entry has been waiting; `None` where the outbox is empty.
    pub async fn oldest_outbox_age(&self) -> Result<Option<Duration>, PortError> {
        let now = self.clock.now();
        self.readers.read("read the outbox's age", move |connection| outbox::oldest_age(connection, now)).await
    }

    /// Enqueues every open photo again, because the queue lost its jobs. Returns how many entries were added; photos
    /// whose job is still in the outbox get none.
    pub async fn reopen_all(&self) -> Result<usize, PortError> {
        let mut added = 0;
        let mut after = None;
        loop {
            let page = move |change: &writer::Change<'_>| outbox::reopen(change, after, REOPEN_PAGE);
            let (count, next) = self.writer.write("enqueue open photos again", page).await?;
            added += count;
            after = next;
            if after.is_none() {
                return Ok(added);
            }
        }
    }

    /// Enqueues these jobs of open photos again, because the queue has lost them. Returns how many entries were added;
    /// photos whose job is still in the outbox get none.
    pub async fn reopen(&self, jobs: Vec<Job>) -> Result<usize, PortError> {
        self.writer.write("enqueue lost jobs again", move |change| outbox::enqueue_again(change, &jobs)).await
    }

    /// Waits until the disk has lost a write. Nothing can be written from then on: the process has to end, and the next one
    /// reads what there is.
    pub async fn broken(&self) {
        self.writer.broken().await;
    }

    /// Up to `limit` jobs of open photos after the photo `after`, for comparison with the queue.
    pub async fn open_jobs(&self, after: Option<PhotoId>, limit: usize) -> Result<Vec<Job>, PortError> {
        self.readers.read("list open jobs", move |connection| outbox::open_jobs(connection, after, limit)).await
    }

    /// Whether the queue of each pipeline is to give out jobs; also of those that are gone, whose queues do.
    pub async fn queue_states(&self) -> Result<Vec<(PipelineName, PipelineState)>, PortError> {
        self.readers.read("read the states of the queues", catalogue::queue_states).await
    }

    /// How many dead letters each pipeline has that was ever in the catalogue.
    pub async fn dead_letters_of_pipelines(&self) -> Result<Vec<(PipelineName, u64)>, PortError> {
        self.readers.read("count dead letters", dead_letters::counts).await
    }

    /// The totals of every pipeline that was ever in the catalogue.
    pub async fn totals(&self) -> Result<Vec<PipelineTotals>, PortError> {
        self.readers.read("read the totals", catalogue::totals).await
    }
}

#[async_trait]
impl MetadataStore for SqliteMetadata {
    async fn accept(&self, photo: &NewPhoto) -> Result<Accepted, PortError> {
        let new = photo.clone();
        self.writer.write("accept a photo", |change| accept::accept(change, new)).await
    }

    async fn photo(&self, owner: &UserId, id: PhotoId) -> Result<Photo, PortError> {
        let owner = owner.clone();
        self.readers.read("read a photo", move |connection| photos::photo(connection, &owner, id)).await
    }

    async fn photos(&self, owner: &UserId, query: &PhotoQuery) -> Result<PhotoPage, PortError> {
        let (owner, query) = (owner.clone(), query.clone());
        self.readers.read("list photos", move |connection| photos::photos(connection, &owner, &query)).await
    }

    async fn begin(&self, request: &BeginRun) -> Result<Begun, PortError> {
        let request = request.clone();
        self.writer.write("begin a run", |change| begin::begin(change, request)).await
    }

    async fn run_is_live(&self, photo: PhotoId, run: RunId) -> Result<bool, PortError> {
        self.readers.read("look for a live run", move |connection| works::is_live(connection, photo, run)).await
    }

    async fn finish(&self, request: &FinishRun) -> Result<FinishOutcome, PortError> {
        let request = request.clone();
        self.writer.write("finish a run", |change| finish::finish(change, request)).await
    }

    async fn fail(&self, request: &FailRun) -> Result<FailDecision, PortError> {
        let request = request.clone();
        let random = random_fraction();
        self.writer.write("fail a run", move |change| fail::fail(change, request, random)).await
    }

    async fn reprocess(&self, request: &Reprocess) -> Result<Photo, PortError> {
        let request = request.clone();
        self.writer.write("reprocess a photo", |change| reprocess::reprocess(change, request)).await
    }

    async fn cancel(&self, owner: &UserId, id: PhotoId) -> Result<Photo, PortError> {
        let owner = owner.clone();
        self.writer.write("cancel a photo", move |change| cancel::cancel(change, &owner, id)).await
    }

    async fn delete(&self, owner: &UserId, id: PhotoId) -> Result<(), PortError> {
        let owner = owner.clone();
        self.writer.write("delete a photo", move |change| delete::delete(change, &owner, id)).await
    }

    async fn processing_log(&self, owner: &UserId, id: PhotoId) -> Result<ProcessingLog, PortError> {
        let owner = owner.clone();
        let read = move |connection: &rusqlite::Connection| {
            let photo = rows::find_own(connection, &owner, id)?;
            runs::log(connection, photo.id)
        };
        self.readers.read("read a processing log", read).await
    }

    async fn dead_letters(&self, query: &DeadLetterQuery) -> Result<DeadLetterPage, PortError> {
        let query = query.clone();
        self.readers.read("list dead letters", move |connection| dead_letters::page(connection, &query)).await
    }

    async fn dead_letter(&self, id: PhotoId) -> Result<DeadLetter, PortError> {
        self.readers.read("read a dead letter", move |connection| dead_letters::find(connection, id)).await
    }

    async fn retry_dead_letter(&self, letter: &DeadLetterRef) -> Result<(), PortError> {
        let letter = *letter;
        self.writer.write("retry a dead letter", move |change| dead_letters::retry(change, letter)).await
    }

    async fn retry_dead_letters(&self, query: &DeadLetterQuery) -> Result<RetriedPage, PortError> {
        let query = query.clone();
        self.writer.write("retry dead letters", move |change| dead_letters::retry_page(change, &query)).await
    }

    async fn discard_dead_letter(&self, letter: &DeadLetterRef, discard: Discard) -> Result<(), PortError> {
        let letter = *letter;
        self.writer.write("discard a dead letter", move |change| dead_letters::discard(change, letter, discard)).await
    }

    async fn consistency(&self) -> Result<Option<ConsistencyReport>, PortError> {
        self.readers.read("read the consistency report", consistency::report).await
    }

    async fn pipelines(&self) -> Result<Vec<PipelineCounts>, PortError> {
        self.readers.read("list pipelines", catalogue::counts).await
    }

    async fn put_pipeline(&self, name: &PipelineName, entry: &CatalogueEntry) -> Result<(), PortError> {
        let (name, entry) = (name.clone(), *entry);
        self.writer.write("put a pipeline", move |change| catalogue::put(change, &name, &entry)).await
    }

    async fn remove_pipeline(&self, name: &PipelineName) -> Result<(), PortError> {
        let name = name.clone();
        self.writer.write("remove a pipeline", move |change| catalogue::remove(change, &name)).await
    }

    /// Writes: a store whose disk is full still answers reads.
    async fn ready(&self) -> Result<(), PortError> {
        let path = Arc::clone(&self.path);
        let write = move |change: &writer::Change<'_>| {
            room::check(&path, 0)?;
            let sql = "INSERT OR REPLACE INTO readiness (id, written_at) VALUES (1, ?1)";
            change.connection.prepare_cached(sql)?.execute([Moment(to_milliseconds(change.now))])?;
            Ok(())
        };
        self.writer.write("write to the database", write).await
    }
}

/// An evenly distributed number in 0..1, from the random bits of a version 4 UUID.
fn random_fraction() -> f64 {
    let (_, bits) = uuid::Uuid::new_v4().as_u64_pair();
    let fraction = u32::try_from(bits & u64::from(u32::MAX)).unwrap_or_default();
    f64::from(fraction) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests;
