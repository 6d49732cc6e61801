//! The claims that this process holds, with BullMQ's handle of each job.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use photo_core::{
    job::{Claim, Job, SCHEMA_VERSION, UnreadableJob},
    pipeline::PipelineName,
    port::{ErrorKind, PortError},
};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

/// Longest text about a payload that can't be read.
const COMPLAINT_CHARS_MAX: usize = 200;

/// A job that was taken from BullMQ.
pub(super) struct TakenJob {
    /// The lock's value; one of its own for each claim.
    pub(super) token: String,
    /// BullMQ's handle, which knows the token too.
    pub(super) job: bullmq::Job,
    /// When, so that a lease is never believed to be longer than it is.
    pub(super) at: Instant,
}

struct OpenClaim {
    job: bullmq::Job,
    leased_at: Instant,
}

/// Open claims by token.
pub(super) struct OpenClaims {
    lease: Duration,
    claims: Mutex<HashMap<String, OpenClaim>>,
}

impl OpenClaims {
    pub(super) fn new(lease: Duration) -> Self {
        Self { lease, claims: Mutex::default() }
    }

    /// Opens a claim. Those whose holder never ended them are forgotten here, long after their lease.
    pub(super) fn open(&self, pipeline: &PipelineName, taken: TakenJob) -> Claim {
        let claim = Claim {
            job_id: taken.job.id().to_owned(),
            pipeline: pipeline.clone(),
            job: read(taken.job.data(), pipeline),
            token: taken.token.clone(),
        };
        self.change(|claims| {
            claims.retain(|_, claim| claim.leased_at.elapsed() < self.lease * 10);
            claims.insert(taken.token, OpenClaim { job: taken.job, leased_at: taken.at });
        });
        claim
    }

    /// The handle of a claim's job.
    ///
    /// # Errors
    /// `Conflict` where the claim is not open.
    pub(super) fn job(&self, token: &str, attempt: &str) -> Result<bullmq::Job, PortError> {
        self.change(|claims| claims.get(token).map(|claim| claim.job.clone()))
            .ok_or_else(|| PortError::new(ErrorKind::Conflict, format!("{attempt} that is not claimed here")))
    }

    /// The lease of a claim began anew.
    pub(super) fn extended(&self, token: &str) {
        self.change(|claims| {
            if let Some(claim) = claims.get_mut(token) {
                claim.leased_at = Instant::now();
            }
        });
    }

    /// The claim is over.
    pub(super) fn close(&self, token: &str) {
        self.change(|claims| claims.remove(token));
    }

    fn change<T>(&self, act: impl FnOnce(&mut HashMap<String, OpenClaim>) -> T) -> T {
        act(&mut self.claims.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a payload says. It may be anybody's: it has to be a job of this version, for the pipeline whose queue it was in.
/// Another pipeline's stages would else be run on the photo.
fn read(payload: &Value, pipeline: &PipelineName) -> Result<Job, UnreadableJob> {
    let job = Job::deserialize(payload).map_err(|error| {
        // The parser quotes what it found, of whatever length.
        UnreadableJob(error.to_string().chars().take(COMPLAINT_CHARS_MAX).collect())
    })?;
    if job.schema_version != SCHEMA_VERSION {
        return Err(UnreadableJob(format!("version {} is not known here", job.schema_version)));
    }
    if job.pipeline != *pipeline {
        return Err(UnreadableJob(format!("it is for the pipeline `{}`, this is `{pipeline}`", job.pipeline)));
    }
    Ok(job)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn payload() -> Value {
        json!({
            "schemaVersion": 1,
            "photoId": "01890a5d-ac96-774b-bcce-b302099a8057",
            "pipeline": "quick-processing",
            "generation": 2,
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        })
    }

    fn read_from(queue: &str, payload: &Value) -> Result<Job, UnreadableJob> {
        read(payload, &queue.parse().unwrap())
    }

    #[test]
    fn a_job_is_read_from_the_queue_of_its_pipeline_only() {
        assert_eq!(read_from("quick-processing", &payload()).unwrap().generation, 2);
        let refusal = read_from("full-processing", &payload()).unwrap_err().to_string();
        assert!(refusal.contains("`quick-processing`") && refusal.contains("`full-processing`"), "{refusal}");
    }

    #[test]
    fn what_is_not_a_job_of_this_version_is_refused_in_few_words() {
        let mut future = payload();
        future["schemaVersion"] = json!(2);
        for refused in [future, Value::Null, json!("x".repeat(1_000_000)), json!([[[]]])] {
            let refusal = read_from("quick-processing", &refused).unwrap_err().to_string();
            assert!(refusal.chars().count() < 300, "{refusal}");
        }
    }
}
