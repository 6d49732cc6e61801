//! Entries of the log that are not events: told once each, however often they are read.

use std::sync::{Mutex, PoisonError};

/// The last entry that was told of, and how many there were.
#[derive(Default)]
pub(super) struct Unreadable(Mutex<Told>);

#[derive(Default)]
struct Told {
    last: (u64, u64),
    total: u64,
}

impl Unreadable {
    /// Logs and counts the entry, unless it or a later one was told of before.
    pub(super) fn tell(&self, position: &str, error: &serde_json::Error) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = order(position);
        if id > told.last {
            told.last = id;
            told.total += 1;
            tracing::warn!(position, error = %error, "an entry of the event log is not an event");
        }
    }

    pub(super) fn total(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).total
    }
}

fn order(position: &str) -> (u64, u64) {
    let number = |text: &str| text.parse().unwrap_or_default();
    position.split_once('-').map(|(time, count)| (number(time), number(count))).unwrap_or_default()
}
