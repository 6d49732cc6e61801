//! Running the stages of one photo in a slot: what they tell becomes outputs, a record of each stage, and events.

use std::sync::Arc;

use photo_core::{
    error_class::ErrorClass,
    failure::Failure,
    photo::Dimensions,
    photo_metadata::PhotoMetadata,
    pipeline::{PipelineSpec, StageName},
    run::{StageRecord, StageStatus},
};
use photo_stages::{Output, StageFailure, StageUpdate};
use tokio::time::Instant;

use crate::{
    outcome::{no_slot, port_failed},
    progress::Progress,
    slot::{OriginalSource, Slots, StagesError},
};

/// The stages of one photo, ready to run.
pub(crate) struct StageRun<'a> {
    pub(crate) spec: Arc<PipelineSpec>,
    pub(crate) original: &'a dyn OriginalSource,
    pub(crate) progress: Progress,
}

/// How they ended.
pub(crate) struct StagesEnded {
    pub(crate) outputs: Result<Outputs, (ErrorClass, Failure)>,
    pub(crate) stage_log: Vec<StageRecord>,
}

/// What the stages of one photo made.
#[derive(Debug, Default)]
pub(crate) struct Outputs {
    pub(crate) dimensions: Option<Dimensions>,
    pub(crate) metadata: Option<PhotoMetadata>,
    /// Stage by stage, as they were made.
    pub(crate) variants: Vec<Output>,
}

impl StageRun<'_> {
    /// Runs them. Where the caller goes away, their process is killed.
    pub(crate) async fn run(self, slots: &Slots) -> StagesEnded {
        let Self { spec, original, progress } = self;
        let mut collector = Collector::new(progress);
        let ended = slots.run(&spec, original, &mut |update| collector.note(update, Instant::now())).await;
        let Collector { outputs, stage_log, .. } = collector;
        let outputs = match ended {
            Ok(()) => Ok(outputs),
            Err(StagesError::Stage(failed)) => Err((failed.class, failed.failure)),
            Err(StagesError::NoSlot(error)) => Err(no_slot(&error)),
            Err(StagesError::Unread(error)) => Err(port_failed(&error, "reading the original")),
        };
        StagesEnded { outputs, stage_log }
    }
}

/// Takes note of what stages tell, by the clock of this process.
struct Collector {
    outputs: Outputs,
    stage_log: Vec<StageRecord>,
    began: Option<Instant>,
    progress: Progress,
}

impl Collector {
    fn new(progress: Progress) -> Self {
        Self { outputs: Outputs::default(), stage_log: Vec::new(), began: None, progress }
    }

    fn note(&mut self, update: StageUpdate, now: Instant) {
        self.progress.tell(&update);
        match update {
            StageUpdate::Started { .. } => self.began = Some(now),
            StageUpdate::Made { output, .. } => self.outputs.variants.push(output),
            StageUpdate::Measured { dimensions } => self.outputs.dimensions = Some(dimensions),
            StageUpdate::Described { metadata, .. } => self.outputs.metadata = Some(metadata),
            StageUpdate::Completed { stage } => self.end(stage, StageStatus::Completed, None, now),
            StageUpdate::Failed { failure: StageFailure { stage, failure, detail, .. } } => {
                tracing::info!(%stage, code = ?failure.code, detail, "a stage failed");
                self.end(stage, StageStatus::Failed, Some(failure.message), now);
            }
            StageUpdate::Skipped { stage, reason } => self.end(stage, StageStatus::Skipped, Some(reason), now),
        }
    }

    fn end(&mut self, stage: StageName, status: StageStatus, error: Option<String>, now: Instant) {
        // A stage that did not begin took no time.
        let elapsed = self.began.take().map(|began| now.duration_since(began)).unwrap_or_default();
        let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        self.stage_log.push(StageRecord { stage, status, milliseconds, error });
    }
}

#[cfg(test)]
mod tests;
