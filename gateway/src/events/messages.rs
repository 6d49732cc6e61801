//! What clients and the events role say to each other, beside the events themselves.

use photo_core::{
    client_ref::ClientRef,
    event::Event,
    failure::Failure,
    offset::Offset,
    photo::{Photo, PhotoStatus},
    pipeline::VariantName,
};
use serde::{Deserialize, Serialize};

/// `identify`: joins the rooms of the client and session that the page names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Identify {
    #[serde(default)]
    pub(crate) client_id: Option<ClientRef>,
    #[serde(default)]
    pub(crate) session_id: Option<ClientRef>,
}

/// The answer to `identify`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Identified {
    pub(crate) socket_id: String,
}

/// `subscribe:photo` and `unsubscribe:photo`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PhotoSubscription {
    /// Text, because what is no id is answered like a missing photo.
    pub(crate) photo_id: String,
}

/// The answer to a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Subscribed {
    /// `photo` or `user`.
    pub(crate) room: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) photo_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) snapshot: Option<Snapshot>,
}

/// How a photo is at the moment of a subscription. Events with a `seq` up to this one are older.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Snapshot {
    status: PhotoStatus,
    generation: u32,
    seq: u64,
    variants: Vec<VariantName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
}

impl From<Photo> for Snapshot {
    fn from(photo: Photo) -> Self {
        Self {
            status: photo.status,
            generation: photo.generation,
            seq: photo.seq,
            variants: photo.variants.into_iter().map(|variant| variant.name).collect(),
            failure: photo.failure,
        }
    }
}

/// Why a request of a client is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Not what the request must look like.
    Malformed,
    /// No such photo, or another user's: the answer is the same.
    NotFound,
    /// The socket is in as many rooms as it may be.
    TooManyRooms,
    /// The store of photos does not answer.
    Unavailable,
}

/// `error`: a refusal as clients receive it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ErrorMessage {
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
}

impl From<Refused> for ErrorMessage {
    fn from(refused: Refused) -> Self {
        let (code, message) = match refused {
            Refused::Malformed => ("invalid", "The message is not of the form that this request takes."),
            Refused::NotFound => ("not_found", "There is no such photo, or it is not yours."),
            Refused::TooManyRooms => ("too_many_rooms", "Unsubscribe from other photos first."),
            Refused::Unavailable => ("unavailable", "Photos are out of reach right now. Try again in a moment."),
        };
        Self { code, message }
    }
}

/// An event as clients receive it: the event and its place in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ClientEvent<'a> {
    #[serde(flatten)]
    pub(crate) event: &'a Event,
    pub(crate) offset: &'a Offset,
}

/// `resync`: events were missed; subscribe again and take the snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Resync {
    pub(crate) reason: ResyncReason,
}

/// Why events were missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ResyncReason {
    /// The log no longer holds them.
    LogGap,
    /// The client did not read fast enough.
    SlowClient,
}
