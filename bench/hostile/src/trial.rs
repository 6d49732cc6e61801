//! One file through one pipeline in the worker's slots, by the entry that a worker calls.

use std::time::{Duration, Instant};

use photo_core::pipeline::StageKind;
use photo_stages::{StageFailure, StageUpdate};
use photo_worker::slot::Slots;

use crate::{
    corpus::Kind,
    course::Course,
    ending::{self, Ending},
    slot_memory,
};

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trial {
    /// The file's name.
    pub(crate) name: String,
    /// What it is.
    pub(crate) kind: Kind,
    /// What was done to it.
    pub(crate) course: Course,
    /// How it ended: the worst of its stages.
    pub(crate) ending: Ending,
    /// What was said of that for the log.
    pub(crate) detail: String,
    /// Whether its validation stage took it.
    pub(crate) is_valid: bool,
    /// All stages together, the isolation included.
    pub(crate) took: Duration,
    /// The most memory of the slot in KiB.
    pub(crate) peak_kib: u64,
}

/// Takes a file through a pipeline.
///
/// # Errors
/// Where there is no slot for it, which is no file's fault.
pub(crate) async fn run(slots: &Slots, (name, bytes): (&str, &[u8]), course: Course) -> anyhow::Result<Trial> {
    let spec = course.pipeline()?;
    let validation = spec.stages.iter().find(|stage| matches!(stage.kind, StageKind::Validation(_)));
    let validation = validation.map(|stage| stage.name.clone());
    let mut failures: Vec<StageFailure> = Vec::new();
    let mut is_valid = false;
    let mut tell = |update| match update {
        StageUpdate::Failed { failure } => failures.push(failure),
        StageUpdate::Completed { stage } => is_valid |= Some(&stage) == validation.as_ref(),
        StageUpdate::Started { .. }
        | StageUpdate::Measured { .. }
        | StageUpdate::Made { .. }
        | StageUpdate::Described { .. }
        | StageUpdate::Skipped { .. } => {}
    };
    slot_memory::forget_peaks();
    let began = Instant::now();
    // No failure of a stage ends these pipelines.
    slots.run(&spec, &bytes, &mut tell).await?;
    let (took, peak_kib) = (began.elapsed(), slot_memory::peak_kib());
    let (ending, detail) = worst(&failures);
    Ok(Trial { name: name.to_owned(), kind: Kind::of(bytes), course, ending, detail, is_valid, took, peak_kib })
}

/// The ending of a file: the first exit of its stages, or else their first refusal.
fn worst(failures: &[StageFailure]) -> (Ending, String) {
    let endings = || failures.iter().map(|failure| (ending::of(failure), failure.detail.clone()));
    endings()
        .find(|(ending, _)| matches!(ending, Ending::Exit(_)))
        .or_else(|| endings().next())
        .unwrap_or((Ending::Well, String::new()))
}

#[cfg(test)]
mod tests {
    use photo_core::{
        error_class::ErrorClass,
        failure::{Failure, FailureCode},
    };

    use super::*;
    use crate::ending::Exit;

    fn failure(code: FailureCode, class: ErrorClass) -> StageFailure {
        let failure = Failure::new(code, "");
        StageFailure { stage: "a".parse().unwrap(), failure, class, detail: format!("{code:?}") }
    }

    #[test]
    fn an_exit_of_a_later_stage_is_seen_behind_a_refusal() {
        let refused = failure(FailureCode::Damaged, ErrorClass::Data);
        let late = failure(FailureCode::TimedOut, ErrorClass::Logic);
        assert_eq!(worst(&[refused.clone(), late]), (Ending::Exit(Exit::TimedOut), "TimedOut".to_owned()));
        assert_eq!(worst(&[refused]).0, Ending::Refused("damaged".to_owned()));
        assert_eq!(worst(&[]).0, Ending::Well);
    }
}
