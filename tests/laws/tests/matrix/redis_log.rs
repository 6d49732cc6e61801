//! The event log on a Redis of its own.

use std::sync::Arc;

use async_trait::async_trait;
use photo_adapters::redis::{LogSettings, RedisEndpoint, RedisEventLog};
use photo_core::{contract::Subject, port::EventLog};
use photo_stack::redis_server::RedisServer;
use tempfile::TempDir;

use super::bullmq::config;

/// A [`RedisEventLog`].
pub(crate) struct RedisLogSubject {
    log: Arc<RedisEventLog>,
    server: RedisServer,
    _folder: TempDir,
}

impl RedisLogSubject {
    /// Starts a Redis with an append-only file.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = RedisServer::start(folder.path()).await.unwrap();
        let endpoint = Arc::new(RedisEndpoint::new(&config(&server)).unwrap());
        Self { log: Arc::new(RedisEventLog::new(endpoint, LogSettings::default())), server, _folder: folder }
    }
}

#[async_trait]
impl Subject<dyn EventLog> for RedisLogSubject {
    fn port(&self) -> Arc<dyn EventLog> {
        Arc::clone(&self.log) as Arc<dyn EventLog>
    }

    fn has_server(&self) -> bool {
        true
    }

    async fn kill_server(&self) {
        self.server.kill();
    }

    async fn start_server(&self) {
        self.server.start_again().await.unwrap();
    }
}
