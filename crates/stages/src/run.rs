//! One run: the stages of a pipeline in their order over one upload that is decoded once.

use photo_core::{
    error_class::ErrorClass,
    failure::{Failure, FailureCode},
    pipeline::{OnFailure, PipelineSpec, StageKind, StageSpec},
    run::StageStatus,
};

use crate::{
    failure::{Fault, StageFailure},
    metadata, optimization,
    plan::{Plan, Step},
    source::{Needs, Source},
    thumbnails,
    update::{EndedStage, StageUpdate},
    watermark::{Marks, Stamp},
};

/// Runs the stages of `spec` that are not among `ended` in their order over the upload `original`, and tells what each
/// of them does.
///
/// Every stage up to the one that fails the run is told exactly once as completed, failed or skipped; those in `ended`
/// are not told again, and how they ended decides about the stages that depend on them. The upload is decoded at most
/// once, by the first stage that needs pixels, within the narrowest limits of the pipeline's validation stages or the
/// default limits where it has none. A stage that needs pixels ends well only with the whole photo read: a file that
/// was cut off fails. The images of its watermark stages are among `marks`; a stage whose image is not fails.
///
/// # Errors
///
/// The failure of a stage with `onFailure: Fail`, after it was told; no stage after it is told. Where `ended` holds such
/// a failure already, or a watermark stage that can't be laid again, nothing runs.
pub fn run(
    spec: &PipelineSpec,
    marks: &Marks,
    ended: &[EndedStage],
    original: &[u8],
    tell: &mut dyn FnMut(StageUpdate),
) -> Result<(), StageFailure> {
    Work::new(spec, marks, original, tell).through(Plan::new(spec, ended))
}

/// The upload in the hands of its stages.
struct Work<'a> {
    source: Source<'a>,
    marks: &'a Marks,
    is_measured: bool,
    tell: &'a mut dyn FnMut(StageUpdate),
}

impl<'a> Work<'a> {
    fn new(spec: &PipelineSpec, marks: &'a Marks, original: &'a [u8], tell: &'a mut dyn FnMut(StageUpdate)) -> Self {
        Self { source: Source::new(spec, original), marks, is_measured: false, tell }
    }

    /// Takes the upload through all stages of the plan that have not ended.
    fn through(&mut self, mut plan: Plan<'_>) -> Result<(), StageFailure> {
        for stage in plan.completed() {
            if let StageKind::Watermark(spec) = &stage.kind {
                // It was laid onto a picture that ended with another process.
                let stamp = Stamp::of(spec, self.marks).map_err(|fault| fault.at(&stage.name))?;
                self.source.expect_mark(stamp);
            }
        }
        loop {
            match plan.next() {
                Step::Run(stage) => {
                    self.source.expect(Needs::of(plan.ahead().into_iter().map(|stage| &stage.kind)));
                    let status = self.stage(stage)?;
                    plan.end(&stage.name, status);
                }
                Step::Skip { stage, reason } => {
                    (self.tell)(StageUpdate::Skipped { stage: stage.name.clone(), reason });
                    plan.end(&stage.name, StageStatus::Skipped);
                }
                Step::Broken { stage } => return Err(failed_before(stage)),
                Step::Done => return Ok(()),
            }
        }
    }

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
        let Self { source, marks, tell, .. } = self;
        let dimensions = source.header()?.shown();
        if !self.is_measured {
            self.is_measured = true;
            tell(StageUpdate::Measured { dimensions });
        }
        let mut made = |output| tell(StageUpdate::Made { stage: stage.name.clone(), output });
        match &stage.kind {
            // The source holds the limits of all validation stages, and pixels that decode are complete.
            StageKind::Validation(_) => source.decoded().map(|_| ()),
            StageKind::Thumbnails(spec) => thumbnails::make(source, spec, &mut made),
            StageKind::Optimization(spec) => optimization::make(source, *spec).map(made),
            StageKind::Watermark(spec) => source.mark(Stamp::of(spec, marks)?),
            StageKind::Metadata(spec) => {
                let metadata = metadata::read(source, *spec)?;
                tell(StageUpdate::Described { stage: stage.name.clone(), metadata });
                Ok(())
            }
        }
    }
}

/// A run that is asked to go on although a stage before has failed it.
fn failed_before(stage: &StageSpec) -> StageFailure {
    StageFailure {
        stage: stage.name.clone(),
        failure: Failure::new(FailureCode::ProcessingFailed, "The photo could not be processed before."),
        class: ErrorClass::Logic,
        detail: "the stage had failed the run in a process before this one".to_owned(),
    }
}

#[cfg(test)]
mod tests;
