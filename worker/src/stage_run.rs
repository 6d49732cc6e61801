//! Running the stages of one photo on a thread of their own, with the time that each took.

use std::{sync::Arc, time::Instant};

use photo_core::{
    failure::Failure,
    pipeline::{PipelineSpec, StageName},
    run::{FailureClass, StageRecord, StageStatus},
};
use photo_stages::{Outputs, StageUpdate};

use crate::{outcome::broken_stages, progress::Progress};

/// Where the stages of a photo run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageIsolation {
    /// On a thread of this process: a panic ends one photo, an abort ends the process.
    Thread,
}

/// The stages of one photo, ready to run.
pub(crate) struct StageRun {
    pub(crate) spec: Arc<PipelineSpec>,
    pub(crate) original: Vec<u8>,
    pub(crate) progress: Progress,
}

/// How they ended.
pub(crate) struct StagesEnded {
    pub(crate) outputs: Result<Outputs, (FailureClass, Failure)>,
    pub(crate) stage_log: Vec<StageRecord>,
}

impl StageRun {
    /// Runs them. The thread is not interrupted when the caller goes away; what it made is then dropped.
    pub(crate) async fn run(self, isolation: StageIsolation) -> StagesEnded {
        let ended = match isolation {
            StageIsolation::Thread => tokio::task::spawn_blocking(move || self.run_here()).await,
        };
        ended.unwrap_or_else(|error| {
            tracing::error!(%error, "the stages of a photo broke off");
            StagesEnded { outputs: Err(broken_stages()), stage_log: Vec::new() }
        })
    }

    fn run_here(self) -> StagesEnded {
        let Self { spec, original, mut progress } = self;
        let mut stage_log = StageLog::default();
        let outputs = photo_stages::run(&spec, &original, &mut |update| {
            stage_log.note(&update);
            progress.tell(update);
        });
        let outputs = outputs.map_err(|failed| {
            tracing::info!(stage = %failed.stage, detail = failed.detail, "a stage failed");
            stage_log.end(&failed.stage, StageStatus::Failed, Some(failed.failure.message.clone()));
            progress.tell_failed(failed.stage, failed.failure.clone());
            (failed.class, failed.failure)
        });
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
    fn note(&mut self, update: &StageUpdate<'_>) {
        match update {
            StageUpdate::Started { .. } => self.began = Some(Instant::now()),
            StageUpdate::Completed { stage } => self.end(stage, StageStatus::Completed, None),
            StageUpdate::ThumbnailMade { .. } => {}
        }
    }

    fn end(&mut self, stage: &StageName, status: StageStatus, error: Option<String>) {
        let elapsed = self.began.take().map(|began| began.elapsed()).unwrap_or_default();
        let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        self.records.push(StageRecord { stage: stage.clone(), status, milliseconds, error });
    }
}
