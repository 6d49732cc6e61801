//! The event log as one capped Redis stream, written together with the PUBLISH for those who only listen. Offsets are
//! `<epoch>.<stream id>`; whether events are missing after one is decided in Redis, in the script that reads.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use async_trait::async_trait;
use photo_core::{
    event::Event,
    offset::Offset,
    port::{ErrorKind, EventLog, PortError, event_log::LogRead},
};
use redis::Script;
use tokio::time::Instant;

use super::{connection::RedisEndpoint, epoch};

mod unreadable;

use unreadable::Unreadable;

static APPEND: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/append.lua")));
static READ: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/read.lua")));

/// The stream id before every other.
const START: &str = "0-0";
/// A repetition of an event is recognized for this long; the outbox repeats within seconds.
const SEEN_SECONDS: &str = "600";

/// How much the log holds.
#[derive(Debug, Clone, Copy)]
pub struct LogSettings {
    /// About how many events are kept; Redis removes whole blocks of old ones.
    pub events_max: u32,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { events_max: 50_000 }
    }
}

/// [`EventLog`] on Redis.
pub struct RedisEventLog {
    endpoint: Arc<RedisEndpoint>,
    settings: LogSettings,
    key: String,
    unreadable: Unreadable,
}

/// What `scripts/read.lua` returns: epoch, id of the end, whether events may be missing, entries.
type ScriptRead = (String, String, bool, Vec<(String, String)>);

impl RedisEventLog {
    /// A log that connects at its first call.
    pub fn new(endpoint: Arc<RedisEndpoint>, settings: LogSettings) -> Self {
        let key = endpoint.name("eb:log");
        Self { endpoint, settings, key, unreadable: Unreadable::default() }
    }

    /// How many entries of the log were not events, each counted once by this value.
    pub fn unreadable_total(&self) -> u64 {
        self.unreadable.total()
    }

    async fn read_now(&self, after: &Offset, limit: usize) -> Result<ScriptRead, PortError> {
        let keys = [self.key.clone(), epoch::key(&self.endpoint)];
        let limit = limit.max(1).to_string();
        let life = epoch::new_name();
        let arguments = [&life, &after.epoch, &after.position, &limit].map(String::as_str);
        self.endpoint.script("reading events", &READ, &keys, &arguments).await
    }

    /// Returns when there may be an entry after `after`, at the latest after `wait`.
    async fn wait_for_entry(&self, after: &Offset, wait: Duration) -> Result<(), PortError> {
        let mut command = redis::cmd("XREAD");
        command.arg("COUNT").arg(1).arg("BLOCK").arg(wait.as_millis().max(1));
        command.arg("STREAMS").arg(&self.key).arg(&after.position);
        self.endpoint.blocking().run("waiting for events", &command, wait).await.map(drop)
    }

    fn parse(&self, epoch: &str, entries: Vec<(String, String)>) -> Vec<(Offset, Event)> {
        let read = |(position, json): (String, String)| match serde_json::from_str(&json) {
            Ok(event) => Some((Offset { epoch: epoch.to_owned(), position }, event)),
            Err(error) => {
                self.unreadable.tell(&position, &error);
                None
            }
        };
        entries.into_iter().filter_map(read).collect()
    }
}

#[async_trait]
impl EventLog for RedisEventLog {
    async fn append(&self, event: &Event) -> Result<bool, PortError> {
        let json = serde_json::to_string(event)
            .map_err(|error| PortError::caused(ErrorKind::Invalid, "writing an event as JSON", error))?;
        let channel = event.channel().redis_name();
        let seen = self.endpoint.name(&format!("eb:seen:{}", event.id));
        let keys = [seen, self.key.clone(), epoch::key(&self.endpoint)];
        let (life, events_max) = (epoch::new_name(), self.settings.events_max.to_string());
        let full_channel = self.endpoint.name(channel);
        let arguments = [&life, SEEN_SECONDS, &events_max, &full_channel, channel, &json];
        self.endpoint.script("appending an event", &APPEND, &keys, &arguments).await
    }

    async fn end(&self) -> Result<Offset, PortError> {
        // No log has this epoch, so the answer is the end of the one that is there.
        let nowhere = Offset { epoch: String::new(), position: START.to_owned() };
        let (epoch, position, ..) = self.read_now(&nowhere, 1).await?;
        Ok(Offset { epoch, position })
    }

    async fn read(&self, after: &Offset, limit: usize, wait: Duration) -> Result<LogRead, PortError> {
        let deadline = Instant::now() + wait;
        let mut after = after.clone();
        if !is_stream_id(&after.position) {
            return Ok(LogRead::Gap { resume_at: self.end().await? });
        }
        loop {
            let (epoch, end, missing, entries) = self.read_now(&after, limit).await?;
            if missing {
                return Ok(LogRead::Gap { resume_at: Offset { epoch, position: end } });
            }
            let last = entries.last().map(|(position, _)| position.clone());
            let events = self.parse(&epoch, entries);
            let left = deadline.saturating_duration_since(Instant::now());
            match last {
                _ if !events.is_empty() => return Ok(LogRead::Events(events)),
                // Nothing of it could be read: look behind it.
                Some(position) => after.position = position,
                None if left.is_zero() => return Ok(LogRead::Events(events)),
                None => self.wait_for_entry(&after, left).await?,
            }
        }
    }

    async fn ready(&self) -> Result<(), PortError> {
        self.endpoint.ping().await
    }
}

/// Whether Redis takes it as a stream id; offsets come back from clients.
fn is_stream_id(position: &str) -> bool {
    position.split_once('-').is_some_and(|(time, number)| time.parse::<u64>().is_ok() && number.parse::<u64>().is_ok())
}
