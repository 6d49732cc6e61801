//! A photo: whose it is, where its bytes are, how far it is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    blob_key::BlobLocation,
    client_ref::ClientRef,
    failure::Failure,
    id::{PhotoId, RunId, UserId},
    idempotency::Repeatable,
    image_format::ImageFormat,
    photo_metadata::PhotoMetadata,
    pipeline::{PipelineName, VariantName},
    priority::Priority,
    trace::TraceParent,
    upload_format::UploadFormat,
};

/// How far a photo's newest generation is. Within one generation a status only moves forward, `Queued` and `Processing`
/// apart; one that has ended changes only from `Dead` to `Failed`, when the dead letter is discarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoStatus {
    /// Announced by a client that sends the bytes itself; not listed.
    Uploading,
    /// Accepted; waits for a worker, perhaps until its next attempt is due.
    Queued,
    /// A run has begun.
    #[serde(alias = "in_progress")]
    Processing,
    /// Its outputs are there.
    Completed,
    /// The photo's own fault; a retry would end the same.
    Failed,
    /// Attempts used up: a dead letter until somebody retries, discards or deletes it.
    Dead,
    /// Cancelled by its owner.
    Cancelled,
    /// Being deleted; neither listed nor readable.
    Deleting,
}

impl PhotoStatus {
    /// Every status.
    pub const ALL: [Self; 8] = [
        Self::Uploading,
        Self::Queued,
        Self::Processing,
        Self::Completed,
        Self::Failed,
        Self::Dead,
        Self::Cancelled,
        Self::Deleting,
    ];

    /// The word that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uploading => "uploading",
            Self::Queued => "queued",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
            Self::Deleting => "deleting",
        }
    }

    /// The status of that word; the word `in_progress` of older clients is `Processing`.
    pub fn parse(word: &str) -> Option<Self> {
        if word == "in_progress" {
            return Some(Self::Processing);
        }
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Whether the generation has ended.
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Uploading | Self::Queued | Self::Processing => false,
            Self::Completed | Self::Failed | Self::Dead | Self::Cancelled | Self::Deleting => true,
        }
    }
}

/// The name that a client gave a file: an opaque label, never part of a path or key.
///
/// Any UTF-8 of at most 255 bytes after control and bidirectional characters are removed; empty becomes `photo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct FileName(String);

impl FileName {
    /// The cleaned text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for FileName {
    fn from(text: String) -> Self {
        let harmless = |c: &char| {
            !c.is_control() && !matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        };
        let mut clean = String::new();
        for c in text.chars().filter(harmless) {
            if clean.len() + c.len_utf8() > 255 {
                break;
            }
            clean.push(c);
        }
        let trimmed = clean.trim();
        Self(if trimmed.is_empty() { "photo".to_owned() } else { trimmed.to_owned() })
    }
}

impl From<FileName> for String {
    fn from(name: FileName) -> Self {
        name.0
    }
}

/// The uploaded bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Original {
    /// Where they are.
    pub location: BlobLocation,
    /// Told by the magic bytes.
    pub format: UploadFormat,
    /// Length in bytes.
    pub size_bytes: u64,
    /// SHA-256 of the bytes.
    pub sha256: Sha256,
}

/// A SHA-256 digest, 64 lowercase hexadecimal digits in text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256(String);

/// A text that is not a SHA-256 digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 digest has 64 lowercase hexadecimal digits")]
pub struct InvalidSha256;

impl Sha256 {
    /// The digest in hexadecimal.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Sha256 {
    type Error = InvalidSha256;

    fn try_from(text: String) -> Result<Self, InvalidSha256> {
        let fits = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if fits { Ok(Self(text)) } else { Err(InvalidSha256) }
    }
}

impl From<Sha256> for String {
    fn from(digest: Sha256) -> Self {
        digest.0
    }
}

/// One output of a finished run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Variant {
    /// Unique within the photo.
    pub name: VariantName,
    /// What it is for.
    pub role: VariantRole,
    /// Where its bytes are.
    pub location: BlobLocation,
    /// Its format.
    pub format: ImageFormat,
    /// Pixels, as it is shown.
    pub width: u32,
    /// Pixels, as it is shown.
    pub height: u32,
    /// Length in bytes.
    pub size_bytes: u64,
    /// SHA-256 of the bytes.
    pub sha256: Sha256,
}

/// What an output is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VariantRole {
    /// A smaller picture, to be shown in a list or a page.
    Thumbnail,
    /// The whole picture in fewer bytes.
    Optimized,
}

/// Pixels of an image as it is shown: after its EXIF orientation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dimensions {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

/// Who sent a photo and from where: the context that every event about it carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sender {
    /// The owner.
    pub user: UserId,
    /// The browser tab or program, where it named itself.
    pub client_id: Option<ClientRef>,
    /// The session, where it named one.
    pub session_id: Option<ClientRef>,
    /// The trace that began with the upload.
    pub traceparent: TraceParent,
}

/// A photo that is about to be accepted: its bytes are stored already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewPhoto {
    /// Minted by the api role before the bytes were stored; a repeat with the same id is the same photo.
    pub id: PhotoId,
    /// Its sender.
    pub sender: Sender,
    /// The client's label.
    pub file_name: FileName,
    /// Its bytes.
    pub original: Original,
    /// What is to be done with it.
    pub pipeline: PipelineName,
    /// How soon; the pipeline's own priority where the upload names none.
    pub priority: Option<Priority>,
    /// What makes another one the same photo, where the client may repeat its request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeatable: Option<Repeatable>,
}

/// A photo as the metadata store knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Photo {
    /// Its id.
    pub id: PhotoId,
    /// Its sender.
    pub sender: Sender,
    /// The client's label.
    pub file_name: FileName,
    /// Its bytes.
    pub original: Original,
    /// The pipeline of its newest generation.
    pub pipeline: PipelineName,
    /// How soon its jobs come.
    pub priority: Priority,
    /// 1 for the upload, one more for each reprocessing.
    pub generation: u32,
    /// How far the newest generation is.
    pub status: PhotoStatus,
    /// Number of the last state event about it; the next one carries one more.
    pub seq: u64,
    /// Pixels as shown, once a run has finished.
    pub dimensions: Option<Dimensions>,
    /// What the file says about it, once a run with a metadata stage has finished.
    pub metadata: Option<PhotoMetadata>,
    /// The outputs of the last finished run, by name.
    pub variants: Vec<Variant>,
    /// The run that made the variants.
    pub finished_run: Option<RunId>,
    /// When its next attempt is due, while it is `queued` after one that failed.
    pub next_attempt_at: Option<Timestamp>,
    /// Why it is `failed` or `dead`.
    pub failure: Option<Failure>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_have_one_word_each() {
        for status in PhotoStatus::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
            assert_eq!(PhotoStatus::parse(status.as_str()), Some(status));
        }
        assert_eq!(serde_json::from_str::<PhotoStatus>("\"in_progress\"").unwrap(), PhotoStatus::Processing);
    }

    #[test]
    fn file_names_are_labels_without_control_characters() {
        let cases = [
            ("photo (1).jpg", "photo (1).jpg"),
            ("写真\r\nX-Evil: 1", "写真X-Evil: 1"),
            ("\u{202E}gpj.exe", "gpj.exe"),
            ("  ", "photo"),
            ("../../etc/passwd", "../../etc/passwd"),
        ];
        for (given, kept) in cases {
            assert_eq!(FileName::from(given.to_owned()).as_str(), kept);
        }
        let long = FileName::from("é".repeat(300));
        assert_eq!(long.as_str().len(), 254, "whole characters only");
    }

    #[test]
    fn a_digest_is_64_lowercase_digits() {
        assert!(Sha256::try_from("A".repeat(64)).is_err());
        assert!(Sha256::try_from("a".repeat(63)).is_err());
        assert!(Sha256::try_from("a".repeat(64)).is_ok());
    }
}
