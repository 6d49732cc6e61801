//! A job: the order to process one generation of one photo. It holds references only; the truth is the photo's row.

mod snapshot;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{id::PhotoId, photo::Photo, pipeline::PipelineName, priority::Priority, trace::TraceParent};

pub use snapshot::{QueueNumbers, QueueSnapshot};

/// The version of [`Job`]'s wire form.
pub const SCHEMA_VERSION: u32 = 1;

/// A job's payload in the queue. At most 2 KiB as JSON: Redis holds one for each waiting photo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// [`SCHEMA_VERSION`] of the writer.
    pub schema_version: u32,
    /// Which photo.
    pub photo_id: PhotoId,
    /// What to do; also the queue's name.
    pub pipeline: PipelineName,
    /// Which of the photo's generations.
    pub generation: u32,
    /// How soon; jobs of foreign producers that name none have the default.
    #[serde(default)]
    pub priority: Priority,
    /// The upload's trace.
    pub traceparent: TraceParent,
}

impl Job {
    /// The job of a photo's newest generation.
    pub fn of(photo: &Photo) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            photo_id: photo.id,
            pipeline: photo.pipeline.clone(),
            generation: photo.generation,
            priority: photo.priority,
            traceparent: photo.sender.traceparent.clone(),
        }
    }

    /// The queue's own id of the job: `<photo>-<pipeline>-<generation>`. Never parsed.
    ///
    /// A generation is part of it because BullMQ swallows a second job with the id of a retained failed one.
    pub fn id(&self) -> JobId {
        JobId(format!("{}-{}-{}", self.photo_id, self.pipeline, self.generation))
    }
}

/// A job's id in its queue.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobId(String);

impl JobId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A job that a worker has taken, until the worker ends it or its lease runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The queue's id of the job.
    pub job_id: String,
    /// Which queue it came from.
    pub pipeline: PipelineName,
    /// The payload, or why it can't be read: foreign producers may add anything.
    pub job: Result<Job, UnreadableJob>,
    /// Proves to the queue that the lease is ours.
    pub token: String,
}

/// A payload that is not a [`Job`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the job's data is not a photo job: {0}")]
pub struct UnreadableJob(pub String);

/// How many jobs a queue holds in each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueCounts {
    /// Ready to run, with and without a priority.
    pub waiting: u64,
    /// Due later.
    pub delayed: u64,
    /// Taken by workers.
    pub active: u64,
    /// Ended well and still remembered.
    pub completed: u64,
    /// Ended badly and still remembered.
    pub failed: u64,
    /// Whether nothing is given out.
    pub paused: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_is_stable() {
        let job = Job {
            schema_version: SCHEMA_VERSION,
            photo_id: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
            pipeline: "full-processing".parse().unwrap(),
            generation: 2,
            priority: Priority::try_from(3).unwrap(),
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse().unwrap(),
        };
        assert_eq!(job.id().as_str(), "01890a5d-ac96-774b-bcce-b302099a8057-full-processing-2");
        assert_eq!(
            serde_json::to_value(&job).unwrap(),
            serde_json::json!({
                "schemaVersion": 1,
                "photoId": "01890a5d-ac96-774b-bcce-b302099a8057",
                "pipeline": "full-processing",
                "generation": 2,
                "priority": 3,
                "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            })
        );
    }

    #[test]
    fn a_job_without_a_priority_has_the_default() {
        let mut job = serde_json::json!({
            "schemaVersion": 1,
            "photoId": "01890a5d-ac96-774b-bcce-b302099a8057",
            "pipeline": "full-processing",
            "generation": 2,
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        });
        assert_eq!(serde_json::from_value::<Job>(job.clone()).unwrap().priority.get(), 5);
        job["priority"] = 11.into();
        assert!(serde_json::from_value::<Job>(job).is_err());
    }
}
