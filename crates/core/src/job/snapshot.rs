//! Several queues at one moment, as who scales workers looks at them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::pipeline::{PipelineName, PipelineStanding};

/// The numbers of several queues, read together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSnapshot {
    /// When, by the queue's own clock: two snapshots have the difference of their moments between them, whoever asks.
    pub observed_at: Timestamp,
    /// One for each queue that was asked for, in that order.
    pub queues: Vec<QueueNumbers>,
}

/// The numbers of one queue.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueNumbers {
    /// Ready to run, without a priority: only foreign producers add such jobs.
    pub waiting: u64,
    /// Ready to run, by priority, and those whose delay is over: they are ready although nobody may have asked for one.
    pub prioritized: u64,
    /// Taken by workers.
    pub active: u64,
    /// Due later.
    pub delayed: u64,
    /// Ended badly and still remembered.
    pub failed: u64,
    /// Whether nothing is given out.
    pub paused: bool,
    /// Whole seconds since the oldest of those that are next in their priority, or were due first, was added; none where
    /// none is ready. A job that came back counts from its first day.
    pub oldest_seconds: Option<u64>,
    /// How many active jobs each worker has, by the worker's name. Jobs whose worker has none, or that the queue did not
    /// look at, are in `active` only: where that is more, a worker that is not here may be busy all the same. Storage
    /// roles before this field tell of nobody.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub busy_workers: BTreeMap<String, u64>,
}

/// What the storage role tells of all queues to who scales their workers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueReport {
    /// When the queues were read, by the queue's own clock.
    pub observed_at: Timestamp,
    /// By name: every pipeline that was ever in the catalogue.
    pub queues: Vec<QueueRow>,
}

/// A pipeline's queue, and what the pipeline has done since the store was made. Totals never fall.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueRow {
    /// Which pipeline.
    #[serde(rename = "name")]
    pub pipeline: PipelineName,
    /// How the catalogue knows it.
    pub state: PipelineStanding,
    /// The numbers of its queue.
    #[serde(flatten)]
    pub numbers: QueueNumbers,
    /// Jobs that were handed to the queue, repetitions apart.
    pub enqueued_total: u64,
    /// Photos that ended well.
    pub completed_total: u64,
    /// Photos that ended as `failed` or `dead`.
    pub failed_total: u64,
    /// Seconds between the begin and the end of runs.
    pub busy_seconds_total: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_is_flat_and_read_as_it_was_written() {
        let busy_workers = BTreeMap::from([("worker-a".to_owned(), 2)]);
        let numbers = QueueNumbers {
            prioritized: 3,
            active: 2,
            oldest_seconds: Some(7),
            busy_workers,
            ..QueueNumbers::default()
        };
        let row = QueueRow {
            pipeline: "full-processing".parse().unwrap(),
            state: PipelineStanding::Paused,
            numbers,
            enqueued_total: 9,
            completed_total: 5,
            failed_total: 1,
            busy_seconds_total: 2.5,
        };
        let report = QueueReport { observed_at: "2026-11-21T10:00:00.5Z".parse().unwrap(), queues: vec![row] };
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "observedAt": "2026-11-21T10:00:00.5Z",
                "queues": [{
                    "name": "full-processing", "state": "Paused", "waiting": 0, "prioritized": 3, "active": 2,
                    "delayed": 0, "failed": 0, "paused": false, "oldestSeconds": 7,
                    "busyWorkers": {"worker-a": 2}, "enqueuedTotal": 9, "completedTotal": 5, "failedTotal": 1, "busySecondsTotal": 2.5,
                }],
            })
        );
        assert_eq!(serde_json::from_value::<QueueReport>(json).unwrap(), report);
    }

    #[test]
    fn nobody_is_busy_where_the_field_is_not_there() {
        let json = serde_json::to_value(QueueNumbers::default()).unwrap();
        assert_eq!(json.get("busyWorkers"), None);
        assert_eq!(serde_json::from_value::<QueueNumbers>(json).unwrap(), QueueNumbers::default());
    }
}
