//! One pipeline's BullMQ queue: adds, removes and takes jobs, over connections that are renewed when they break.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use bullmq::{Queue, QueueKeys, Worker};
use futures::FutureExt;
use photo_core::{
    job::{Job, JobId},
    pipeline::PipelineName,
    port::{ErrorKind, PortError},
};
use serde_json::Value;
use tokio::time::{Instant, timeout};
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use super::{BullSettings, bull, milliseconds, open_claims::TakenJob, reconnecting::Reconnecting, sweeper};
use crate::redis::{connection::RedisEndpoint, failure, limits::CALL_LIMIT};

pub(super) struct PipelineQueue {
    name: PipelineName,
    endpoint: Arc<RedisEndpoint>,
    settings: Arc<BullSettings>,
    keys: QueueKeys,
    producer: Reconnecting<Queue>,
    taker: Reconnecting<Worker>,
    /// Jobs that were taken while their claim was given up; the next claim gets them.
    taken: Mutex<VecDeque<TakenJob>>,
    sweeper: OnceLock<AbortOnDropHandle<()>>,
}

impl PipelineQueue {
    pub(super) fn new(name: PipelineName, endpoint: Arc<RedisEndpoint>, settings: Arc<BullSettings>) -> Self {
        let keys = QueueKeys::new(name.as_str(), Some(&endpoint.bull_prefix()));
        Self {
            name,
            endpoint,
            settings,
            keys,
            producer: Reconnecting::default(),
            taker: Reconnecting::default(),
            taken: Mutex::default(),
            sweeper: OnceLock::new(),
        }
    }

    /// Adds a job; one of this id that has ended is removed before, one that waits or runs makes the add a no-op.
    ///
    /// Another producer may do the same in between. Then the removal meets a job that waits, which is added again
    /// here, or one that is taken, which BullMQ leaves alone: in every order a job is there at the end.
    pub(super) async fn add(&self, job: &Job, payload: Value) -> Result<(), PortError> {
        let id = &job.id();
        let ended = self.has_ended(id).await?;
        self.produce("enqueueing a job", |queue| {
            let (payload, options) = (payload.clone(), bull::job_options(id, job.priority, &self.settings));
            async move {
                if ended {
                    queue.remove(id.as_str()).await?;
                }
                queue.add(bull::JOB_NAME, payload).options(options).await.map(drop)
            }
        })
        .await
    }

    /// Starts the lease of a taken job anew. Not by the job's own handle: after an outage that one finds its way back
    /// only within ten seconds, and the lease would be lost meanwhile.
    pub(super) async fn extend(&self, attempt: &str, id: &str, token: &str) -> Result<(), PortError> {
        let lease = milliseconds(self.settings.lease);
        self.produce(attempt, |queue| async move {
            match queue.get_job(id).await? {
                Some(job) => job.extend_lock(token, lease).await,
                None => Err(bullmq::Error::JobNotFound(id.to_owned())),
            }
        })
        .await
    }

    /// Removes a job unless it is locked by its claim.
    pub(super) async fn remove(&self, id: &str) -> Result<(), PortError> {
        self.produce("removing a job", |queue| async move { queue.remove(id).await.map(drop) }).await
    }

    /// Pauses or resumes, as every board and worker of BullMQ sees it. What is so already is left alone: BullMQ would
    /// tell its listeners again.
    pub(super) async fn set_paused(&self, paused: bool) -> Result<(), PortError> {
        let attempt = if paused { "pausing a queue" } else { "resuming a queue" };
        self.produce(attempt, |queue| async move {
            match (queue.is_paused().await?, paused) {
                (false, true) => queue.pause().await,
                (true, false) => queue.resume().await,
                (true, true) | (false, false) => Ok(()),
            }
        })
        .await
    }

    /// Takes the next job.
    pub(super) async fn take(self: &Arc<Self>) -> Result<Option<TakenJob>, PortError> {
        if let Some(taken) = self.next_taken() {
            return Ok(Some(taken));
        }
        let attempt = "claiming a job";
        let twice = async {
            match self.take_once(attempt).await {
                // The connection died while nobody used it.
                Err(error) if error.kind() == ErrorKind::Unavailable => self.take_once(attempt).await,
                answer => answer,
            }
        };
        timeout(CALL_LIMIT, twice).await.unwrap_or_else(|_| {
            self.taker.forget();
            Err(failure::out_of_time(attempt))
        })
    }

    /// Returns when there may be work, at the latest after `wait`. What wakes a claim is taken from the server, so a
    /// job that is due meanwhile or whose wake-up somebody else took is found by looking again.
    pub(super) async fn wait_for_work(&self, wait: Duration) -> Result<(), PortError> {
        let mut command = redis::cmd("BZPOPMIN");
        command.arg(self.keys.marker()).arg(wait.as_secs_f64().max(0.001));
        self.endpoint.blocking().run("waiting for a job", &command, wait).await.map(drop)
    }

    /// Starts the sweep for jobs whose lease ran out, once. It ends with this value.
    pub(super) fn sweep(&self) {
        self.sweeper.get_or_init(|| {
            let (endpoint, settings) = (Arc::clone(&self.endpoint), Arc::clone(&self.settings));
            AbortOnDropHandle::new(tokio::spawn(sweeper::run(endpoint, settings, self.name.clone())))
        });
    }

    async fn has_ended(&self, id: &JobId) -> Result<bool, PortError> {
        let mut reads = redis::pipe();
        reads.zscore(self.keys.completed(), id.as_str()).zscore(self.keys.failed(), id.as_str());
        let scores: (Option<f64>, Option<f64>) = self
            .endpoint
            .call("looking for an ended job", |mut connection| {
                let reads = reads.clone();
                async move { reads.query_async(&mut connection).await }
            })
            .await?;
        Ok(scores.0.is_some() || scores.1.is_some())
    }

    /// Runs what may run twice; it is, where the connection died while nobody used it.
    async fn produce<F>(&self, attempt: &str, act: impl Fn(Arc<Queue>) -> F) -> Result<(), PortError>
    where
        F: Future<Output = Result<(), bullmq::Error>>,
    {
        let once = || async {
            let queue =
                self.producer.get(self.endpoint.generation(), bull::connect_queue(&self.endpoint, &self.name)).await?;
            let answer = act(queue).await.map_err(|error| failure::of_bull(attempt, error));
            self.producer.forget_if_unavailable(answer)
        };
        let twice = async {
            match once().await {
                Err(error) if error.kind() == ErrorKind::Unavailable => once().await,
                answer => answer,
            }
        };
        timeout(CALL_LIMIT, twice).await.unwrap_or_else(|_| {
            self.producer.forget();
            Err(failure::out_of_time(attempt))
        })
    }

    /// The move runs in a task of its own: dropped midway it might have taken a job that nobody would hear of.
    async fn take_once(self: &Arc<Self>, attempt: &'static str) -> Result<Option<TakenJob>, PortError> {
        let worker_name = self.settings.worker_name.clone();
        let connect = bull::connect_worker(&self.endpoint, &self.name, &self.settings, worker_name);
        let worker = self.taker.get(self.endpoint.generation(), connect).await?;
        let queue = Arc::clone(self);
        let task = tokio::spawn(async move {
            let (token, at) = (Uuid::new_v4().to_string(), Instant::now());
            let job = worker.get_next_job_nonblocking(&token).await;
            // The client keeps an event of each job until somebody reads it.
            while worker.next_event().now_or_never().flatten().is_some() {}
            let job = job.map_err(|error| failure::of_bull(attempt, error))?;
            queue.keep(job.map(|job| TakenJob { token, job, at }));
            Ok(())
        });
        let answer = match task.await {
            Ok(answer) => answer,
            Err(error) => Err(PortError::caused(ErrorKind::Unavailable, attempt, error)),
        };
        self.taker.forget_if_unavailable(answer).map(|()| self.next_taken())
    }

    fn keep(&self, taken: Option<TakenJob>) {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).extend(taken);
    }

    /// A job that was taken and not given out yet. One whose lease is half over is left to the sweep.
    fn next_taken(&self) -> Option<TakenJob> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(job) = taken.pop_front() {
            if job.at.elapsed() < self.settings.lease / 2 {
                return Some(job);
            }
        }
        None
    }
}
