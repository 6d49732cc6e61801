//! The job queue in this process. Nothing runs beside it: every call first turns over what has come due, and a claim
//! that waits sleeps until the next lease or delay ends.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    pin, select,
    sync::Notify,
    time::{Instant, sleep_until},
};

use super::{later, new_epoch};
use crate::{
    clock::Clock,
    job::{Claim, Job, JobId, QueueCounts, QueueSnapshot},
    pipeline::PipelineName,
    port::{ErrorKind, JobQueue, PortError, Reason, job_queue::OWNED_FOR},
};

mod pipeline_jobs;

use pipeline_jobs::{LeaseLost, PipelineJobs};

/// How claims and jobs are kept. Apart from the name only tests need other values than the defaults.
#[derive(Debug, Clone)]
pub struct MemoryQueueSettings {
    /// The name of the worker that takes the jobs. There is one at most, because the queue is that of one process.
    pub worker_name: Option<String>,
    /// How long a claim lasts without being extended.
    pub lease: Duration,
    /// Most open jobs of a pipeline, each of about 500 bytes. Those for whom there is no room wait where they come from.
    pub open_max: usize,
    /// How many completed jobs a pipeline remembers.
    pub completed_max: usize,
    /// How many failed jobs a pipeline remembers.
    pub failed_max: usize,
}

impl Default for MemoryQueueSettings {
    fn default() -> Self {
        Self {
            worker_name: None,
            lease: Duration::from_secs(15),
            open_max: 100_000,
            completed_max: 1_000,
            failed_max: 5_000,
        }
    }
}

/// [`JobQueue`] in memory. Dropping it loses the jobs. Unlike the port promises, dropping a `claim` loses no job.
#[derive(Debug)]
pub struct MemoryQueue {
    settings: MemoryQueueSettings,
    life: Mutex<Life>,
    /// Fires when a claim that waits may find a job earlier than it expected.
    changed: Notify,
}

#[derive(Debug)]
struct Life {
    epoch: String,
    /// Whose the queues are, and until when.
    owner: Option<(String, Instant)>,
    pipelines: HashMap<PipelineName, PipelineJobs>,
}

impl MemoryQueue {
    /// An empty queue.
    pub fn new(settings: MemoryQueueSettings) -> Self {
        Self { settings, life: Mutex::new(Life::new()), changed: Notify::new() }
    }

    /// Loses everything, as a server does whose process is killed. The next life has another epoch.
    pub fn forget(&self) {
        *self.lock() = Life::new();
    }

    fn lock(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the jobs of a pipeline as they are now, and wakes those who wait where it concerns them.
    fn with<T>(&self, pipeline: &PipelineName, act: impl FnOnce(&mut PipelineJobs, Instant) -> T) -> T {
        let mut life = self.lock();
        let jobs = life.pipelines.entry(pipeline.clone()).or_insert_with(|| PipelineJobs::new(&self.settings));
        let now = Instant::now();
        jobs.turn_over(now);
        let before = jobs.prospect();
        let result = act(jobs, now);
        let better = jobs.prospect().is_better_than(&before);
        if jobs.is_empty() {
            life.pipelines.remove(pipeline);
        }
        drop(life);
        if better {
            self.changed.notify_waiters();
        }
        result
    }

    /// Does something with a job that is taken.
    fn with_claim(
        &self,
        attempt: &str,
        claim: &Claim,
        act: impl FnOnce(&mut PipelineJobs, Instant) -> Result<(), LeaseLost>,
    ) -> Result<(), PortError> {
        self.with(&claim.pipeline, act).map_err(|lost| PortError::caused(ErrorKind::Conflict, attempt, lost))
    }
}

impl Life {
    fn new() -> Self {
        Self { epoch: new_epoch(), owner: None, pipelines: HashMap::new() }
    }
}

#[async_trait]
impl JobQueue for MemoryQueue {
    async fn enqueue(&self, job: &Job) -> Result<(), PortError> {
        self.with(&job.pipeline, |jobs, now| jobs.enqueue(job, now))
            .map_err(|full| PortError::caused(ErrorKind::Unavailable, "enqueueing a job", full))
    }

    async fn claim(&self, pipeline: &PipelineName, wait: Duration) -> Result<Option<Claim>, PortError> {
        let deadline = later(Instant::now(), wait);
        let lease = self.settings.lease;
        loop {
            let changed = self.changed.notified();
            pin!(changed);
            // Before the look, so that what is enqueued right after it wakes this claim.
            changed.as_mut().enable();
            let (claim, next_end) =
                self.with(pipeline, |jobs, now| (jobs.take(later(now, lease)), jobs.prospect().next_end));
            if claim.is_some() || Instant::now() >= deadline {
                return Ok(claim);
            }
            select! {
                () = changed => {}
                () = sleep_until(next_end.map_or(deadline, |end| end.min(deadline))) => {}
            }
        }
    }

    async fn extend(&self, claim: &Claim) -> Result<(), PortError> {
        let lease = self.settings.lease;
        self.with_claim("extending a claim", claim, |jobs, now| jobs.extend(claim, later(now, lease)))
    }

    async fn complete(&self, claim: &Claim) -> Result<(), PortError> {
        self.with_claim("completing a job", claim, |jobs, _| jobs.complete(claim))
    }

    /// The reason is not kept: nobody can look into this queue, and the photo's row has it too.
    async fn fail(&self, claim: &Claim, _reason: &str) -> Result<(), PortError> {
        self.with_claim("failing a job", claim, |jobs, _| jobs.fail(claim))
    }

    async fn delay(&self, claim: &Claim, wait: Duration) -> Result<(), PortError> {
        self.with_claim("delaying a job", claim, |jobs, now| jobs.delay(claim, later(now, wait)))
    }

    async fn release(&self, claim: &Claim) -> Result<(), PortError> {
        self.with_claim("releasing a job", claim, |jobs, _| jobs.release(claim))
    }

    async fn lost(&self, jobs: &[Job]) -> Result<Vec<Job>, PortError> {
        let is_lost = |job: &&Job| !self.with(&job.pipeline, |open, _| open.holds(&job.id()));
        Ok(jobs.iter().filter(is_lost).cloned().collect())
    }

    async fn remove(&self, pipeline: &PipelineName, job: &JobId) -> Result<(), PortError> {
        self.with(pipeline, |jobs, _| jobs.remove(job.as_str()));
        Ok(())
    }

    async fn pause(&self, pipeline: &PipelineName) -> Result<(), PortError> {
        self.with(pipeline, |jobs, _| jobs.set_paused(true));
        Ok(())
    }

    async fn resume(&self, pipeline: &PipelineName) -> Result<(), PortError> {
        self.with(pipeline, |jobs, _| jobs.set_paused(false));
        Ok(())
    }

    async fn counts(&self, pipeline: &PipelineName) -> Result<QueueCounts, PortError> {
        Ok(self.with(pipeline, |jobs, _| jobs.counts()))
    }

    async fn snapshot(&self, pipelines: &[PipelineName]) -> Result<QueueSnapshot, PortError> {
        let queues = pipelines.iter().map(|pipeline| self.with(pipeline, |jobs, now| jobs.numbers(now))).collect();
        Ok(QueueSnapshot { observed_at: Clock::System.now(), queues })
    }

    async fn epoch(&self, owner: &str) -> Result<String, PortError> {
        let mut life = self.lock();
        let now = Instant::now();
        match &life.owner {
            Some((other, until)) if other != owner && *until > now => {
                let text = format!("the queues belong to the platform `{other}`");
                Err(PortError::new(ErrorKind::Conflict, text).because(Reason::Misconfigured))
            }
            _ => {
                life.owner = Some((owner.to_owned(), later(now, OWNED_FOR)));
                Ok(life.epoch.clone())
            }
        }
    }

    async fn ready(&self) -> Result<(), PortError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
