//! The event log in this process: the newest events in one line, numbered from 1 in each life of the log. Offsets are
//! `<epoch>.<number>`.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    pin, select,
    sync::Notify,
    time::{Instant, sleep_until},
};

use super::{later, new_epoch, recent::Recent};
use crate::{
    event::Event,
    id::EventId,
    offset::Offset,
    port::{EventLog, PortError, event_log::LogRead},
};

/// How much the log holds.
#[derive(Debug, Clone, Copy)]
pub struct MemoryLogSettings {
    /// Most events that are kept, each of less than 1 KiB.
    pub events_max: usize,
    /// Of how many of the last events a repetition is recognized, the kept ones among them.
    pub seen_max: usize,
}

impl Default for MemoryLogSettings {
    fn default() -> Self {
        Self { events_max: 10_000, seen_max: 50_000 }
    }
}

/// [`EventLog`] in memory. Dropping it loses the events.
#[derive(Debug)]
pub struct MemoryLog {
    settings: MemoryLogSettings,
    line: Mutex<Line>,
    changed: Notify,
}

#[derive(Debug)]
struct Line {
    epoch: String,
    /// How many events this life has had; the number of the last one.
    appended: u64,
    kept: VecDeque<Event>,
    seen: Recent<EventId>,
}

impl MemoryLog {
    /// An empty log.
    pub fn new(settings: MemoryLogSettings) -> Self {
        Self { settings, line: Mutex::new(Line::new(settings)), changed: Notify::new() }
    }

    /// Loses everything, as a server does whose process is killed. The next life has another epoch.
    pub fn forget(&self) {
        *self.lock() = Line::new(self.settings);
        self.changed.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    fn new(settings: MemoryLogSettings) -> Self {
        let seen = Recent::new(settings.seen_max.max(settings.events_max));
        Self { epoch: new_epoch(), appended: 0, kept: VecDeque::new(), seen }
    }

    fn append(&mut self, event: &Event, events_max: usize) -> bool {
        let is_new = self.seen.insert(event.id);
        if is_new {
            self.appended += 1;
            self.kept.push_back(event.clone());
            let surplus = self.kept.len().saturating_sub(events_max);
            self.kept.drain(..surplus);
        }
        is_new
    }

    fn offset(&self, number: u64) -> Offset {
        Offset { epoch: self.epoch.clone(), position: number.to_string() }
    }

    fn end(&self) -> Offset {
        self.offset(self.appended)
    }

    fn read(&self, after: &Offset, limit: usize) -> LogRead {
        let removed = self.appended - self.kept.len() as u64;
        match number_of(&after.position) {
            Some(number) if after.epoch == self.epoch && (removed..=self.appended).contains(&number) => {
                let known = usize::try_from(number - removed).unwrap_or(usize::MAX);
                let numbered = (number + 1..).zip(self.kept.iter().skip(known)).take(limit.max(1));
                LogRead::Events(numbered.map(|(number, event)| (self.offset(number), event.clone())).collect())
            }
            _ => LogRead::Gap { resume_at: self.end() },
        }
    }
}

/// The number that a position stands for, if it is written as this log writes it; offsets come back from clients.
fn number_of(position: &str) -> Option<u64> {
    position.parse().ok().filter(|number: &u64| number.to_string() == position)
}

#[async_trait]
impl EventLog for MemoryLog {
    async fn append(&self, event: &Event) -> Result<bool, PortError> {
        let is_new = self.lock().append(event, self.settings.events_max);
        if is_new {
            self.changed.notify_waiters();
        }
        Ok(is_new)
    }

    async fn end(&self) -> Result<Offset, PortError> {
        Ok(self.lock().end())
    }

    async fn read(&self, after: &Offset, limit: usize, wait: Duration) -> Result<LogRead, PortError> {
        let deadline = later(Instant::now(), wait);
        loop {
            let changed = self.changed.notified();
            pin!(changed);
            // Before the look, so that what is appended right after it wakes this read.
            changed.as_mut().enable();
            let read = self.lock().read(after, limit);
            if read != LogRead::Events(Vec::new()) || Instant::now() >= deadline {
                return Ok(read);
            }
            select! {
                () = changed => {}
                () = sleep_until(deadline) => {}
            }
        }
    }

    async fn ready(&self) -> Result<(), PortError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
