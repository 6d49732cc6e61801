//! How a run ends, as a value: decided where the cause is known, obeyed at the end of the job.

use std::error::Error;

use photo_core::{
    failure::{Failure, FailureCode},
    photo::{Dimensions, Variant},
    photo_metadata::PhotoMetadata,
    port::{ErrorKind, PortError},
    run::{FailureClass, StageRecord},
};

use crate::{lease::Over, slot::SlotStartError};

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
    /// It worked for nobody any more.
    Over(Over),
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

/// No process could be started for the stages, which works again later and is not the photo's fault.
pub(crate) fn no_slot(error: &SlotStartError) -> (FailureClass, Failure) {
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    tracing::error!(%error, cause, "a photo has no slot");
    let text = "The server had no room for the photo at this moment; it is tried again.";
    (FailureClass::Dependency, Failure::new(FailureCode::ProcessingFailed, text))
}
