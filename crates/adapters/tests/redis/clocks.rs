//! What a clock that was ahead has left in Redis, after it was set right.

use std::time::Duration;

use futures::future::join_all;
use photo_adapters::redis::BullSettings;
use photo_core::{clock::Clock, port::JobQueue};

use crate::fixture::{PATIENCE, Redis, job, pipeline, until};

const DELAYED: &str = "p-bull:full-processing:delayed";

/// Sweeps often.
fn quick() -> BullSettings {
    BullSettings { sweep_interval: Duration::from_millis(50), ..BullSettings::default() }
}

/// A score of BullMQ's for that many seconds from now.
fn score_in(seconds: i64) -> String {
    ((Clock::System.now().as_millisecond() + seconds * 1000) * 0x1000).to_string()
}

#[tokio::test]
async fn a_job_that_was_delayed_by_a_clock_that_was_a_day_ahead_comes_before() {
    let redis = Redis::start().await;
    let (queue, pipeline) = (redis.queue(quick()), pipeline());
    let jobs = [job(&pipeline), job(&pipeline)];
    for job in &jobs {
        queue.enqueue(job).await.unwrap();
    }
    let claims = [(); 2].map(|()| queue.claim(&pipeline, PATIENCE));
    let [mended, patient] = join_all(claims).await.try_into().unwrap();
    let (mended, patient) = (mended.unwrap().unwrap(), patient.unwrap().unwrap());
    queue.delay(&mended, Duration::from_millis(1)).await.unwrap();
    queue.delay(&patient, Duration::from_hours(1)).await.unwrap();
    let ahead: i64 = redis.ask(&["ZADD", DELAYED, "XX", "CH", &score_in(86_400), &mended.job_id]).await;
    assert!(ahead <= 1, "the sweep may have mended it already");
    let again = queue.claim(&pipeline, PATIENCE).await.unwrap().unwrap();
    assert_eq!(again.job_id, mended.job_id);
    let due: f64 = redis.ask(&["ZSCORE", DELAYED, &patient.job_id]).await;
    assert!(due > score_in(3_000).parse().unwrap(), "one that is to wait for so long does");
}

#[tokio::test]
async fn locks_and_marks_of_a_server_whose_clock_was_a_day_ahead_end_before() {
    let redis = Redis::start().await;
    let (queue, pipeline) = (redis.queue(quick()), pipeline());
    queue.enqueue(&job(&pipeline)).await.unwrap();
    let claim = queue.claim(&pipeline, PATIENCE).await.unwrap().unwrap();
    let lock = format!("p-bull:full-processing:{}:lock", claim.job_id);
    let mark = "p-bull:full-processing:stalled-check";
    let _: () = redis.ask(&["SET", &lock, &claim.token, "PX", "86400000"]).await;
    let _: () = redis.ask(&["SET", mark, "1", "PX", "86400000"]).await;
    until("what lasted for a day ends", || async {
        let [lock, mark] = [redis.ask::<i64>(&["PTTL", &lock]).await, redis.ask(&["PTTL", mark]).await];
        lock <= 300_000 && mark <= 300_000
    })
    .await;
}
