//! Why a photo ended without outputs, in words that its owner understands.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The reason of a photo that is `failed` or `dead`: a stable code for programs and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// Stable; texts may change, codes do not.
    pub code: FailureCode,
    /// One sentence for the photo's owner: no paths, keys or error chains of ours.
    pub message: String,
}

/// The stable codes of [`Failure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// The bytes end early or contradict themselves.
    Damaged,
    /// More pixels, or a longer side, than the pipeline takes.
    TooManyPixels,
    /// More bytes than the pipeline's validation stage takes.
    TooManyBytes,
    /// A format, or a variant of one, that is not processed.
    UnsupportedFormat,
    /// A stage ran longer than its timeout.
    TimedOut,
    /// The decoder or encoder gave up on this photo for another reason.
    ProcessingFailed,
    /// Every attempt ended in an error that was not the photo's own.
    AttemptsExhausted,
    /// Taken by workers again and again without an outcome: each of them may have died of it.
    Poison,
}

impl Failure {
    /// A failure with a text for the photo's owner.
    pub fn new(code: FailureCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
