//! The job queue on BullMQ's keys and scripts: one BullMQ queue per pipeline, readable and usable by every other BullMQ
//! client. BullMQ never ends a job of ours by itself: stalls are unlimited, and attempts are counted elsewhere.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bullmq::{QueueKeys, types::RemoveOnFinish};
use photo_core::{
    clock::Clock,
    job::{Claim, Job, JobId, QueueCounts, QueueSnapshot},
    pipeline::PipelineName,
    port::{ErrorKind, JobQueue, PortError},
};
use tokio::time::{Instant, timeout};

use super::{connection::RedisEndpoint, epoch, failure, limits::CALL_LIMIT};
use crate::write_probe::WriteProbe;

mod bull;
mod open_claims;
mod pipeline_queue;
mod reconnecting;
mod snapshot;
mod sweeper;
mod unwind;

use open_claims::OpenClaims;
use pipeline_queue::PipelineQueue;

/// Longest payload in Redis, which holds one for each waiting photo.
const PAYLOAD_BYTES_MAX: usize = 2048;
/// Longest text of a failure that those who look at the queue are shown.
const REASON_CHARS_MAX: usize = 1000;
/// An idle claim looks for work this often even if no wake-up reached it: another claim may have taken it and died.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// How claims and ended jobs are kept. Only tests need other values than the defaults.
#[derive(Debug, Clone)]
pub struct BullSettings {
    /// The name under which claims are listed in BullMQ's tools, and in snapshots of the queue.
    pub worker_name: Option<String>,
    /// How long a claim lasts without being extended.
    pub lease: Duration,
    /// How often claims without a lease are looked for. A sweep is skipped where the mark of the one before is still
    /// there, as it often is by milliseconds; so a job comes back within the lease and two of these.
    pub sweep_interval: Duration,
    /// How often ended jobs beyond the kept ones are removed.
    pub trim_interval: Duration,
    /// Which completed jobs stay visible.
    pub kept_completed: KeptJobs,
    /// Which failed jobs stay visible.
    pub kept_failed: KeptJobs,
}

/// Ended jobs that stay visible: the newest ones, and none above an age.
#[derive(Debug, Clone, Copy)]
pub struct KeptJobs {
    /// Most jobs.
    pub count: u32,
    /// Greatest age.
    pub age: Duration,
}

impl Default for BullSettings {
    fn default() -> Self {
        Self {
            worker_name: None,
            lease: Duration::from_secs(15),
            sweep_interval: Duration::from_secs(5),
            trim_interval: Duration::from_mins(1),
            kept_completed: KeptJobs { count: 1_000, age: Duration::from_hours(1) },
            kept_failed: KeptJobs { count: 5_000, age: Duration::from_hours(7 * 24) },
        }
    }
}

/// [`JobQueue`] on Redis. Claims belong to the value that made them: another one, also in the same process, answers
/// `Conflict` to them. The first claim of a pipeline starts the sweep for jobs whose lease ran out.
pub struct BullQueue {
    endpoint: Arc<RedisEndpoint>,
    settings: Arc<BullSettings>,
    pipelines: Mutex<HashMap<PipelineName, Arc<PipelineQueue>>>,
    open: OpenClaims,
    probe: WriteProbe,
}

impl BullQueue {
    /// A queue that connects at its first call.
    pub fn new(endpoint: Arc<RedisEndpoint>, settings: BullSettings) -> Self {
        let open = OpenClaims::new(settings.lease);
        Self { endpoint, settings: Arc::new(settings), pipelines: Mutex::default(), open, probe: WriteProbe::default() }
    }

    fn pipeline(&self, name: &PipelineName) -> Arc<PipelineQueue> {
        let mut pipelines = self.pipelines.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = pipelines.entry(name.clone()).or_insert_with(|| {
            Arc::new(PipelineQueue::new(name.clone(), Arc::clone(&self.endpoint), Arc::clone(&self.settings)))
        });
        Arc::clone(queue)
    }

    fn keys(&self, pipeline: &PipelineName) -> QueueKeys {
        QueueKeys::new(pipeline.as_str(), Some(&self.endpoint.bull_prefix()))
    }

    /// Ends a claim by one of BullMQ's moves. Where the outcome is unknown the claim stays open, to be ended again.
    async fn end<F>(&self, attempt: &str, claim: &Claim, act: impl FnOnce(bullmq::Job) -> F) -> Result<(), PortError>
    where
        F: Future<Output = Result<(), bullmq::Error>>,
    {
        let job = self.open.job(&claim.token, attempt)?;
        let outcome = within_limit(attempt, act(job)).await;
        if !outcome.as_ref().is_err_and(|error| error.kind() == ErrorKind::Unavailable) {
            self.open.close(&claim.token);
        }
        outcome
    }

    /// Removes an ended job that asks for it, as BullMQ's own workers do: until it is gone, its producer can't add a job
    /// of this id again. Our own jobs never ask. Numbers and ages are not obeyed: they would apply to all jobs, also to
    /// ours.
    async fn remove_if_asked(&self, claim: &Claim, keeping: Option<RemoveOnFinish>) {
        if !matches!(keeping, Some(RemoveOnFinish::Bool(true))) {
            return;
        }
        if let Err(error) = self.pipeline(&claim.pipeline).remove(&claim.job_id).await {
            tracing::warn!(job = claim.job_id, error = error.chain(), "an ended job stays until it is trimmed");
        }
    }
}

#[async_trait]
impl JobQueue for BullQueue {
    async fn enqueue(&self, job: &Job) -> Result<(), PortError> {
        let payload = serde_json::to_value(job)
            .map_err(|error| PortError::caused(ErrorKind::Invalid, "writing a job as JSON", error))?;
        if payload.to_string().len() > PAYLOAD_BYTES_MAX {
            return Err(PortError::new(ErrorKind::Invalid, format!("enqueueing job {} above 2 KiB", job.id())));
        }
        self.pipeline(&job.pipeline).add(job, payload).await
    }

    async fn claim(&self, pipeline: &PipelineName, wait: Duration) -> Result<Option<Claim>, PortError> {
        let queue = self.pipeline(pipeline);
        queue.sweep();
        let deadline = Instant::now() + wait;
        loop {
            if let Some(taken) = queue.take().await? {
                return Ok(Some(self.open.open(pipeline, taken)));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            queue.wait_for_work(left.min(LOOK_INTERVAL)).await?;
        }
    }

    async fn extend(&self, claim: &Claim) -> Result<(), PortError> {
        let attempt = "extending a claim";
        self.open.job(&claim.token, attempt)?;
        let outcome = self.pipeline(&claim.pipeline).extend(attempt, &claim.job_id, &claim.token).await;
        if outcome.is_ok() {
            self.open.extended(&claim.token);
        }
        outcome
    }

    async fn complete(&self, claim: &Claim) -> Result<(), PortError> {
        // The client writes the text as JSON, which every QueueEvents reader parses.
        let attempt = "completing a job";
        let keeping = self.open.job(&claim.token, attempt)?.opts().remove_on_complete.clone();
        self.end(attempt, claim, |mut job| async move { job.move_to_completed("completed").await }).await?;
        self.remove_if_asked(claim, keeping).await;
        Ok(())
    }

    async fn fail(&self, claim: &Claim, reason: &str) -> Result<(), PortError> {
        let reason: String = reason.chars().take(REASON_CHARS_MAX).collect();
        let attempt = "failing a job";
        let keeping = self.open.job(&claim.token, attempt)?.opts().remove_on_fail.clone();
        self.end(attempt, claim, |mut job| async move { job.move_to_failed(&reason).await }).await?;
        self.remove_if_asked(claim, keeping).await;
        Ok(())
    }

    async fn delay(&self, claim: &Claim, wait: Duration) -> Result<(), PortError> {
        // The client subtracts this machine's time again, so no other clock may be used here.
        let now = u64::try_from(Clock::System.now().as_millisecond()).unwrap_or_default();
        let due = now.saturating_add(milliseconds(wait));
        self.end("delaying a job", claim, |job| async move { job.move_to_delayed(due).await }).await
    }

    async fn release(&self, claim: &Claim) -> Result<(), PortError> {
        self.end("releasing a job", claim, |job| async move { job.move_to_wait(None).await.map(drop) }).await
    }

    async fn lost(&self, jobs: &[Job]) -> Result<Vec<Job>, PortError> {
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let mut reads = redis::pipe();
        for job in jobs {
            let (keys, id) = (self.keys(&job.pipeline), job.id());
            reads.exists(keys.job_key(id.as_str()));
            reads.zscore(keys.completed(), id.as_str()).zscore(keys.failed(), id.as_str());
        }
        let read = self.endpoint.call("looking for jobs", |mut connection| {
            let reads = reads.clone();
            async move { reads.query_async::<Vec<Option<f64>>>(&mut connection).await }
        });
        let read = read.await?;
        let states = read.as_chunks::<3>().0.iter().zip(jobs);
        let lost = states.filter(|(state, _)| !matches!(state, [Some(there), None, None] if *there > 0.0));
        Ok(lost.map(|(_, job)| job.clone()).collect())
    }

    async fn remove(&self, pipeline: &PipelineName, job: &JobId) -> Result<(), PortError> {
        self.pipeline(pipeline).remove(job.as_str()).await
    }

    async fn pause(&self, pipeline: &PipelineName) -> Result<(), PortError> {
        self.pipeline(pipeline).set_paused(true).await
    }

    async fn resume(&self, pipeline: &PipelineName) -> Result<(), PortError> {
        self.pipeline(pipeline).set_paused(false).await
    }

    async fn counts(&self, pipeline: &PipelineName) -> Result<QueueCounts, PortError> {
        let keys = self.keys(pipeline);
        let mut reads = redis::pipe();
        reads.atomic().llen(keys.wait()).llen(keys.paused()).zcard(keys.prioritized()).zcard(keys.delayed());
        reads.llen(keys.active()).zcard(keys.completed()).zcard(keys.failed());
        reads.hexists(keys.meta(), "paused");
        let (wait, kept, prioritized, delayed, active, completed, failed, paused): Counted = self
            .endpoint
            .call("counting jobs", |mut connection| {
                let reads = reads.clone();
                async move { reads.query_async(&mut connection).await }
            })
            .await?;
        Ok(QueueCounts { waiting: wait + kept + prioritized, delayed, active, completed, failed, paused })
    }

    async fn snapshot(&self, pipelines: &[PipelineName]) -> Result<QueueSnapshot, PortError> {
        let keys: Vec<QueueKeys> = pipelines.iter().map(|pipeline| self.keys(pipeline)).collect();
        snapshot::read(&self.endpoint, &keys).await
    }

    async fn epoch(&self, owner: &str) -> Result<String, PortError> {
        epoch::name(&self.endpoint, owner).await
    }

    async fn ready(&self) -> Result<(), PortError> {
        self.endpoint.ping().await?;
        self.probe.run(|| self.endpoint.write()).await
    }
}

type Counted = (u64, u64, u64, u64, u64, u64, u64, bool);

/// Runs a call of BullMQ's client, whose own limits are far longer than ours.
async fn within_limit<T>(attempt: &str, call: impl Future<Output = Result<T, bullmq::Error>>) -> Result<T, PortError> {
    match timeout(CALL_LIMIT, call).await {
        Ok(answer) => answer.map_err(|error| failure::of_bull(attempt, error)),
        Err(_) => Err(failure::out_of_time(attempt)),
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
