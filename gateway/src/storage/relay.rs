//! The relay: hands outbox entries to the queue and the event log, each photo's in their order.
//!
//! At least once: an entry is removed after it was handed on, and both targets ignore repetitions. Where the queue
//! lost its data, every open photo is enqueued again.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{StreamExt, stream};
use photo_adapters::sqlite::{OutboxEntry, OutboxItem, PUT_OFF_MAX, SqliteMetadata};
use photo_core::{
    backoff::Backoff,
    clock::Clock,
    port::{ErrorKind, EventLog, JobQueue, PortError},
};
use photo_runtime::failpoint::Failpoint;
use tokio_util::sync::CancellationToken;

use super::{queue_states::QueueStates, relay_metrics::RelayMetrics};

/// Entries per batch, and how many of them are handed on at the same time.
const BATCH: usize = 256;
const AT_ONCE: usize = 32;

/// How long the relay rests when nothing wakes it: entries that were put off come due, and the epoch is looked at.
const REST: Duration = Duration::from_secs(1);

/// How often open photos are compared with the queue: a job may be gone, or ended by a program that is not ours.
pub(crate) const COMPARISON_PERIOD: Duration = Duration::from_secs(30);

/// Open photos per comparison.
const COMPARED: usize = 500;

/// When an entry that its target refuses is tried again.
const REFUSED: Backoff = Backoff { base: Duration::from_secs(1), max: PUT_OFF_MAX };

/// Hands on what the store's outbox holds.
pub(crate) struct Relay {
    pub(crate) store: SqliteMetadata,
    /// Whose queues they are.
    pub(crate) platform_uid: String,
    pub(crate) queue: Arc<dyn JobQueue>,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) clock: Clock,
    pub(crate) comparison_period: Duration,
    pub(crate) metrics: RelayMetrics,
}

/// The queue's present life, as far as this relay has seen to it.
#[derive(Default)]
struct Life {
    epoch: Option<String>,
    states: QueueStates,
    compared_at: Option<Instant>,
}

/// What a pass over the outbox found.
enum Pass {
    /// There may be more.
    Full,
    /// Nothing is due.
    Empty,
}

impl Relay {
    /// Relays until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let filled = self.store.outbox_filled();
        let mut life = Life::default();
        let mut away = false;
        while !stop.is_cancelled() {
            match self.pass(&mut life).await {
                Ok(Pass::Full) => away = false,
                Ok(Pass::Empty) => {
                    away = false;
                    tokio::select! {
                        () = filled.notified() => {}
                        () = tokio::time::sleep(REST) => {}
                        () = stop.cancelled() => {}
                    }
                }
                // An outage makes entries wait where they are: nothing is written about each of them.
                Err(error) => {
                    if !away {
                        tracing::warn!(error = error.chain(), "entries wait in the outbox");
                    }
                    away = true;
                    self.metrics.failed.inc();
                    stop.run_until_cancelled(tokio::time::sleep(REST)).await;
                }
            }
            self.measure().await;
        }
    }

    async fn pass(&self, life: &mut Life) -> Result<Pass, PortError> {
        let now = self.queue.epoch(&self.platform_uid).await?;
        let is_new = life.epoch.as_ref() != Some(&now);
        if is_new {
            life.states = QueueStates::default();
        }
        // Before any job of a new life is enqueued: a paused queue gives none of them out.
        life.states.apply(&self.store, &*self.queue).await?;
        if is_new {
            // Also at the start of this process: it can't know what happened to the queue meanwhile.
            let reopened = self.store.reopen_all().await?;
            tracing::info!(epoch = now, reopened, "the queue is new to this relay, open photos are enqueued again");
            self.metrics.reopened.inc_by(reopened as u64);
            life.epoch = Some(now);
            life.compared_at = Some(Instant::now());
        }
        if life.compared_at.is_none_or(|at| at.elapsed() >= self.comparison_period) {
            self.compare().await?;
            life.compared_at = Some(Instant::now());
        }
        let entries = self.store.outbox_due(BATCH, self.clock.now()).await?;
        if entries.is_empty() {
            return Ok(Pass::Empty);
        }
        let handed = stream::iter(entries).map(|entry| async move {
            let result = self.hand_on(&entry).await;
            Failpoint::RelayHandedOn.pass();
            (entry, result)
        });
        let handed: Vec<_> = handed.buffer_unordered(AT_ONCE).collect().await;
        self.settle(handed).await?;
        Ok(Pass::Full)
    }

    /// Enqueues again what the queue should hold and does not. A job too many does no harm: its photo has ended then.
    async fn compare(&self) -> Result<(), PortError> {
        let mut after = None;
        loop {
            let jobs = self.store.open_jobs(after, COMPARED).await?;
            after = jobs.last().map(|job| job.photo_id);
            let lost = self.queue.lost(&jobs).await?;
            if !lost.is_empty() {
                let reopened = self.store.reopen(lost).await?;
                tracing::warn!(reopened, "the queue has lost jobs of open photos, they are enqueued again");
                self.metrics.reopened.inc_by(reopened as u64);
            }
            if jobs.len() < COMPARED {
                return Ok(());
            }
        }
    }

    async fn hand_on(&self, entry: &OutboxEntry) -> Result<(), PortError> {
        match &entry.item {
            OutboxItem::Event(event) => self.log.append(event).await.map(|_new| ()),
            OutboxItem::Enqueue(job) => self.queue.enqueue(job).await,
            // One that a worker has is left alone: its run is fenced, and its end is told by `begin` or `finish`.
            OutboxItem::RemoveJob(job) => self.queue.remove(&job.pipeline, &job.id()).await,
        }
    }

    /// Removes what was handed on, puts off what was refused, and reports an outage.
    async fn settle(&self, handed: Vec<(OutboxEntry, Result<(), PortError>)>) -> Result<(), PortError> {
        let mut done = Vec::new();
        let mut outage = None;
        for (entry, result) in handed {
            match result {
                Ok(()) => done.push(entry.id),
                Err(error) if error.kind() == ErrorKind::Unavailable => outage = Some(error),
                Err(error) => self.put_off(&entry, &error).await?,
            }
        }
        if !done.is_empty() {
            self.metrics.relayed.inc_by(done.len() as u64);
            self.store.outbox_done(done).await?;
        }
        outage.map_or(Ok(()), Err)
    }

    async fn put_off(&self, entry: &OutboxEntry, error: &PortError) -> Result<(), PortError> {
        tracing::error!(entry = entry.id, photo_id = %entry.photo_id, error = error.chain(), "an outbox entry is refused");
        self.metrics.failed.inc();
        let wait = REFUSED.ceiling(entry.attempts.saturating_add(1));
        let now = self.clock.now();
        self.store.outbox_retry(entry.id, now.saturating_add(wait).unwrap_or(now), error.chain()).await
    }

    async fn measure(&self) {
        match self.store.oldest_outbox_age().await {
            Ok(age) => {
                self.metrics.oldest_seconds.set(age.unwrap_or_default().as_secs_f64());
            }
            Err(error) => tracing::warn!(error = error.chain(), "the age of the outbox is unknown"),
        }
    }
}

#[cfg(test)]
mod tests;
