//! How a run ends, as a value: decided where the cause is known, obeyed at the end of the job.

use photo_core::{
    failure::{Failure, FailureCode},
    photo::{Dimensions, Variant},
    photo_metadata::PhotoMetadata,
    port::{ErrorKind, PortError},
    run::{FailureClass, StageRecord},
};

/// A run that made its outputs.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) dimensions: Option<Dimensions>,
    pub(crate) metadata: Option<PhotoMetadata>,
    pub(crate) variants: Vec<Variant>,
    pub(crate) stage_log: Vec<StageRecord>,
}

/// A run that did not.
#[derive(Debug)]
pub(crate) enum Unmade {
    /// It failed.
    Failed {
        /// Whose fault it was.
        class: FailureClass,
        /// Why, for the owner.
        failure: Failure,
        /// What each stage did.
        stage_log: Vec<StageRecord>,
    },
    /// The lease was lost: somebody else has the job.
    LeaseLost,
    /// The worker stops: the job goes back.
    HandedBack,
}

impl Unmade {
    /// A port failed while the run needed it.
    pub(crate) fn from_port(error: &PortError, what: &str) -> Self {
        tracing::warn!(error = error.chain(), what, "a run failed");
        let (class, code, message) = match error.kind() {
            ErrorKind::Unavailable => (
                FailureClass::Dependency,
                FailureCode::ProcessingFailed,
                "Storage was out of reach; the photo is tried again.",
            ),
            ErrorKind::NotFound | ErrorKind::Corrupt => (
                FailureClass::Processing,
                FailureCode::ProcessingFailed,
                "The stored photo could not be read as it was uploaded.",
            ),
            ErrorKind::Conflict | ErrorKind::Invalid | ErrorKind::Denied => (
                FailureClass::Processing,
                FailureCode::ProcessingFailed,
                "The photo could not be processed by the server.",
            ),
        };
        Self::Failed { class, failure: Failure::new(code, message), stage_log: Vec::new() }
    }
}

/// The stages ended in a panic that even their own guard did not catch.
pub(crate) fn broken_stages() -> (FailureClass, Failure) {
    let text = "The photo could not be processed by the server.";
    (FailureClass::Processing, Failure::new(FailureCode::ProcessingFailed, text))
}
