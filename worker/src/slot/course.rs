//! The course of one photo's stages, over as many slots as it takes: what a slot may tell next, which stage is at fault
//! when it breaks off, and when the run is over.
//!
//! A slot is not trusted: what it tells out of turn is as good as garbage.

use photo_core::{
    error_class::{Decision, ErrorClass},
    failure::{Failure, FailureCode},
    photo::{Dimensions, VariantRole},
    pipeline::{OnFailure, PipelineSpec, StageKind, StageName, StageSpec, VariantName},
    run::StageStatus,
};
use photo_stages::{EndedStage, Output, StageFailure, StageUpdate};

/// How far the stages of one photo are.
#[derive(Debug)]
pub(super) struct Course<'a> {
    spec: &'a PipelineSpec,
    ended: Vec<EndedStage>,
    /// Whether the stage after those has started.
    started: bool,
    measured: Option<Dimensions>,
    made: Vec<VariantName>,
    failed: Option<StageFailure>,
    worn: bool,
}

/// A slot told what could not be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("told out of turn: {0}")]
pub(super) struct OutOfTurn(String);

/// Why a slot did not come to the end of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// The stage took longer than it may.
    TimedOut,
    /// Memory could not be had.
    OutOfMemory,
    /// Anything else.
    Broken,
}

impl Cause {
    /// The reason, for the photo's owner.
    fn failure(self, stage: &StageSpec) -> Failure {
        let (code, text) = match self {
            Self::TimedOut => {
                let seconds = stage.timeout_seconds;
                (FailureCode::TimedOut, format!("This stage took longer than the {seconds} s that it may take."))
            }
            Self::OutOfMemory => {
                let text = "The photo needs more memory than the server gives one photo.";
                (FailureCode::ProcessingFailed, text.to_owned())
            }
            Self::Broken => {
                (FailureCode::ProcessingFailed, "The server could not get to the end of this stage.".to_owned())
            }
        };
        Failure::new(code, text)
    }
}

impl<'a> Course<'a> {
    /// Before the first stage.
    pub(super) fn of(spec: &'a PipelineSpec) -> Self {
        Self { spec, ended: Vec::new(), started: false, measured: None, made: Vec::new(), failed: None, worn: false }
    }

    /// The pipeline.
    pub(super) fn spec(&self) -> &'a PipelineSpec {
        self.spec
    }

    /// The stages that have ended.
    pub(super) fn ended(&self) -> &[EndedStage] {
        &self.ended
    }

    /// The stage under way.
    pub(super) fn under_way(&self) -> Option<&'a StageSpec> {
        self.next().filter(|_| self.started)
    }

    /// The failure that ended the run, if one did.
    pub(super) fn failed(&self) -> Option<&StageFailure> {
        self.failed.as_ref()
    }

    /// Whether no stage is left to run.
    pub(super) fn is_over(&self) -> bool {
        self.failed.is_some() || self.next().is_none()
    }

    /// Whether a stage failed for a reason that no photo explains: what is left of it in the slot's memory must not
    /// become the next photo's.
    pub(super) fn wore_the_slot(&self) -> bool {
        self.worn
    }

    /// Takes note of what a slot tells, if it may tell that now.
    pub(super) fn note(&mut self, update: &StageUpdate) -> Result<(), OutOfTurn> {
        let refused = |what: &str| Err(OutOfTurn(what.to_owned()));
        let Some(next) = self.next().filter(|_| self.failed.is_none()) else {
            return refused("a stage after the last one");
        };
        if stage_of(update).is_some_and(|stage| *stage != next.name) {
            return refused("a stage that is not the next one");
        }
        let begins = matches!(update, StageUpdate::Started { .. } | StageUpdate::Skipped { .. });
        if begins == self.started {
            return refused(if begins { "a stage within a stage" } else { "the work of a stage that has not begun" });
        }
        match update {
            StageUpdate::Started { .. } => self.started = true,
            StageUpdate::Measured { dimensions } => {
                if self.measured.is_some_and(|before| before != *dimensions) {
                    return refused("two sizes of one photo");
                }
                self.measured = Some(*dimensions);
            }
            StageUpdate::Made { output, .. } => return self.note_made(next, output),
            StageUpdate::Described { .. } => {
                if !matches!(next.kind, StageKind::Metadata(_)) {
                    return refused("a description by a stage that reads none");
                }
            }
            StageUpdate::Completed { .. } => self.end(next, StageStatus::Completed),
            StageUpdate::Skipped { .. } => self.end(next, StageStatus::Skipped),
            StageUpdate::Failed { failure } => self.fail(next, failure),
        }
        Ok(())
    }

    /// Ends the stage that is under way, or that should have come next, as failed for that cause; `detail` is for the
    /// log. `None` where no stage is left that could have failed.
    pub(super) fn break_off(&mut self, cause: Cause, detail: String) -> Option<StageFailure> {
        let next = self.next().filter(|_| self.failed.is_none())?;
        let failure =
            StageFailure { stage: next.name.clone(), failure: cause.failure(next), class: ErrorClass::Logic, detail };
        self.fail(next, &failure);
        Some(failure)
    }

    fn next(&self) -> Option<&'a StageSpec> {
        self.spec.stages.get(self.ended.len())
    }

    fn note_made(&mut self, stage: &StageSpec, output: &Output) -> Result<(), OutOfTurn> {
        if !makes(&stage.kind, output) || self.made.contains(&output.name) {
            return Err(OutOfTurn("an output that the stage does not make".to_owned()));
        }
        self.made.push(output.name.clone());
        Ok(())
    }

    fn fail(&mut self, stage: &StageSpec, failure: &StageFailure) {
        self.end(stage, StageStatus::Failed);
        self.worn |= failure.class.decision() == Decision::Retry;
        match stage.on_failure {
            OnFailure::Fail => self.failed = Some(failure.clone()),
            OnFailure::Skip => {}
        }
    }

    fn end(&mut self, stage: &StageSpec, status: StageStatus) {
        self.started = false;
        self.ended.push(EndedStage { stage: stage.name.clone(), status });
    }
}

/// The stage that an update names.
fn stage_of(update: &StageUpdate) -> Option<&StageName> {
    match update {
        StageUpdate::Started { stage }
        | StageUpdate::Made { stage, .. }
        | StageUpdate::Described { stage, .. }
        | StageUpdate::Completed { stage }
        | StageUpdate::Skipped { stage, .. } => Some(stage),
        StageUpdate::Failed { failure } => Some(&failure.stage),
        StageUpdate::Measured { .. } => None,
    }
}

/// Whether a stage of that kind makes such an output.
fn makes(kind: &StageKind, output: &Output) -> bool {
    match (kind, output.role) {
        (StageKind::Thumbnails(spec), VariantRole::Thumbnail) => {
            output.format == spec.format.into() && spec.sizes.iter().any(|size| size.name == output.name)
        }
        (StageKind::Optimization(spec), VariantRole::Optimized) => {
            spec.format.may_become(output.format) && output.name == VariantName::optimized()
        }
        (StageKind::Validation(_) | StageKind::Metadata(_) | StageKind::Watermark(_), _)
        | (StageKind::Thumbnails(_), VariantRole::Optimized)
        | (StageKind::Optimization(_), VariantRole::Thumbnail) => false,
    }
}

#[cfg(test)]
mod tests;
