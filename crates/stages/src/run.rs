//! One run: the stages of a pipeline in their order over one upload that is decoded once.

use photo_core::{
    failure::{Failure, FailureCode},
    pipeline::{OnFailure, PipelineSpec, StageKind, StageSpec},
    run::{FailureClass, StageStatus},
};

use crate::{
    failure::{Fault, StageFailure},
    output::Output,
    plan::{Plan, Step},
    source::Source,
    thumbnails,
    update::{EndedStage, StageUpdate},
};

/// Runs the stages of `spec` that are not among `ended` in their order over the upload `original`, and tells what each
/// of them does.
///
/// Every stage up to the one that fails the run is told exactly once as completed, failed or skipped; those in `ended`
/// are not told again, and how they ended decides about the stages that depend on them. The upload is decoded at most
/// once, by the first stage that needs pixels, within the narrowest limits of the pipeline's validation stages or the
/// default limits where it has none. A stage that needs pixels ends well only with the whole photo read: a file that
/// was cut off fails.
///
/// # Errors
///
/// The failure of a stage with `onFailure: Fail`, after it was told; no stage after it is told.
pub fn run(
    spec: &PipelineSpec,
    ended: &[EndedStage],
    original: &[u8],
    tell: &mut dyn FnMut(StageUpdate),
) -> Result<(), StageFailure> {
    let mut plan = Plan::new(spec, ended);
    let mut work = Work { source: Source::new(spec, original), is_measured: false, tell };
    loop {
        match plan.next() {
            Step::Run(stage) => {
                let status = work.stage(stage)?;
                plan.end(&stage.name, status);
            }
            Step::Skip { stage, reason } => {
                (work.tell)(StageUpdate::Skipped { stage: stage.name.clone(), reason });
                plan.end(&stage.name, StageStatus::Skipped);
            }
            Step::Broken { stage } => return Err(failed_before(stage)),
            Step::Done => return Ok(()),
        }
    }
}

/// The upload in the hands of its stages.
struct Work<'a> {
    source: Source<'a>,
    is_measured: bool,
    tell: &'a mut dyn FnMut(StageUpdate),
}

impl Work<'_> {
    /// Runs a stage and tells so; returns how it ended, or the failure that ends the run.
    fn stage(&mut self, stage: &StageSpec) -> Result<StageStatus, StageFailure> {
        (self.tell)(StageUpdate::Started { stage: stage.name.clone() });
        let Err(fault) = self.attempt(stage) else {
            (self.tell)(StageUpdate::Completed { stage: stage.name.clone() });
            return Ok(StageStatus::Completed);
        };
        let failure = fault.at(&stage.name);
        (self.tell)(StageUpdate::Failed { failure: failure.clone() });
        match stage.on_failure {
            OnFailure::Fail => Err(failure),
            OnFailure::Skip => Ok(StageStatus::Failed),
        }
    }

    fn attempt(&mut self, stage: &StageSpec) -> Result<(), Fault> {
        let dimensions = self.source.header()?.shown();
        if !self.is_measured {
            self.is_measured = true;
            (self.tell)(StageUpdate::Measured { dimensions });
        }
        match &stage.kind {
            // The source holds the limits of all validation stages, and pixels that decode are complete.
            StageKind::Validation(_) => self.source.decoded().map(|_| ()),
            StageKind::Thumbnails(spec) => {
                let made = &mut |output: Output| (self.tell)(StageUpdate::Made { stage: stage.name.clone(), output });
                thumbnails::make(&self.source, spec, made)
            }
            StageKind::Metadata(_) | StageKind::Optimization(_) => {
                Err(Fault::NotMade { detail: "this stage is not built yet".to_owned() })
            }
        }
    }
}

/// A run that is asked to go on although a stage before has failed it.
fn failed_before(stage: &StageSpec) -> StageFailure {
    StageFailure {
        stage: stage.name.clone(),
        failure: Failure::new(FailureCode::ProcessingFailed, "The photo could not be processed before."),
        class: FailureClass::Processing,
        detail: "the stage had failed the run in a process before this one".to_owned(),
    }
}

#[cfg(test)]
mod tests;
