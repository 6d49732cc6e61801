//! The four ports through which the roles reach the world. Their laws are in `contract/`.
//!
//! Callers branch on [`ErrorKind`] only; a driver's error travels inside for the log.

use std::{error::Error, fmt};

pub mod blob_store;
pub mod event_log;
pub mod job_queue;
pub mod metadata_store;
pub mod reason;

pub use blob_store::BlobStore;
pub use event_log::EventLog;
pub use job_queue::JobQueue;
pub use metadata_store::MetadataStore;
pub use reason::Reason;

/// What kind of failure a port reports; it carries what the caller does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// There is no such thing, or it is not the asker's.
    NotFound,
    /// Somebody else's change came first; what was asked no longer applies.
    Conflict,
    /// The request can never succeed as it is.
    Invalid,
    /// The credentials do not allow it.
    Denied,
    /// Out of reach, out of time or out of room right now. A change **may have been made**: repeat it.
    Unavailable,
    /// What is stored is not what was stored.
    Corrupt,
}

impl ErrorKind {
    /// The word for it in metrics and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Invalid => "invalid",
            Self::Denied => "denied",
            Self::Unavailable => "unavailable",
            Self::Corrupt => "corrupt",
        }
    }
}

/// A failure of a port: its kind, what was attempted, and the driver's error for the log.
#[derive(Debug, thiserror::Error)]
pub struct PortError {
    kind: ErrorKind,
    reason: Option<Reason>,
    attempt: String,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl PortError {
    /// A failure that no driver's error explains further.
    pub fn new(kind: ErrorKind, attempt: impl Into<String>) -> Self {
        Self { kind, reason: None, attempt: attempt.into(), source: None }
    }

    /// A failure that a driver reported.
    pub fn caused(
        kind: ErrorKind,
        attempt: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self { kind, reason: None, attempt: attempt.into(), source: Some(source.into()) }
    }

    /// What the caller branches on.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The same failure, with what it means to those who run the platform. Adapters say it where they know more than
    /// the kind tells.
    #[must_use]
    pub fn because(self, reason: Reason) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// What it means to those who run the platform.
    pub fn reason(&self) -> Reason {
        self.reason.unwrap_or_else(|| Reason::of_kind(self.kind))
    }

    /// What was attempted, or why it was refused; nothing of the driver's error is in it.
    pub fn attempt(&self) -> &str {
        &self.attempt
    }

    /// The whole chain in one line, for the log.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut next = self.source();
        while let Some(cause) = next {
            text = format!("{text}: {cause}");
            next = cause.source();
        }
        text
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.attempt, self.kind.as_str())
    }
}
