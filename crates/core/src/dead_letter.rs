//! Dead letters: the photos that were given up, for those who run the platform, whoever owns them. One leaves only when
//! somebody retries, discards or deletes it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    id::{PhotoId, UserId},
    pipeline::PipelineName,
};

/// A photo that is `dead`: its attempts are used up, or it never came to an end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// Which photo.
    pub photo_id: PhotoId,
    /// Whose it is.
    pub owner: UserId,
    /// What it was to be processed by.
    pub pipeline: PipelineName,
    /// The generation that died.
    pub generation: u32,
    /// Why it was given up.
    pub failure: Failure,
    /// Attempts that failed and counted.
    pub attempts: u32,
    /// How often a worker had its job.
    pub deliveries: u32,
    /// When it was given up.
    pub died_at: Timestamp,
}

/// Which dead letters to list or retry: of all owners, the newest photos first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetterQuery {
    /// Only those of this pipeline.
    pub pipeline: Option<PipelineName>,
    /// Only those that come after this photo in the list: the last one of the page before.
    pub after: Option<PhotoId>,
    /// Most dead letters in the page, 1 to [`DeadLetterQuery::MAX_LIMIT`].
    pub limit: u16,
}

impl DeadLetterQuery {
    /// The longest page.
    pub const MAX_LIMIT: u16 = 200;
}

/// One page of dead letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetterPage {
    /// The newest photos first.
    pub dead_letters: Vec<DeadLetter>,
    /// Whether more follow the last one.
    pub has_more: bool,
}

/// What was retried of one page of dead letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetriedPage {
    /// The photos that are to be processed again, the newest first.
    pub retried: Vec<PhotoId>,
    /// Those that stay dead letters, because their pipeline is not in the catalogue any more.
    pub skipped: Vec<PhotoId>,
    /// Where the next page goes on; none where this was the last one.
    pub next: Option<PhotoId>,
}

/// One dead letter, as the asker saw it: what happened to it meanwhile is not undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetterRef {
    /// Which photo.
    pub photo_id: PhotoId,
    /// The generation that died.
    pub generation: u32,
}

/// What becomes of a dead letter that nobody wants to retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Discard {
    /// Its photo is `failed` for good, with its failure and its bytes, as one that was itself at fault.
    KeepPhoto,
    /// Its photo is deleted, as its owner would.
    DeletePhoto,
}
