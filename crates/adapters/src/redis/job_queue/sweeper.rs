//! Gives jobs back whose lease ran out or whose wait a clock has made too long, and removes ended jobs beyond the kept
//! ones. BullMQ does neither of the first and the last without a running worker, so one runs here that never takes a job.

use std::{sync::Arc, time::Duration};

use bullmq::{Queue, QueueKeys, worker::WorkerEvent};
use photo_core::{pipeline::PipelineName, port::PortError};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::{BullSettings, KeptJobs, bull, milliseconds, unwind, within_limit};
use crate::redis::{connection::RedisEndpoint, failure};

/// Pause between attempts to reach Redis.
const RETRY_PAUSE: Duration = Duration::from_millis(500);
/// How soon a lost Redis is noticed. The worker inside would come back by itself, but only after five seconds.
const PULSE: Duration = Duration::from_secs(1);
/// Most jobs that one trim removes of a kind: one script run, a few milliseconds of Redis.
const TRIM_COUNT_MAX: u32 = 1_000;

/// Sweeps for ever.
pub(super) async fn run(endpoint: Arc<RedisEndpoint>, settings: Arc<BullSettings>, name: PipelineName) {
    let mut lost = false;
    loop {
        let Err(error) = sweep_while_connected(&endpoint, &settings, &name).await else { continue };
        if !lost {
            tracing::warn!(pipeline = %name, error = error.chain(), "the sweep for lost jobs waits for Redis");
        }
        lost = endpoint.ping().await.is_err();
        sleep(RETRY_PAUSE).await;
    }
}

/// Returns where the password has changed: the worker inside knows the old one only.
async fn sweep_while_connected(
    endpoint: &RedisEndpoint,
    settings: &BullSettings,
    name: &PipelineName,
) -> Result<(), PortError> {
    let generation = endpoint.generation();
    let worker_name = settings.worker_name.as_ref().map(|worker| format!("{worker}-sweep"));
    let worker = bull::connect_worker(endpoint, name, settings, worker_name).await?;
    let queue = bull::connect_queue(endpoint, name).await?;
    // Running starts the sweep and the fetching of jobs; the pause keeps it from the latter.
    worker.pause();
    worker.run().await.map_err(|error| failure::of_bull("starting the sweep for lost jobs", error))?;
    let (mut pulse, mut trims) = (interval(PULSE), interval(settings.trim_interval));
    let mut looks = interval(settings.sweep_interval);
    let keys = QueueKeys::new(name.as_str(), Some(&endpoint.bull_prefix()));
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            event = worker.next_event() => {
                if let Some(WorkerEvent::Stalled { job_id }) = event {
                    tracing::warn!(pipeline = %name, job_id, "a claim ran out of its lease; its job is delivered again");
                }
            }
            _ = pulse.tick() => {
                endpoint.ping().await?;
                if endpoint.generation() != generation {
                    return Ok(());
                }
            }
            _ = looks.tick() => {
                let unwound = unwind::run(endpoint, &keys).await?;
                if unwound > 0 {
                    tracing::warn!(pipeline = %name, unwound, "a clock was ahead: what would wait for it is due before");
                }
            }
            _ = trims.tick() => {
                trim(&queue, "completed", settings.kept_completed).await?;
                trim(&queue, "failed", settings.kept_failed).await?;
            }
        }
    }
}

/// Removes what is too old, then the oldest of what is too many.
async fn trim(queue: &Queue, state: &str, kept: KeptJobs) -> Result<(), PortError> {
    let attempt = "removing ended jobs";
    within_limit(attempt, queue.clean(milliseconds(kept.age), TRIM_COUNT_MAX, state)).await?;
    let count = within_limit(attempt, queue.get_job_count_by_types(&[state])).await?;
    let surplus = u32::try_from(count).unwrap_or(u32::MAX).saturating_sub(kept.count).min(TRIM_COUNT_MAX);
    if surplus > 0 {
        within_limit(attempt, queue.clean(0, surplus, state)).await?;
    }
    Ok(())
}
