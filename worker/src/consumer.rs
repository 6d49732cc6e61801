//! The loop that takes jobs: one fetch at a time, as many runs as the pipeline allows, and an end that loses nothing.

use std::{sync::Arc, time::Duration};

use photo_runtime::health::Health;
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::process::Worker;

/// How long one fetch waits for a job. Short, because a stopping worker waits for it: dropping a fetch could leave a
/// job taken by nobody until its lease ends.
const FETCH_WAIT: Duration = Duration::from_secs(1);

/// What a run can't do without, by the names of the role's health. While one of them is away jobs wait in the queue, where
/// nothing happens to them. The queue is none of them: a fetch tells, and one that is full gets empty by being fetched from.
const NEEDED: [&str; 2] = ["store", "storage"];

/// Wait after a fetch failed.
const RETRY_WAIT: Duration = Duration::from_millis(500);

/// Time for handing jobs back once the drain time is over.
const HAND_BACK_TIME: Duration = Duration::from_secs(5);

/// Takes jobs and gives each to a task.
pub struct Consumer {
    worker: Arc<Worker>,
    health: Health,
    slots: Arc<Semaphore>,
    runs: TaskTracker,
    /// Cancelled when the drain time is over: runs hand their jobs back.
    hand_back: CancellationToken,
}

impl Consumer {
    /// A consumer that takes no job while `health` misses what a run needs, with as many slots as the worker's pipeline allows.
    pub fn new(worker: Arc<Worker>, health: Health) -> Self {
        let slots = Arc::new(Semaphore::new(worker.spec.worker.concurrency.into()));
        Self { worker, health, slots, runs: TaskTracker::new(), hand_back: CancellationToken::new() }
    }

    /// Takes jobs until `stop`, then lets runs finish for the drain time of the pipeline, and hands the rest back.
    pub async fn run(self, stop: CancellationToken) {
        let mut failing = false;
        while let Some(slot) = stop.run_until_cancelled(Arc::clone(&self.slots).acquire_owned()).await {
            let Ok(slot) = slot else { break };
            if stop.run_until_cancelled(self.health.until_there(&NEEDED)).await.is_none() {
                break;
            }
            match self.worker.queue.claim(&self.worker.pipeline, FETCH_WAIT).await {
                Ok(Some(claim)) => {
                    failing = false;
                    let (worker, hand_back) = (Arc::clone(&self.worker), self.hand_back.clone());
                    self.runs.spawn(async move {
                        worker.take(claim, hand_back).await;
                        drop(slot);
                    });
                }
                Ok(None) => failing = false,
                Err(error) => {
                    if !failing {
                        tracing::warn!(error = error.chain(), "no jobs can be taken");
                    }
                    failing = true;
                    stop.run_until_cancelled(tokio::time::sleep(RETRY_WAIT)).await;
                }
            }
        }
        self.drain().await;
    }

    /// Lets runs finish for the pipeline's drain time, then has the rest handed back.
    async fn drain(self) {
        self.runs.close();
        let drain_time = Duration::from_secs(self.worker.spec.worker.drain_timeout_seconds.into());
        tracing::info!(runs = self.runs.len(), "draining");
        if tokio::time::timeout(drain_time, self.runs.wait()).await.is_ok() {
            return;
        }
        tracing::warn!(runs = self.runs.len(), "the drain time is over, handing jobs back");
        self.hand_back.cancel();
        if tokio::time::timeout(HAND_BACK_TIME, self.runs.wait()).await.is_err() {
            tracing::error!(runs = self.runs.len(), "jobs could not be handed back, their leases will run out");
        }
    }
}
