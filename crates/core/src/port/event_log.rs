//! The log that carries events from the roles that make them to the sockets that wait for them.

use std::time::Duration;

use async_trait::async_trait;

use super::PortError;
use crate::{event::Event, offset::Offset};

/// What a reader finds after an offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogRead {
    /// Events in the order of the log, each with its own offset; empty where none came in time.
    Events(Vec<(Offset, Event)>),
    /// The log no longer holds what follows that offset, or it is another log: events are missing.
    /// Read on from `resume_at` and tell the clients.
    Gap {
        /// The end of the log as it is now.
        resume_at: Offset,
    },
}

/// A capped log of events.
///
/// Promises: an event is in the log once however often it is appended; all readers see the same order; a reader that
/// comes back with its last offset sees every later event or is told of a gap, never neither.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Appends an event. Returns whether it was new.
    async fn append(&self, event: &Event) -> Result<bool, PortError>;

    /// The end of the log: a read from here sees what is appended from now on.
    async fn end(&self) -> Result<Offset, PortError>;

    /// Up to `limit` events after `after`, waiting up to `wait` for the first.
    async fn read(&self, after: &Offset, limit: usize, wait: Duration) -> Result<LogRead, PortError>;

    /// Whether the log answers.
    async fn ready(&self) -> Result<(), PortError>;
}
