//! What was seen of a pipeline's queue and workers at one moment.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// All of it. What could not be read, or is no number of its kind, is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The queue.
    pub queue: Option<QueueSample>,
    /// The workers.
    pub pods: Pods,
    /// How much of their CPU the workers use.
    pub cpu: Option<Utilization>,
    /// How much of their memory.
    pub memory: Option<Utilization>,
}

/// The queue's numbers, all read at once.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueSample {
    /// When, by the queue's own clock.
    pub at: Timestamp,
    /// Jobs that could start now, prioritized ones and delayed ones that are due among them.
    pub waiting: u64,
    /// Jobs that a worker has.
    pub active: u64,
    /// How long the oldest waiting job has waited.
    pub oldest_wait: Duration,
    /// What has happened so far.
    pub counters: Counters,
}

/// Numbers that only grow, unless the queue they belong to is another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Jobs that were enqueued.
    pub enqueued: u64,
    /// Jobs that came to an end.
    pub completed: u64,
    /// What workers spent on those that came to an end.
    pub busy: Duration,
}

/// The Deployment's pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pods {
    /// `spec.replicas`.
    pub desired: u32,
    /// Those that work.
    pub ready: u32,
    /// Those that will.
    pub starting: u32,
    /// Those of the ready ones that have no job.
    pub idle: u32,
    /// What the last pods took from their creation to ready, on average.
    pub startup: Option<Duration>,
}

/// What workers use of what they may use, on average.
#[derive(Debug, Clone, PartialEq)]
pub struct Utilization {
    /// 1 is all of it.
    pub share: f64,
    /// When it was measured.
    pub at: Timestamp,
}

impl QueueSample {
    /// Whether there is nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting == 0 && self.active == 0
    }
}

impl Counters {
    /// Whether one of them is lower than before, which no queue of ours does by itself.
    pub(super) fn went_back_from(&self, before: &Self) -> bool {
        self.enqueued < before.enqueued || self.completed < before.completed || self.busy < before.busy
    }
}

impl Pods {
    /// Replicas that are asked for and work.
    pub(super) fn working(&self) -> u32 {
        self.ready.min(self.desired)
    }

    /// Replicas that are asked for and will work soon.
    pub(super) fn coming(&self) -> u32 {
        self.starting.min(self.desired - self.working())
    }
}
