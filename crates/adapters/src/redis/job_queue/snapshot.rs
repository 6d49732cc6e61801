//! The numbers of several queues by one script, so that they belong together and have the time of Redis.
//!
//! Who has a job is what BullMQ writes down when a worker with a name takes it. It stays there, so a job that such a worker
//! has handed back and one without a name has taken is still the first one's.

use std::{
    collections::{BTreeMap, HashMap},
    iter,
    sync::LazyLock,
};

use bullmq::QueueKeys;
use jiff::Timestamp;
use photo_core::{
    job::{QueueNumbers, QueueSnapshot},
    port::{ErrorKind, PortError},
};
use redis::Script;

use crate::redis::connection::RedisEndpoint;

static SNAPSHOT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("../scripts/snapshot.lua")));

/// Most active jobs whose workers one snapshot looks up, of all its queues together: for so many Redis does nothing else
/// for ten to twenty milliseconds.
const LOOKS_MAX: u32 = 10_000;

/// Seconds and microseconds of Redis, and of each queue its numbers and its workers' jobs.
type Answer = ((i64, i64), Vec<(Vec<i64>, WorkersJobs)>);
/// Names are whatever foreign workers call themselves.
type WorkersJobs = HashMap<Vec<u8>, u64>;

/// Reads the queues of these keys.
pub(super) async fn read(endpoint: &RedisEndpoint, queues: &[QueueKeys]) -> Result<QueueSnapshot, PortError> {
    let attempt = "reading the numbers of the queues";
    let mut keys = Vec::new();
    for queue in queues {
        keys.extend([queue.wait(), queue.paused(), queue.prioritized(), queue.active()]);
        keys.extend([queue.delayed(), queue.failed(), queue.meta()]);
    }
    let arguments: Vec<String> =
        iter::once(LOOKS_MAX.to_string()).chain(queues.iter().map(QueueKeys::key_prefix)).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let answer = endpoint.script(attempt, &SNAPSHOT, &keys, &arguments).await?;
    understood(answer).ok_or_else(|| PortError::new(ErrorKind::Corrupt, format!("{attempt}: not an answer of ours")))
}

fn understood(((seconds, microseconds), queues): Answer) -> Option<QueueSnapshot> {
    let nanoseconds = i32::try_from(microseconds.checked_mul(1000)?).ok()?;
    let queues: Option<Vec<QueueNumbers>> = queues.into_iter().map(|(row, jobs)| numbers(&row, jobs)).collect();
    Some(QueueSnapshot { observed_at: Timestamp::new(seconds, nanoseconds).ok()?, queues: queues? })
}

fn numbers(row: &[i64], jobs: WorkersJobs) -> Option<QueueNumbers> {
    let &[waiting, prioritized, active, delayed, failed, paused, oldest] = row else { return None };
    let count = |number: i64| u64::try_from(number).ok();
    Some(QueueNumbers {
        waiting: count(waiting)?,
        prioritized: count(prioritized)?,
        active: count(active)?,
        delayed: count(delayed)?,
        failed: count(failed)?,
        paused: paused == 1,
        oldest_seconds: count(oldest).map(|milliseconds| milliseconds / 1000),
        busy_workers: busy_workers(jobs),
    })
}

/// Two names that are no text may become the same one.
fn busy_workers(jobs: WorkersJobs) -> BTreeMap<String, u64> {
    let mut busy = BTreeMap::new();
    for (name, jobs) in jobs {
        *busy.entry(String::from_utf8_lossy(&name).into_owned()).or_default() += jobs;
    }
    busy
}
