//! A Redis with what the tests ask of it, and jobs and events to put there.

use std::{sync::Arc, time::Duration};

use photo_adapters::redis::{BullQueue, BullSettings, LogSettings, RedisConfig, RedisEndpoint, RedisEventLog};
use photo_core::{
    event::{Event, EventKind, EventSender, Uploaded},
    id::{EventId, PhotoId},
    job::{Job, SCHEMA_VERSION},
    photo::FileName,
    pipeline::PipelineName,
    priority::Priority,
    trace::TraceParent,
};
use photo_stack::redis_server::RedisServer;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// How long a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A Redis with its endpoint, and a connection of the test's own.
pub(crate) struct Redis {
    endpoint: Arc<RedisEndpoint>,
    raw: redis::aio::MultiplexedConnection,
    pub(crate) server: RedisServer,
    _folder: TempDir,
}

impl Redis {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = RedisServer::start(folder.path()).await.unwrap();
        let config = RedisConfig {
            redis_url: server.url().into(),
            redis_password: None,
            redis_password_file: None,
            redis_username_file: None,
            redis_prefix: "p:".to_owned(),
        };
        let raw = redis::Client::open(server.url()).unwrap().get_multiplexed_async_connection().await.unwrap();
        Self { endpoint: Arc::new(RedisEndpoint::new(&config).unwrap()), raw, server, _folder: folder }
    }

    pub(crate) fn queue(&self, settings: BullSettings) -> BullQueue {
        BullQueue::new(Arc::clone(&self.endpoint), settings)
    }

    pub(crate) fn log(&self, events_max: u32) -> RedisEventLog {
        RedisEventLog::new(Arc::clone(&self.endpoint), LogSettings { events_max })
    }

    pub(crate) async fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let mut command = redis::Cmd::new();
        command.arg(words);
        command.query_async(&mut self.raw.clone()).await.unwrap()
    }
}

pub(crate) async fn until<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) fn pipeline() -> PipelineName {
    "full-processing".parse().unwrap()
}

pub(crate) fn job(pipeline: &PipelineName) -> Job {
    Job {
        schema_version: SCHEMA_VERSION,
        priority: Priority::default(),
        photo_id: PhotoId::generate(),
        pipeline: pipeline.clone(),
        generation: 1,
        traceparent: TraceParent::generate(),
    }
}

pub(crate) fn event() -> Event {
    Event {
        id: EventId::generate(),
        photo_id: PhotoId::generate(),
        sender: EventSender {
            user_id: "ann".parse().unwrap(),
            client_id: None,
            session_id: None,
            traceparent: TraceParent::generate(),
        },
        pipeline: pipeline(),
        generation: 1,
        run: None,
        seq: Some(1),
        time: "2026-11-21T09:00:00Z".parse().unwrap(),
        kind: EventKind::Uploaded(Uploaded { file_name: FileName::from("a.jpg".to_owned()), size_bytes: 1 }),
    }
}
