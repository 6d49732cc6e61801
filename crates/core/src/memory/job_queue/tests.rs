use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::{FutureExt, future::join_all};

use super::*;
use crate::{id::PhotoId, job::SCHEMA_VERSION, priority::Priority, trace::TraceParent};

const LEASE: Duration = Duration::from_secs(15);
const LONG: Duration = Duration::from_hours(1);

fn queue() -> MemoryQueue {
    MemoryQueue::new(MemoryQueueSettings::default())
}

fn pipeline() -> PipelineName {
    "full-processing".parse().unwrap()
}

pub(super) fn job() -> Job {
    Job {
        schema_version: SCHEMA_VERSION,
        photo_id: PhotoId::generate(),
        pipeline: pipeline(),
        generation: 1,
        priority: Priority::default(),
        traceparent: TraceParent::generate(),
    }
}

async fn enqueued(queue: &MemoryQueue) -> Job {
    let job = job();
    queue.enqueue(&job).await.unwrap();
    job
}

async fn claim(queue: &MemoryQueue) -> Claim {
    queue.claim(&pipeline(), LONG).await.unwrap().unwrap()
}

async fn kind<T: std::fmt::Debug>(answer: impl Future<Output = Result<T, PortError>>) -> ErrorKind {
    answer.await.unwrap_err().kind()
}

#[tokio::test(start_paused = true)]
async fn a_waiting_claim_gets_a_job_the_moment_its_lease_is_over() {
    let queue = queue();
    let started = Instant::now();
    let takes = async {
        enqueued(&queue).await;
        claim(&queue).await
    };
    // The one that waits slept before there was a lease, and hears of it.
    let (again, held) = tokio::join!(claim(&queue), takes);
    assert_eq!((&again.job_id, started.elapsed()), (&held.job_id, LEASE));
    assert_eq!(kind(queue.complete(&held)).await, ErrorKind::Conflict);
    queue.complete(&again).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_waiting_claim_hears_of_an_end_that_comes_earlier_than_the_one_it_waits_for() {
    let queue = queue();
    enqueued(&queue).await;
    let held = claim(&queue).await;
    let started = Instant::now();
    let hand_back = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        queue.delay(&held, Duration::from_secs(2)).await.unwrap();
    };
    let (again, ()) = tokio::join!(claim(&queue), hand_back);
    assert_eq!((again.job_id, started.elapsed()), (held.job_id, Duration::from_secs(3)));
}

#[tokio::test(start_paused = true)]
async fn an_extended_lease_is_not_over_at_its_old_end() {
    let queue = queue();
    enqueued(&queue).await;
    let held = claim(&queue).await;
    let started = Instant::now();
    let extend = async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        queue.extend(&held).await.unwrap();
    };
    let (again, ()) = tokio::join!(claim(&queue), extend);
    assert_eq!((again.job_id, started.elapsed()), (held.job_id, Duration::from_secs(10) + LEASE));
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_over_is_lost_also_where_nobody_took_the_job() {
    let queue = queue();
    enqueued(&queue).await;
    let held = claim(&queue).await;
    tokio::time::sleep(LEASE).await;
    assert_eq!(kind(queue.extend(&held)).await, ErrorKind::Conflict);
    assert_eq!(queue.counts(&pipeline()).await.unwrap(), QueueCounts { waiting: 1, ..QueueCounts::default() });
}

#[tokio::test(start_paused = true)]
async fn a_claim_ends_without_a_job_when_its_wait_is_over() {
    let queue = queue();
    let started = Instant::now();
    assert_eq!(queue.claim(&pipeline(), Duration::from_secs(7)).await.unwrap(), None);
    assert_eq!(started.elapsed(), Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn waits_without_an_end_are_taken_for_very_long_ones() {
    let queue = queue();
    let job = enqueued(&queue).await;
    let held = queue.claim(&pipeline(), Duration::MAX).await.unwrap().unwrap();
    queue.delay(&held, Duration::MAX).await.unwrap();
    assert_eq!(queue.counts(&pipeline()).await.unwrap(), QueueCounts { delayed: 1, ..QueueCounts::default() });
    queue.remove(&pipeline(), &job.id()).await.unwrap();
    assert_eq!(queue.counts(&pipeline()).await.unwrap(), QueueCounts::default());
}

#[tokio::test(start_paused = true)]
async fn released_and_lost_jobs_keep_their_turn_and_delayed_ones_queue_up_anew() {
    let queue = queue();
    let (delayed, released, lost) = (enqueued(&queue).await, enqueued(&queue).await, enqueued(&queue).await);
    let claims = [claim(&queue).await, claim(&queue).await, claim(&queue).await];
    let waiting = enqueued(&queue).await;
    queue.delay(&claims[0], Duration::from_secs(1)).await.unwrap();
    queue.release(&claims[1]).await.unwrap();
    tokio::time::sleep(LEASE).await;
    for expected in [released, lost, waiting, delayed] {
        assert_eq!(claim(&queue).await.job, Ok(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_claim_takes_no_job_with_it() {
    let queue = queue();
    let pipeline = pipeline();
    let mut waits = queue.claim(&pipeline, LONG);
    assert!((&mut waits).now_or_never().is_none());
    let job = enqueued(&queue).await;
    drop(waits);
    assert_eq!(claim(&queue).await.job, Ok(job));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn as_many_waiting_claims_as_jobs_get_one_each() {
    let queue = Arc::new(queue());
    let claims = (0..50).map(|_| {
        let queue = Arc::clone(&queue);
        tokio::spawn(async move { queue.claim(&pipeline(), Duration::from_mins(1)).await.unwrap().unwrap().job_id })
    });
    let claims: Vec<_> = claims.collect();
    let jobs = (0..50).map(|_| {
        let queue = Arc::clone(&queue);
        tokio::spawn(async move { enqueued(&queue).await.id().to_string() })
    });
    let jobs: BTreeSet<String> = join_all(jobs).await.into_iter().map(Result::unwrap).collect();
    let claimed: BTreeSet<String> = join_all(claims).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(claimed, jobs);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_is_unavailable_until_a_job_ends() {
    let queue = MemoryQueue::new(MemoryQueueSettings { open_max: 2, ..MemoryQueueSettings::default() });
    let (first, _) = (enqueued(&queue).await, enqueued(&queue).await);
    let third = job();
    assert_eq!(kind(queue.enqueue(&third)).await, ErrorKind::Unavailable);
    queue.enqueue(&first).await.unwrap();
    let held = claim(&queue).await;
    assert_eq!(kind(queue.enqueue(&third)).await, ErrorKind::Unavailable);
    queue.complete(&held).await.unwrap();
    queue.enqueue(&third).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn ended_jobs_are_remembered_within_bounds_and_forgotten_when_they_come_again() {
    let bounds = MemoryQueueSettings { completed_max: 2, failed_max: 3, ..MemoryQueueSettings::default() };
    let queue = MemoryQueue::new(bounds);
    for _ in 0..5 {
        enqueued(&queue).await;
        queue.complete(&claim(&queue).await).await.unwrap();
    }
    let mut last = job();
    for _ in 0..5 {
        last = enqueued(&queue).await;
        queue.fail(&claim(&queue).await, "the photo is broken").await.unwrap();
    }
    let expected = QueueCounts { completed: 2, failed: 3, ..QueueCounts::default() };
    assert_eq!(queue.counts(&pipeline()).await.unwrap(), expected);
    queue.enqueue(&last).await.unwrap();
    assert_eq!(queue.counts(&pipeline()).await.unwrap(), QueueCounts { waiting: 1, failed: 2, ..expected });
}

#[tokio::test(start_paused = true)]
async fn a_pipeline_that_holds_nothing_takes_no_memory() {
    let queue = queue();
    let job = enqueued(&queue).await;
    queue.remove(&pipeline(), &job.id()).await.unwrap();
    assert_eq!(queue.claim(&"another".parse().unwrap(), Duration::ZERO).await.unwrap(), None);
    assert!(queue.lock().pipelines.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_worker_is_busy_while_it_has_a_job_and_named_where_it_has_a_name() {
    for worker_name in [None, Some("local".to_owned())] {
        let queue = MemoryQueue::new(MemoryQueueSettings { worker_name: worker_name.clone(), ..Default::default() });
        let busy = async || queue.snapshot(&[pipeline()]).await.unwrap().queues.remove(0).busy_workers;
        enqueued(&queue).await;
        assert_eq!(busy().await, BTreeMap::new());
        let held = claim(&queue).await;
        assert_eq!(busy().await, worker_name.into_iter().map(|name| (name, 1)).collect());
        queue.complete(&held).await.unwrap();
        assert_eq!(busy().await, BTreeMap::new());
    }
}

#[tokio::test(start_paused = true)]
async fn every_value_and_every_life_has_an_epoch_of_its_own() {
    let queue = queue();
    enqueued(&queue).await;
    let (held, epoch) = (claim(&queue).await, queue.epoch("platform").await.unwrap());
    queue.forget();
    let epochs = [epoch, queue.epoch("platform").await.unwrap(), self::queue().epoch("platform").await.unwrap()];
    assert_eq!(BTreeSet::from(epochs).len(), 3);
    assert_eq!(kind(queue.complete(&held)).await, ErrorKind::Conflict);
    assert_eq!(queue.counts(&pipeline()).await.unwrap(), QueueCounts::default());
}

#[tokio::test(start_paused = true)]
async fn who_is_silent_for_long_owns_the_queues_no_more() {
    let queue = queue();
    queue.epoch("first").await.unwrap();
    tokio::time::advance(OWNED_FOR / 2).await;
    queue.epoch("first").await.unwrap();
    tokio::time::advance(OWNED_FOR / 2).await;
    assert_eq!(kind(queue.epoch("second")).await, ErrorKind::Conflict);
    tokio::time::advance(OWNED_FOR / 2).await;
    queue.epoch("second").await.unwrap();
    assert_eq!(kind(queue.epoch("first")).await, ErrorKind::Conflict);
}
