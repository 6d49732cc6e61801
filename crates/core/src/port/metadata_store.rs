//! The truth about photos and their processing.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::PortError;
use crate::{
    consistency::ConsistencyReport,
    dead_letter::{DeadLetter, DeadLetterPage, DeadLetterQuery, DeadLetterRef, Discard, RetriedPage},
    id::{PhotoId, RunId, UserId},
    photo::{NewPhoto, Photo, PhotoStatus},
    pipeline::{CatalogueEntry, PipelineName, PipelineStanding},
    priority::Priority,
    processing_log::ProcessingLog,
    run::{BeginRun, Begun, FailDecision, FailRun, FinishOutcome, FinishRun},
};

/// The answer to an accept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", content = "photo", rename_all = "camelCase")]
pub enum Accepted {
    /// The photo is new.
    Created(Box<Photo>),
    /// It was accepted before; this is how it is now.
    Repeated(Box<Photo>),
    /// Nothing was accepted: the sweep has given up the key of the bytes, which it found without a photo for long. They
    /// have to be stored again, under another upload.
    Condemned,
    /// Nothing was accepted: the idempotency key came with other bytes before.
    KeyReused,
}

impl Accepted {
    /// The photo, new or not.
    pub fn into_photo(self) -> Option<Photo> {
        match self {
            Self::Created(photo) | Self::Repeated(photo) => Some(*photo),
            Self::Condemned | Self::KeyReused => None,
        }
    }
}

/// Which photos of an owner to list, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhotoQuery {
    /// Only those with this status.
    pub status: Option<PhotoStatus>,
    /// Only those that come after this photo in the list: the last one of the page before.
    pub after: Option<PhotoId>,
    /// Most photos in the page, 1 to [`PhotoQuery::MAX_LIMIT`].
    pub limit: u16,
}

impl PhotoQuery {
    /// The longest page.
    pub const MAX_LIMIT: u16 = 200;
}

/// One page of a list of photos.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhotoPage {
    /// Newest first.
    pub photos: Vec<Photo>,
    /// Whether more photos follow the last one.
    pub has_more: bool,
}

/// Asks for a photo to be processed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reprocess {
    /// Who asks; the photo must be this owner's.
    pub owner: UserId,
    /// Which photo.
    pub photo_id: PhotoId,
    /// The generation that the asker saw: the new one takes its place and no other's.
    pub generation: u32,
    /// What is to be done with it from now on; as before where none is named.
    pub pipeline: Option<PipelineName>,
    /// How soon; as before where none is named.
    pub priority: Option<Priority>,
}

/// How many photos a pipeline holds, by state, and how many it has ended since the store was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PipelineCounts {
    /// Which pipeline.
    #[serde(rename = "name")]
    pub pipeline: PipelineName,
    /// Whether it takes photos and works on them.
    pub state: PipelineStanding,
    /// Waiting for a worker.
    pub queued: u64,
    /// In a run.
    pub processing: u64,
    /// Dead letters: ended as `dead`, and nobody has retried, discarded or deleted them.
    #[serde(default)]
    pub dead: u64,
    /// Ended well; never falls.
    pub completed_total: u64,
    /// Ended as `failed` or `dead`; never falls.
    pub failed_total: u64,
}

/// The store of photos.
///
/// Promises: what a call returned is durable; `accept` makes the photo, its job and its event together or none of
/// them; at most one run per photo can finish, and a fenced run changes nothing; every change of a photo's state
/// comes with the event that tells of it, numbered in order by [`Photo::seq`]; nobody reads another owner's photo, dead
/// letters apart, which are for those who run the platform.
#[async_trait]
pub trait MetadataStore: Send + Sync {
    /// Accepts a photo whose bytes are stored. A repeat by the same owner, with the same id or the same idempotency key,
    /// returns the photo as it is.
    ///
    /// # Errors
    /// `Invalid` for a pipeline that is not in the catalogue; `Conflict` for an id that is another owner's.
    async fn accept(&self, photo: &NewPhoto) -> Result<Accepted, PortError>;

    /// A photo of an owner. `NotFound` also where it is another owner's.
    async fn photo(&self, owner: &UserId, id: PhotoId) -> Result<Photo, PortError>;

    /// The photos of an owner, newest first.
    ///
    /// # Errors
    /// `Invalid` for a limit out of bounds.
    async fn photos(&self, owner: &UserId, query: &PhotoQuery) -> Result<PhotoPage, PortError>;

    /// Begins a run: counts the delivery and fences every older run of the photo.
    async fn begin(&self, request: &BeginRun) -> Result<Begun, PortError>;

    /// Whether a run is its photo's live one: it may still finish. A cheap read, asked again and again while a run goes
    /// on, so that one that was fenced stops early.
    async fn run_is_live(&self, photo: PhotoId, run: RunId) -> Result<bool, PortError>;

    /// Ends a run well, if it is the photo's live run. A repeat by the run that was applied is `Applied` again.
    async fn finish(&self, request: &FinishRun) -> Result<FinishOutcome, PortError>;

    /// Ends a run badly, if it is the photo's live run, and decides what follows.
    async fn fail(&self, request: &FailRun) -> Result<FailDecision, PortError>;

    /// Begins the next generation of a photo whose newest one is the named one and has ended. What the photo shows
    /// stays until a run of the new generation finishes. A repeat, after the next generation has taken the place of the
    /// named one, returns the photo as it is.
    ///
    /// # Errors
    /// `Conflict` while the photo is open, or where it is in another generation; `Invalid` for a pipeline that is not
    /// in the catalogue; `NotFound` also where the photo is another owner's.
    async fn reprocess(&self, request: &Reprocess) -> Result<Photo, PortError>;

    /// Ends an open photo without outputs and fences its run. A repeat returns the photo as it is.
    ///
    /// # Errors
    /// `Conflict` where the photo has ended otherwise; `NotFound` also where it is another owner's.
    async fn cancel(&self, owner: &UserId, id: PhotoId) -> Result<Photo, PortError>;

    /// Takes a photo away: from now on it is neither listed nor read, its run is fenced, and what is stored of it goes
    /// soon after, which an event tells. A repeat meanwhile succeeds.
    ///
    /// # Errors
    /// `NotFound` also where the photo is another owner's, or gone already.
    async fn delete(&self, owner: &UserId, id: PhotoId) -> Result<(), PortError>;

    /// What was tried with a photo of an owner. `NotFound` also where it is another owner's.
    async fn processing_log(&self, owner: &UserId, id: PhotoId) -> Result<ProcessingLog, PortError>;

    /// A page of the photos that are `dead`, of all owners, the newest photos first.
    ///
    /// # Errors
    /// `Invalid` for a limit out of bounds.
    async fn dead_letters(&self, query: &DeadLetterQuery) -> Result<DeadLetterPage, PortError>;

    /// The dead letter of a photo. `NotFound` where the photo is not dead.
    async fn dead_letter(&self, id: PhotoId) -> Result<DeadLetter, PortError>;

    /// Begins the next generation of a dead photo, with its pipeline and priority. A repeat, after the next generation
    /// has taken the place of the named one, changes nothing.
    ///
    /// # Errors
    /// `Conflict` where the photo is in another generation or has not died; `Invalid` where its pipeline is not in the
    /// catalogue; `NotFound` where there is no such photo.
    async fn retry_dead_letter(&self, letter: &DeadLetterRef) -> Result<(), PortError>;

    /// Retries each dead letter of one page, as [`MetadataStore::retry_dead_letter`] does. Those whose pipeline is not in
    /// the catalogue are passed over.
    ///
    /// # Errors
    /// `Invalid` for a limit out of bounds.
    async fn retry_dead_letters(&self, query: &DeadLetterQuery) -> Result<RetriedPage, PortError>;

    /// Takes a photo out of the dead letters without another attempt. A repeat changes nothing.
    ///
    /// # Errors
    /// `Conflict` where the photo is in another generation or is not dead; `NotFound` where there is no such photo.
    async fn discard_dead_letter(&self, letter: &DeadLetterRef, discard: Discard) -> Result<(), PortError>;

    /// How far photos and objects agreed when somebody last compared them all; none where nobody has.
    async fn consistency(&self) -> Result<Option<ConsistencyReport>, PortError>;

    /// The pipelines that photos may be uploaded to, and those that were removed and still have open photos or dead
    /// letters; by name, with their numbers.
    async fn pipelines(&self) -> Result<Vec<PipelineCounts>, PortError>;

    /// Puts a pipeline into the catalogue, or changes how its jobs are queued: from now on, also for open photos.
    /// Whoever owns the queue pauses or resumes it soon after.
    async fn put_pipeline(&self, name: &PipelineName, entry: &CatalogueEntry) -> Result<(), PortError>;

    /// Takes a pipeline out of the catalogue. Its open photos stay as they are and are processed if a worker comes:
    /// its queue is not paused.
    async fn remove_pipeline(&self, name: &PipelineName) -> Result<(), PortError>;

    /// Whether the store answers and can write.
    async fn ready(&self) -> Result<(), PortError>;
}
