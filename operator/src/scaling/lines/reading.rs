//! What an observation's numbers mean.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Unit};
use serde_json::Value;

use super::line::ObservationLine;
use crate::scaling::{Counters, Observation, Pods, QueueSample, Utilization};

/// Above this a number of JSON can't count any more: 2^53.
const COUNTABLE: f64 = 9_007_199_254_740_992.0;

pub(super) fn observation(line: &ObservationLine) -> Observation {
    Observation {
        queue: sample(&line.queue),
        pods: Pods {
            desired: line.pods.desired,
            ready: line.pods.ready,
            starting: line.pods.starting,
            idle: line.pods.idle,
            startup: line.pods.startup_s.and_then(seconds),
        },
        cpu: utilization(&line.cpu),
        memory: utilization(&line.memory),
    }
}

/// A moment, counted from any beginning, to the microsecond: of seconds since the epoch a number of JSON holds no more.
/// `None` before that beginning or where it is none.
pub(super) fn moment(seconds: f64) -> Option<Timestamp> {
    let since = SignedDuration::try_from_secs_f64(seconds).ok().filter(|since| !since.is_negative())?;
    Timestamp::UNIX_EPOCH.checked_add(since).ok()?.round(Unit::Microsecond).ok()
}

fn sample(queue: &Value) -> Option<QueueSample> {
    if !is_ok(queue) {
        return None;
    }
    Some(QueueSample {
        at: moment(number(queue, "observed_at")?)?,
        waiting: count(number(queue, "waiting")?)?,
        active: count(number(queue, "active")?)?,
        oldest_wait: number(queue, "oldest_wait_s").and_then(seconds).unwrap_or_default(),
        counters: Counters {
            enqueued: count(number(queue, "enqueued_total")?)?,
            completed: count(number(queue, "completed_total")?)?,
            busy: seconds(number(queue, "busy_seconds_total")?)?,
        },
    })
}

fn utilization(used: &Value) -> Option<Utilization> {
    if !is_ok(used) {
        return None;
    }
    let share = number(used, "utilization").filter(|share| *share >= 0.0)?;
    Some(Utilization { share, at: moment(number(used, "observed_at")?)? })
}

fn is_ok(value: &Value) -> bool {
    value.get("ok").and_then(Value::as_bool) == Some(true)
}

fn number(value: &Value, field: &str) -> Option<f64> {
    value.get(field)?.as_f64()
}

/// Whole things; parts of one are rounded.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within 0 and 2^53")]
pub(super) fn count(number: f64) -> Option<u64> {
    (0.0..=COUNTABLE).contains(&number).then(|| number.round() as u64)
}

pub(super) fn seconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number).ok()
}
