//! The job queue on BullMQ, over a Redis of its own.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use photo_adapters::redis::{BullQueue, BullSettings, RedisConfig, RedisEndpoint};
use photo_core::{
    contract::{Subject, job_queue::WORKER},
    port::JobQueue,
};
use photo_stack::redis_server::RedisServer;
use tempfile::TempDir;

/// A [`BullQueue`] with a short lease.
pub(crate) struct BullSubject {
    queue: Arc<BullQueue>,
    server: RedisServer,
    _folder: TempDir,
}

impl BullSubject {
    /// Starts a Redis with an append-only file.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = RedisServer::start(folder.path()).await.unwrap();
        let endpoint = Arc::new(RedisEndpoint::new(&config(&server)).unwrap());
        let settings = BullSettings {
            worker_name: Some(WORKER.to_owned()),
            lease: Duration::from_millis(600),
            sweep_interval: Duration::from_millis(100),
            ..BullSettings::default()
        };
        Self { queue: Arc::new(BullQueue::new(endpoint, settings)), server, _folder: folder }
    }
}

/// The server as an external Redis that several platforms share.
pub(crate) fn config(server: &RedisServer) -> RedisConfig {
    RedisConfig {
        redis_url: server.url().into(),
        redis_password: None,
        redis_password_file: None,
        redis_username_file: None,
        redis_prefix: "laws-photos:".to_owned(),
    }
}

#[async_trait]
impl Subject<dyn JobQueue> for BullSubject {
    fn port(&self) -> Arc<dyn JobQueue> {
        Arc::clone(&self.queue) as Arc<dyn JobQueue>
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
