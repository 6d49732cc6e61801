//! The numbers of queues, made of what BullMQ's workers leave in Redis.

use std::{collections::BTreeMap, time::Duration};

use photo_adapters::redis::{BullQueue, BullSettings};
use photo_core::{clock::Clock, job::QueueNumbers, pipeline::PipelineName, port::JobQueue};

use crate::fixture::{PATIENCE, Redis, job, pipeline};

#[tokio::test]
async fn a_snapshot_names_the_workers_of_active_jobs() {
    let redis = Redis::start().await;
    let worker = |name: Option<&str>| {
        let worker_name = name.map(str::to_owned);
        redis.queue(BullSettings { worker_name, lease: PATIENCE, ..BullSettings::default() })
    };
    let (one, other, nameless) = (worker(Some("worker-a")), worker(Some("worker-b")), worker(None));
    let (pipeline, idle) = (pipeline(), "idle".parse().unwrap());
    let take = async |queue: &BullQueue| {
        queue.enqueue(&job(&pipeline)).await.unwrap();
        queue.claim(&pipeline, PATIENCE).await.unwrap().unwrap()
    };
    let (first, _second, third) = (take(&one).await, take(&one).await, take(&other).await);
    take(&nameless).await;
    let [busy, nobody] = numbers(&nameless, [pipeline.clone(), idle]).await;
    assert_eq!((busy.active, busy.busy_workers), (4, jobs_of(&[("worker-a", 2), ("worker-b", 1)])));
    assert_eq!(nobody, QueueNumbers::default());
    one.complete(&first).await.unwrap();
    other.delay(&third, PATIENCE).await.unwrap();
    let [busy] = numbers(&nameless, [pipeline.clone()]).await;
    assert_eq!((busy.active, busy.busy_workers), (2, jobs_of(&[("worker-a", 1)])));
}

#[tokio::test]
async fn a_name_that_is_no_text_is_told_as_well_as_it_can_be() {
    let redis = Redis::start().await;
    let (queue, pipeline) = (redis.queue(BullSettings::default()), pipeline());
    let take = r"
        redis.call('HSET', KEYS[1] .. 1, 'pb', '\255worker')
        redis.call('HSET', KEYS[1] .. 2, 'pb', '')
        redis.call('LPUSH', KEYS[1] .. 'active', 1, 2)";
    let () = redis.ask(&["EVAL", take, "1", "p-bull:full-processing:"]).await;
    let [busy] = numbers(&queue, [pipeline]).await;
    assert_eq!((busy.active, busy.busy_workers), (2, jobs_of(&[("\u{fffd}worker", 1)])));
}

#[tokio::test]
async fn a_snapshot_looks_at_so_many_active_jobs_only() {
    let redis = Redis::start().await;
    let queue = redis.queue(BullSettings::default());
    let pipelines: [PipelineName; 3] = ["one", "two", "three"].map(|name| name.parse().unwrap());
    let take = "
        for id = 1, 6000 do
            redis.call('HSET', KEYS[1] .. id, 'pb', 'worker')
            redis.call('LPUSH', KEYS[1] .. 'active', id)
        end";
    for pipeline in &pipelines {
        let () = redis.ask(&["EVAL", take, "1", &format!("p-bull:{pipeline}:")]).await;
    }
    let seen = numbers(&queue, pipelines).await.map(|numbers| (numbers.active, numbers.busy_workers));
    let expected = [jobs_of(&[("worker", 6000)]), jobs_of(&[("worker", 4000)]), BTreeMap::new()];
    assert_eq!(seen, expected.map(|busy| (6000, busy)));
}

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

fn jobs_of(workers: &[(&str, u64)]) -> BTreeMap<String, u64> {
    workers.iter().map(|(name, jobs)| ((*name).to_owned(), *jobs)).collect()
}

async fn numbers<const N: usize>(queue: &BullQueue, pipelines: [PipelineName; N]) -> [QueueNumbers; N] {
    queue.snapshot(&pipelines).await.unwrap().queues.try_into().unwrap()
}
