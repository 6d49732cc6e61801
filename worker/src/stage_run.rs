//! Running the stages of one photo on a thread of their own: what they tell becomes outputs, and a log with the time
//! that each took.

use std::{sync::Arc, time::Instant};

use photo_core::{
    failure::Failure,
    photo::Dimensions,
    photo_metadata::PhotoMetadata,
    pipeline::{PipelineSpec, StageName},
    run::{FailureClass, StageRecord, StageStatus},
};
use photo_stages::{Output, StageUpdate};

use crate::{outcome::broken_stages, progress::Progress};

/// The stages of one photo, ready to run.
pub(crate) struct StageRun {
    pub(crate) spec: Arc<PipelineSpec>,
    pub(crate) original: Vec<u8>,
    pub(crate) progress: Progress,
}

/// What they made.
#[derive(Default)]
pub(crate) struct Outputs {
    pub(crate) dimensions: Option<Dimensions>,
    pub(crate) metadata: Option<PhotoMetadata>,
    pub(crate) variants: Vec<Output>,
}

/// How they ended.
pub(crate) struct StagesEnded {
    pub(crate) outputs: Result<Outputs, (FailureClass, Failure)>,
    pub(crate) stage_log: Vec<StageRecord>,
}

impl StageRun {
    /// Runs them. The thread is not interrupted when the caller goes away; what it made is then dropped.
    pub(crate) async fn run(self) -> StagesEnded {
        let ended = tokio::task::spawn_blocking(move || self.run_here()).await;
        ended.unwrap_or_else(|error| {
            tracing::error!(%error, "the stages of a photo broke off");
            StagesEnded { outputs: Err(broken_stages()), stage_log: Vec::new() }
        })
    }

    fn run_here(self) -> StagesEnded {
        let Self { spec, original, mut progress } = self;
        let mut stage_log = StageLog::default();
        let mut outputs = Outputs::default();
        let end = photo_stages::run(&spec, &[], &original, &mut |update| {
            stage_log.note(&update);
            progress.tell(&update);
            match update {
                StageUpdate::Measured { dimensions } => outputs.dimensions = Some(dimensions),
                StageUpdate::Described { metadata, .. } => outputs.metadata = Some(metadata),
                StageUpdate::Made { output, .. } => outputs.variants.push(output),
                StageUpdate::Started { .. }
                | StageUpdate::Completed { .. }
                | StageUpdate::Failed { .. }
                | StageUpdate::Skipped { .. } => {}
            }
        });
        let outputs = end.map(|()| outputs).map_err(|failed| (failed.class, failed.failure));
        StagesEnded { outputs, stage_log: stage_log.records }
    }
}

/// What each stage did, from what the stages say and the clock of this process.
#[derive(Default)]
struct StageLog {
    records: Vec<StageRecord>,
    began: Option<Instant>,
}

impl StageLog {
    fn note(&mut self, update: &StageUpdate) {
        match update {
            StageUpdate::Started { .. } => self.began = Some(Instant::now()),
            StageUpdate::Completed { stage } => self.end(stage, StageStatus::Completed, None),
            StageUpdate::Failed { failure } => {
                tracing::info!(stage = %failure.stage, detail = failure.detail, "a stage failed");
                self.end(&failure.stage, StageStatus::Failed, Some(failure.failure.message.clone()));
            }
            StageUpdate::Skipped { stage, reason } => self.end(stage, StageStatus::Skipped, Some(reason.clone())),
            StageUpdate::Measured { .. } | StageUpdate::Made { .. } | StageUpdate::Described { .. } => {}
        }
    }

    fn end(&mut self, stage: &StageName, status: StageStatus, error: Option<String>) {
        let elapsed = self.began.take().map(|began| began.elapsed()).unwrap_or_default();
        let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        self.records.push(StageRecord { stage: stage.clone(), status, milliseconds, error });
    }
}
