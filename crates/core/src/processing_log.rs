//! What was tried with a photo: its newest runs, how each ended, and what each stage of it did.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{failure::Failure, id::RunId, pipeline::PipelineName, run::StageRecord};

/// The newest runs of a photo.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessingLog {
    /// Oldest first, at most [`ProcessingLog::RUNS_MAX`]: those that were kept.
    pub runs: Vec<LoggedRun>,
}

impl ProcessingLog {
    /// Most runs of a photo that are kept. A dependency that is away ends a run every few seconds, for as long as it
    /// stays away.
    pub const RUNS_MAX: u32 = 20;
}

/// One run of a photo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoggedRun {
    /// Which run.
    pub run_id: RunId,
    /// The photo's generation.
    pub generation: u32,
    /// The pipeline of that generation.
    pub pipeline: PipelineName,
    /// How often the generation's job had been delivered, this time included.
    pub delivery: u32,
    /// When it began.
    pub begun_at: Timestamp,
    /// When it ended; none while it goes on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_at: Option<Timestamp>,
    /// How it ended; none while it goes on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outcome: Option<RunOutcome>,
    /// Why it ended badly, if it did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failure: Option<Failure>,
    /// What each stage did; empty where the run did not come to tell.
    pub stages: Vec<StageRecord>,
}

/// What was decided about a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// It completed the photo.
    Completed,
    /// It failed, and another attempt follows.
    Retried,
    /// A dependency was away: another attempt follows, and this one does not count.
    Deferred,
    /// It failed, and the photo with it.
    Failed,
    /// It failed, and it was the last attempt.
    Dead,
    /// Its worker went silent: another delivery of the job took its place.
    Lost,
    /// Its photo was cancelled or deleted meanwhile.
    Cancelled,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        failure::FailureCode,
        run::{StageRecord, StageStatus},
    };

    #[test]
    fn the_wire_form_is_stable() {
        let failed = LoggedRun {
            run_id: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
            generation: 1,
            pipeline: "quick-processing".parse().unwrap(),
            delivery: 2,
            begun_at: "2026-11-21T10:00:00Z".parse().unwrap(),
            ended_at: Some("2026-11-21T10:00:01.5Z".parse().unwrap()),
            outcome: Some(RunOutcome::Retried),
            failure: Some(Failure::new(FailureCode::ProcessingFailed, "The encoder gave up.")),
            stages: vec![StageRecord {
                stage: "validation".parse().unwrap(),
                status: StageStatus::Completed,
                milliseconds: 12,
                error: None,
            }],
        };
        let running = LoggedRun { ended_at: None, outcome: None, failure: None, stages: vec![], ..failed.clone() };
        let log = ProcessingLog { runs: vec![failed, running] };
        let wire = serde_json::json!({ "runs": [
            {
                "runId": "01890a5d-ac96-774b-bcce-b302099a8057", "generation": 1, "pipeline": "quick-processing",
                "delivery": 2, "begunAt": "2026-11-21T10:00:00Z", "endedAt": "2026-11-21T10:00:01.5Z",
                "outcome": "retried",
                "failure": { "code": "processing_failed", "message": "The encoder gave up." },
                "stages": [{ "stage": "validation", "status": "completed", "milliseconds": 12, "error": null }],
            },
            {
                "runId": "01890a5d-ac96-774b-bcce-b302099a8057", "generation": 1, "pipeline": "quick-processing",
                "delivery": 2, "begunAt": "2026-11-21T10:00:00Z", "stages": [],
            },
        ] });
        assert_eq!(serde_json::to_value(&log).unwrap(), wire);
        assert_eq!(serde_json::from_value::<ProcessingLog>(wire).unwrap(), log);
    }
}
