//! A run: one attempt of a worker at one generation of a photo, from `begin` to `finish` or `fail`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    error_class::ErrorClass,
    failure::Failure,
    id::{PhotoId, RunId},
    photo::{Dimensions, Original, PhotoStatus, Sender, Variant},
    photo_metadata::PhotoMetadata,
    pipeline::{PipelineName, StageName},
};

/// Asks for a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BeginRun {
    /// The photo of the job.
    pub photo_id: PhotoId,
    /// The pipeline of the job.
    pub pipeline: PipelineName,
    /// The generation of the job.
    pub generation: u32,
    /// The worker's name, for the log.
    pub worker: String,
}

/// What a worker may do with a job that it took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "camelCase")]
pub enum Begun {
    /// Work: every older run of the photo is fenced from now on.
    Run(Box<Run>),
    /// The generation has ended already; acknowledge the job.
    Finished,
    /// A newer generation exists, or the photo is unknown; acknowledge the job.
    Superseded,
    /// The photo is being deleted; acknowledge the job.
    Deleting,
    /// Too many deliveries without an outcome; acknowledge the job.
    Dead,
    /// Cancelled by its owner; acknowledge the job.
    Cancelled,
}

/// A run that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// The fence of everything that the run writes.
    pub id: RunId,
    /// Its photo.
    pub photo_id: PhotoId,
    /// Its pipeline.
    pub pipeline: PipelineName,
    /// Its generation.
    pub generation: u32,
    /// How often the generation's job was delivered, this time included.
    pub delivery: u32,
    /// The bytes to work on.
    pub original: Original,
    /// The context of the events.
    pub sender: Sender,
}

/// Ends a run well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FinishRun {
    /// The photo.
    pub photo_id: PhotoId,
    /// The run.
    pub run_id: RunId,
    /// The photo's pixels as shown; none where every stage that reads them was skipped.
    pub dimensions: Option<Dimensions>,
    /// What the file says about the photo, where the pipeline asks.
    pub metadata: Option<PhotoMetadata>,
    /// Its outputs; their bytes are stored already.
    pub variants: Vec<Variant>,
    /// What each stage did.
    pub stage_log: Vec<StageRecord>,
}

/// Whether a finish or failure counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FinishOutcome {
    /// The photo is `completed`, by this run.
    Applied,
    /// The run was fenced: delete what it wrote.
    Rejected,
}

/// Ends a run badly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FailRun {
    /// The photo.
    pub photo_id: PhotoId,
    /// The run.
    pub run_id: RunId,
    /// Whose fault it was.
    pub class: ErrorClass,
    /// The reason, for the owner.
    pub failure: Failure,
    /// What each stage did, up to the failure.
    pub stage_log: Vec<StageRecord>,
}

/// What happens to a job whose run failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "camelCase")]
pub enum FailDecision {
    /// Try again after that time.
    RetryIn {
        /// Milliseconds from now.
        milliseconds: u64,
    },
    /// Ended; the status is `failed` or `dead`, or `completed` where this very run had finished the photo before.
    Final {
        /// The photo's status from now on.
        status: PhotoStatus,
    },
    /// The run was fenced: say nothing, delete what it wrote.
    Rejected,
}

impl FailDecision {
    /// Try again after `wait`.
    pub fn retry_in(wait: Duration) -> Self {
        Self::RetryIn { milliseconds: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX) }
    }
}

/// What one stage did in one run. Every stage of a pipeline up to the one that failed the run has one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StageRecord {
    /// Which stage.
    pub stage: StageName,
    /// How it ended.
    pub status: StageStatus,
    /// How long it took; 0 where it was skipped.
    pub milliseconds: u64,
    /// Why it failed or was skipped, for the photo's owner.
    pub error: Option<String>,
}

/// How a stage ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StageStatus {
    /// Well.
    Completed,
    /// Badly.
    Failed,
    /// It did not run: it is disabled, or a stage that it depends on did not end well.
    Skipped,
}
