//! How BullMQ's clients are set up. They dial for up to 25 seconds, so Redis is asked for an answer before.

use std::time::Duration;

use bullmq::{
    JobOptions, Queue, QueueOptions, Worker, WorkerOptions,
    types::{KeepJobs, RemoveOnFinish},
};
use photo_core::{job::JobId, pipeline::PipelineName, port::PortError, priority::Priority};
use serde_json::Value;

use super::{BullSettings, KeptJobs};
use crate::redis::{connection::RedisEndpoint, failure};

/// The name of our jobs, by which a BullMQ processor may branch.
pub(super) const JOB_NAME: &str = "process-photo";

/// A client that adds and removes jobs.
pub(super) async fn connect_queue(endpoint: &RedisEndpoint, name: &PipelineName) -> Result<Queue, PortError> {
    endpoint.ping().await?;
    let options = QueueOptions::new().connection(endpoint.bull_address()).prefix(endpoint.bull_prefix());
    let attempt = "connecting a queue to Redis";
    Queue::with_options(name.as_str(), options).await.map_err(|error| failure::of_bull(attempt, error))
}

/// A client that takes jobs, listed under `worker_name` in BullMQ's tools; nothing of it runs by itself.
pub(super) async fn connect_worker(
    endpoint: &RedisEndpoint,
    name: &PipelineName,
    settings: &BullSettings,
    worker_name: Option<String>,
) -> Result<Worker, PortError> {
    endpoint.ping().await?;
    let options = WorkerOptions {
        name: worker_name,
        // Beyond this count BullMQ would fail a job without anybody having looked at it.
        max_stalled_count: u32::MAX,
        ..WorkerOptions::new()
            .connection(endpoint.bull_address())
            .prefix(endpoint.bull_prefix())
            .manual_start()
            // The client's own renewal ignores a lost lock.
            .skip_lock_renewal()
            .lock_duration(settings.lease)
            .stalled_interval(settings.sweep_interval)
            .run_retry_delay(Duration::from_millis(500))
    };
    let processor = |_, _| async { Ok(Value::Null) };
    let attempt = "connecting a worker to Redis";
    Worker::with_options(name.as_str(), processor, options).await.map_err(|error| failure::of_bull(attempt, error))
}

/// One attempt, because attempts are counted in the metadata store. What is kept is for foreign workers that end our
/// jobs; ours trims by itself.
pub(super) fn job_options(id: &JobId, priority: Priority, settings: &BullSettings) -> JobOptions {
    JobOptions {
        job_id: Some(id.to_string()),
        priority: Some(priority.get().into()),
        attempts: Some(1),
        remove_on_complete: Some(kept(settings.kept_completed)),
        remove_on_fail: Some(kept(settings.kept_failed)),
        ..JobOptions::default()
    }
}

fn kept(jobs: KeptJobs) -> RemoveOnFinish {
    // On the wire the age is in seconds, whatever the client's documentation says.
    RemoveOnFinish::Options(KeepJobs {
        age: Some(jobs.age.as_secs()),
        count: usize::try_from(jobs.count).ok(),
        limit: None,
    })
}
