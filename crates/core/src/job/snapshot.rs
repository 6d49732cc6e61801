//! Several queues at one moment, as who scales workers looks at them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The numbers of several queues, read together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSnapshot {
    /// When, by the queue's own clock: two snapshots have the difference of their moments between them, whoever asks.
    pub observed_at: Timestamp,
    /// One for each queue that was asked for, in that order.
    pub queues: Vec<QueueNumbers>,
}

/// The numbers of one queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueNumbers {
    /// Ready to run, without a priority: only foreign producers add such jobs.
    pub waiting: u64,
    /// Ready to run, by priority.
    pub prioritized: u64,
    /// Taken by workers.
    pub active: u64,
    /// Due later.
    pub delayed: u64,
    /// Ended badly and still remembered.
    pub failed: u64,
    /// Whether nothing is given out.
    pub paused: bool,
    /// Whole seconds since the oldest of those that are next in their priority was added; none where none is ready. A
    /// job that came back counts from its first day.
    pub oldest_seconds: Option<u64>,
}
