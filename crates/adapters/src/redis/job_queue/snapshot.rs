//! The numbers of several queues by one script, so that they belong together and have the time of Redis.

use std::sync::LazyLock;

use bullmq::QueueKeys;
use jiff::Timestamp;
use photo_core::{
    job::{QueueNumbers, QueueSnapshot},
    port::{ErrorKind, PortError},
};
use redis::Script;

use crate::redis::connection::RedisEndpoint;

static SNAPSHOT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("../scripts/snapshot.lua")));

/// Reads the queues of these keys.
pub(super) async fn read(endpoint: &RedisEndpoint, queues: &[QueueKeys]) -> Result<QueueSnapshot, PortError> {
    let attempt = "reading the numbers of the queues";
    let mut keys = Vec::new();
    for queue in queues {
        keys.extend([queue.wait(), queue.paused(), queue.prioritized(), queue.active()]);
        keys.extend([queue.delayed(), queue.failed(), queue.meta()]);
    }
    let starts: Vec<String> = queues.iter().map(QueueKeys::key_prefix).collect();
    let starts: Vec<&str> = starts.iter().map(String::as_str).collect();
    let rows: Vec<Vec<i64>> = endpoint.script(attempt, &SNAPSHOT, &keys, &starts).await?;
    understood(&rows).ok_or_else(|| PortError::new(ErrorKind::Corrupt, format!("{attempt}: not an answer of ours")))
}

fn understood(rows: &[Vec<i64>]) -> Option<QueueSnapshot> {
    let (time, queues) = rows.split_first()?;
    let &[seconds, microseconds] = time.as_slice() else { return None };
    let nanoseconds = i32::try_from(microseconds.checked_mul(1000)?).ok()?;
    let queues: Option<Vec<QueueNumbers>> = queues.iter().map(|row| numbers(row)).collect();
    Some(QueueSnapshot { observed_at: Timestamp::new(seconds, nanoseconds).ok()?, queues: queues? })
}

fn numbers(row: &[i64]) -> Option<QueueNumbers> {
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
    })
}
