//! The job queue and the event log in memory. A kill makes them forget everything, as the end of their process would.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use photo_core::{
    contract::{Subject, job_queue::WORKER},
    memory::{MemoryLog, MemoryLogSettings, MemoryQueue, MemoryQueueSettings},
    port::{EventLog, JobQueue},
};

/// A [`MemoryQueue`] with a short lease.
pub(crate) struct MemoryQueueSubject(Arc<MemoryQueue>);

impl MemoryQueueSubject {
    pub(crate) fn new() -> Self {
        let settings = MemoryQueueSettings {
            worker_name: Some(WORKER.to_owned()),
            lease: Duration::from_millis(600),
            ..MemoryQueueSettings::default()
        };
        Self(Arc::new(MemoryQueue::new(settings)))
    }
}

#[async_trait]
impl Subject<dyn JobQueue> for MemoryQueueSubject {
    fn port(&self) -> Arc<dyn JobQueue> {
        Arc::clone(&self.0) as Arc<dyn JobQueue>
    }

    fn has_server(&self) -> bool {
        false
    }

    async fn kill_server(&self) {
        self.0.forget();
    }

    async fn start_server(&self) {}
}

/// A [`MemoryLog`].
pub(crate) struct MemoryLogSubject(Arc<MemoryLog>);

impl MemoryLogSubject {
    pub(crate) fn new() -> Self {
        Self(Arc::new(MemoryLog::new(MemoryLogSettings::default())))
    }
}

#[async_trait]
impl Subject<dyn EventLog> for MemoryLogSubject {
    fn port(&self) -> Arc<dyn EventLog> {
        Arc::clone(&self.0) as Arc<dyn EventLog>
    }

    fn has_server(&self) -> bool {
        false
    }

    async fn kill_server(&self) {
        self.0.forget();
    }

    async fn start_server(&self) {}
}
