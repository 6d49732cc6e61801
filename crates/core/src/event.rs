//! Events: what happened to a photo, as it is logged in Redis and sent to browsers.
//!
//! State events are written by the storage role in the transaction that makes them true; stage events are progress
//! and come from workers. No event is ever the source of truth.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    id::{EventId, PhotoId, RunId},
    photo::{FileName, PhotoStatus, Sender},
    pipeline::{PipelineName, StageName, VariantName},
    priority::Priority,
    room::Room,
};

/// Something that happened to a photo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The same in every repetition.
    pub id: EventId,
    /// The photo.
    pub photo_id: PhotoId,
    /// Whose it is and who sent it.
    #[serde(flatten)]
    pub sender: EventSender,
    /// The pipeline of the generation.
    pub pipeline: PipelineName,
    /// The photo's generation; with `run` and `index` it orders stage events, and clients drop older ones.
    pub generation: u32,
    /// The run, for events of processing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub run: Option<RunId>,
    /// Number of the state event within its photo; stage events have none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seq: Option<u64>,
    /// When it happened, by the clock of the role that says so.
    pub time: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// [`Sender`] under the names that events have on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventSender {
    /// The owner.
    pub user_id: crate::id::UserId,
    /// The browser tab or program that uploaded it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client_id: Option<crate::client_ref::ClientRef>,
    /// The session that uploaded it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub session_id: Option<crate::client_ref::ClientRef>,
    /// The upload's trace.
    pub traceparent: crate::trace::TraceParent,
}

impl From<Sender> for EventSender {
    fn from(sender: Sender) -> Self {
        Self {
            user_id: sender.user,
            client_id: sender.client_id,
            session_id: sender.session_id,
            traceparent: sender.traceparent,
        }
    }
}

/// What happened, with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum EventKind {
    /// Accepted.
    #[serde(rename = "photo.uploaded")]
    Uploaded(Uploaded),
    /// It is to be processed again: a new generation waits for a worker.
    #[serde(rename = "photo.processing.queued")]
    Queued(Queued),
    /// A run began.
    #[serde(rename = "photo.processing.started")]
    Started(Started),
    /// A stage began.
    #[serde(rename = "photo.processing.stage.started")]
    StageStarted(StageProgress),
    /// A stage ended well.
    #[serde(rename = "photo.processing.stage.completed")]
    StageCompleted(StageProgress),
    /// A stage ended badly.
    #[serde(rename = "photo.processing.stage.failed")]
    StageFailed(StageFailed),
    /// A stage did not run.
    #[serde(rename = "photo.processing.stage.skipped")]
    StageSkipped(StageSkipped),
    /// A thumbnail is made; it can be read once the photo is completed.
    #[serde(rename = "photo.thumbnail.generated")]
    ThumbnailGenerated(ThumbnailGenerated),
    /// The outputs are there.
    #[serde(rename = "photo.processing.completed")]
    Completed(Completed),
    /// An attempt ended badly; `final` tells whether it was the last.
    #[serde(rename = "photo.processing.failed")]
    Failed(Failed),
    /// Its owner ended it before it was done.
    #[serde(rename = "photo.processing.cancelled")]
    Cancelled(Cancelled),
    /// It is gone, and everything that was stored of it.
    #[serde(rename = "photo.deleted")]
    Deleted(Deleted),
}

/// A photo was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Uploaded {
    /// The client's label.
    pub file_name: FileName,
    /// Length in bytes.
    pub size_bytes: u64,
}

/// A new generation waits for a worker; which one, and in which pipeline, the event itself says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Queued {
    /// How soon it comes.
    pub priority: Priority,
}

/// A run began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Started {
    /// How often the generation's job was delivered.
    pub delivery: u32,
}

/// A stage began or ended well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StageProgress {
    /// Which stage.
    pub stage: StageName,
    /// Place of the event within its run, from 0.
    pub index: u32,
    /// How far the run is, 0 to 100; never falls within a run.
    pub progress_percent: u8,
}

/// A stage ended badly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StageFailed {
    /// Which stage.
    pub stage: StageName,
    /// Place of the event within its run, from 0.
    pub index: u32,
    /// Why, for the owner.
    pub failure: Failure,
}

/// A stage did not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StageSkipped {
    /// Which stage.
    pub stage: StageName,
    /// Place of the event within its run, from 0.
    pub index: u32,
    /// How far the run is, 0 to 100; never falls within a run.
    pub progress_percent: u8,
    /// Why, for the owner.
    pub reason: String,
}

/// A thumbnail is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThumbnailGenerated {
    /// Place of the event within its run, from 0.
    pub index: u32,
    /// The variant's name.
    pub variant: VariantName,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// The outputs are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Completed {
    /// Names of the outputs.
    pub variants: Vec<VariantName>,
}

/// An attempt ended badly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failed {
    /// The photo's status from now on: `queued` where another attempt follows.
    pub status: PhotoStatus,
    /// Whether no attempt follows.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// Why, for the owner.
    pub failure: Failure,
}

/// The photo's owner ended it; where a run was live, the event itself says which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancelled {}

/// Nothing of the photo is left to tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {}

/// The three channels of the bus, with the seeds' names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// `photo:upload`.
    Upload,
    /// `photo:processing`.
    Processing,
    /// `photo:completion`.
    Completion,
}

impl Channel {
    /// The name of the Redis channel, below the platform's prefix.
    pub fn redis_name(self) -> &'static str {
        match self {
            Self::Upload => "photo:upload",
            Self::Processing => "photo:processing",
            Self::Completion => "photo:completion",
        }
    }

    /// The name of the Socket.IO event that carries its events to clients.
    pub fn client_event(self) -> &'static str {
        match self {
            Self::Upload => "upload.event",
            Self::Processing => "processing.event",
            Self::Completion => "completion.event",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.redis_name())
    }
}

impl Event {
    /// Where it is published. What goes on in a generation is processing; what ends an attempt or the photo is
    /// completion.
    pub fn channel(&self) -> Channel {
        match self.kind {
            EventKind::Uploaded(_) => Channel::Upload,
            EventKind::Queued(_)
            | EventKind::Started(_)
            | EventKind::StageStarted(_)
            | EventKind::StageCompleted(_)
            | EventKind::StageFailed(_)
            | EventKind::StageSkipped(_)
            | EventKind::ThumbnailGenerated(_) => Channel::Processing,
            EventKind::Completed(_) | EventKind::Failed(_) | EventKind::Cancelled(_) | EventKind::Deleted(_) => {
                Channel::Completion
            }
        }
    }

    /// The rooms whose sockets receive it, each socket once.
    pub fn rooms(&self) -> Vec<Room> {
        let user = &self.sender.user_id;
        let mut rooms = vec![Room::Photo(self.photo_id), Room::User(user.clone())];
        rooms.extend(self.sender.client_id.clone().map(|client| Room::Client(user.clone(), client)));
        rooms.extend(self.sender.session_id.clone().map(|session| Room::Session(user.clone(), session)));
        rooms
    }
}

#[cfg(test)]
mod tests;
