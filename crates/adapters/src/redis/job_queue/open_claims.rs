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
use tokio::time::Instant;

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
            job: read(taken.job.data()),
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

fn read(payload: &serde_json::Value) -> Result<Job, UnreadableJob> {
    let job = Job::deserialize(payload).map_err(|error| UnreadableJob(error.to_string()))?;
    if job.schema_version == SCHEMA_VERSION {
        Ok(job)
    } else {
        Err(UnreadableJob(format!("version {} is not known here", job.schema_version)))
    }
}
