//! How a run ends, as a value: decided where the cause is known, obeyed at the end of the job.

use std::error::Error;

use photo_core::{
    error_class::{Decision, ErrorClass},
    failure::{Failure, FailureCode},
    photo::{Dimensions, Variant},
    photo_metadata::PhotoMetadata,
    port::{ErrorKind, PortError},
    run::StageRecord,
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
        class: ErrorClass,
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
        let (class, failure) = port_failed(error, what);
        Self::Failed { class, failure, stage_log: Vec::new() }
    }
}

/// A port failed: what that means for the photo.
pub(crate) fn port_failed(error: &PortError, what: &str) -> (ErrorClass, Failure) {
    let class = error.class();
    if class.decision() == Decision::Stop {
        let reason = error.reason();
        tracing::error!(error = error.chain(), ?class, ?reason, what, "photos wait until this is mended");
    } else {
        tracing::warn!(error = error.chain(), ?class, what, "a run failed");
    }
    let message = match (class.decision(), error.kind()) {
        (Decision::Defer, _) => "Storage was out of reach; the photo is tried again.",
        (Decision::Stop, _) => "The server's storage has to be mended first; the photo is tried again then.",
        (_, ErrorKind::NotFound | ErrorKind::Corrupt) => "The stored photo could not be read as it was uploaded.",
        (Decision::Retry | Decision::Fail, _) => "The photo could not be processed by the server.",
    };
    (class, Failure::new(FailureCode::ProcessingFailed, message))
}

/// No process could be started for the stages, which works again later and is not the photo's fault.
pub(crate) fn no_slot(error: &SlotStartError) -> (ErrorClass, Failure) {
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    tracing::error!(%error, cause, "a photo has no slot");
    let text = "The server had no room for the photo at this moment; it is tried again.";
    (ErrorClass::Resource, Failure::new(FailureCode::ProcessingFailed, text))
}

#[cfg(test)]
mod tests {
    use photo_core::port::Reason;

    use super::*;

    fn class_of(kind: ErrorKind, reason: Reason) -> ErrorClass {
        let error = PortError::new(kind, "reading").because(reason);
        port_failed(&error, "reading the original").0
    }

    #[test]
    fn what_is_wrong_with_the_store_uses_up_no_attempt_and_what_is_wrong_with_an_object_does() {
        let refused = [
            (ErrorKind::Denied, Reason::AccessDenied),
            (ErrorKind::Denied, Reason::AuthFailed),
            (ErrorKind::Unavailable, Reason::Missing),
            (ErrorKind::Unavailable, Reason::Full),
            (ErrorKind::Unavailable, Reason::Unreachable),
        ];
        for (kind, reason) in refused {
            assert!(!class_of(kind, reason).decision().uses_attempt(), "{kind:?} {reason:?}");
        }
        for kind in [ErrorKind::NotFound, ErrorKind::Corrupt] {
            assert_eq!(class_of(kind, Reason::Other).decision(), Decision::Retry, "{kind:?}");
        }
    }
}
