//! Two ports in this process, for an edition of the platform that needs no Redis: the job queue and the event log.
//!
//! Both lose everything with the process, which is what their ports allow: the metadata store knows the open photos
//! and enqueues them again where it meets another epoch, and readers of the log are told of the gap.

use std::time::Duration;

use tokio::time::Instant;

mod event_log;
mod job_queue;
mod recent;

pub use event_log::{MemoryLog, MemoryLogSettings};
pub use job_queue::{MemoryQueue, MemoryQueueSettings};

/// A wait that nobody sees the end of; what is longer would not fit into an [`Instant`] everywhere.
const FAR: Duration = Duration::from_hours(30 * 365 * 24);

/// The moment `wait` after `now`.
fn later(now: Instant, wait: Duration) -> Instant {
    now.checked_add(wait.min(FAR)).unwrap_or(now)
}

/// A name for a new life, which no other has.
fn new_epoch() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
