//! The numbers of queues, made of what BullMQ's workers leave in Redis.

use std::time::Duration;

use photo_adapters::redis::{BullQueue, BullSettings};
use photo_core::{clock::Clock, job::QueueNumbers, pipeline::PipelineName, port::JobQueue};

use crate::fixture::{PATIENCE, Redis, job, pipeline};

#[tokio::test]
async fn a_delayed_job_that_is_due_counts_from_its_first_day() {
    let redis = Redis::start().await;
    let (queue, pipeline) = (redis.queue(BullSettings::default()), pipeline());
    queue.enqueue(&job(&pipeline)).await.unwrap();
    let claim = queue.claim(&pipeline, PATIENCE).await.unwrap().unwrap();
    queue.delay(&claim, Duration::ZERO).await.unwrap();
    queue.enqueue(&job(&pipeline)).await.unwrap();
    let yesterday = (Clock::System.now().as_millisecond() - 86_400_000).to_string();
    let key = format!("p-bull:full-processing:{}", claim.job_id);
    let () = redis.ask(&["HSET", &key, "timestamp", &yesterday]).await;
    let [numbers] = numbers(&queue, [pipeline]).await;
    assert!(numbers.oldest_seconds >= Some(86_400), "{numbers:?}");
    let ready = QueueNumbers { prioritized: 2, oldest_seconds: numbers.oldest_seconds, ..QueueNumbers::default() };
    assert_eq!(numbers, ready);
}

async fn numbers<const N: usize>(queue: &BullQueue, pipelines: [PipelineName; N]) -> [QueueNumbers; N] {
    queue.snapshot(&pipelines).await.unwrap().queues.try_into().unwrap()
}
