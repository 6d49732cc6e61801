//! The job queue: what becomes of jobs and claims when Redis loses them, is away or holds those of others.

use std::time::Duration;

use futures::{FutureExt, future::join_all};
use photo_adapters::redis::{BullSettings, job_queue::KeptJobs};
use photo_core::{
    job::{Job, QueueCounts, SCHEMA_VERSION},
    port::{ErrorKind, EventLog, JobQueue},
};

use crate::fixture::{PATIENCE, Redis, event, job, pipeline, until};

#[tokio::test]
async fn lost_data_makes_claims_conflicts_and_changes_the_epoch() {
    let redis = Redis::start().await;
    let (queue, pipeline) = (redis.queue(BullSettings::default()), pipeline());
    let epoch = queue.epoch("platform").await.unwrap();
    let job = job(&pipeline);
    queue.enqueue(&job).await.unwrap();
    let claim = queue.claim(&pipeline, PATIENCE).await.unwrap().unwrap();
    redis.server.flushall().await.unwrap();
    assert_eq!(queue.extend(&claim).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(queue.complete(&claim).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_ne!(queue.epoch("platform").await.unwrap(), epoch);
    assert_eq!(queue.counts(&pipeline).await.unwrap(), QueueCounts::default());
    queue.enqueue(&job).await.unwrap();
    let claim = queue.claim(&pipeline, PATIENCE).await.unwrap().unwrap();
    queue.complete(&claim).await.unwrap();
}

#[tokio::test]
async fn a_payload_of_somebody_else_is_claimed_as_unreadable() {
    let redis = Redis::start().await;
    let (queue, pipeline) = (redis.queue(BullSettings::default()), pipeline());
    let options = bullmq::QueueOptions::new()
        .connection(bullmq::options::RedisConnectionOptions::new().url(redis.server.url()))
        .prefix("p-bull");
    let foreign = bullmq::Queue::with_options(pipeline.as_str(), options).await.unwrap();
    let newer = serde_json::to_value(Job { schema_version: SCHEMA_VERSION + 1, ..job(&pipeline) }).unwrap();
    for payload in [serde_json::json!({"to": "ann@example.org"}), newer] {
        foreign.add("mail", payload).job_id("some job").await.unwrap();
        let claim = queue.claim(&pipeline, PATIENCE).await.unwrap().unwrap();
        assert_eq!(claim.job_id, "some job");
        assert!(claim.job.is_err(), "{claim:?}");
        queue.complete(&claim).await.unwrap();
        foreign.remove("some job").await.unwrap();
    }
}

#[tokio::test]
async fn racing_producers_leave_one_waiting_job() {
    let redis = Redis::start().await;
    let (one, other, pipeline) =
        (redis.queue(BullSettings::default()), redis.queue(BullSettings::default()), pipeline());
    let job = job(&pipeline);
    for _ in 0..20 {
        let enqueues = (0..6).map(|i| if i % 2 == 0 { one.enqueue(&job) } else { other.enqueue(&job) });
        for outcome in join_all(enqueues).await {
            outcome.unwrap();
        }
        assert_eq!(one.counts(&pipeline).await.unwrap(), QueueCounts { waiting: 1, ..QueueCounts::default() });
        let claim = one.claim(&pipeline, PATIENCE).await.unwrap().unwrap();
        one.complete(&claim).await.unwrap();
    }
}

#[tokio::test]
async fn a_job_taken_for_a_dropped_claim_goes_to_the_next_one() {
    let redis = Redis::start().await;
    // Without being kept the job would come back only after this lease.
    let settings = BullSettings { lease: PATIENCE * 10, ..BullSettings::default() };
    let (queue, pipeline) = (redis.queue(settings), pipeline());
    assert_eq!(queue.claim(&pipeline, Duration::ZERO).await.unwrap(), None);
    let job = job(&pipeline);
    queue.enqueue(&job).await.unwrap();
    assert!(queue.claim(&pipeline, PATIENCE).now_or_never().is_none());
    let claim = queue.claim(&pipeline, PATIENCE).await.unwrap().unwrap();
    assert_eq!(claim.job, Ok(job));
    queue.complete(&claim).await.unwrap();
}

#[tokio::test]
async fn a_claim_survives_an_outage_that_is_shorter_than_its_lease() {
    let redis = Redis::start().await;
    let settings = BullSettings { lease: PATIENCE, ..BullSettings::default() };
    let (queue, pipeline) = (redis.queue(settings), pipeline());
    queue.enqueue(&job(&pipeline)).await.unwrap();
    let claim = queue.claim(&pipeline, PATIENCE).await.unwrap().unwrap();
    redis.server.kill();
    for _ in 0..20 {
        assert_eq!(queue.extend(&claim).await.unwrap_err().kind(), ErrorKind::Unavailable);
    }
    redis.server.start_again().await.unwrap();
    queue.extend(&claim).await.unwrap();
    until("the job is completed", || async {
        let outcome = queue.complete(&claim).await.map_err(|error| error.kind());
        assert!(matches!(outcome, Ok(()) | Err(ErrorKind::Unavailable)), "{outcome:?}");
        outcome.is_ok()
    })
    .await;
    assert_eq!(queue.counts(&pipeline).await.unwrap(), QueueCounts { completed: 1, ..QueueCounts::default() });
}

#[tokio::test]
async fn ended_jobs_beyond_the_kept_ones_are_removed() {
    let redis = Redis::start().await;
    let kept = |count, age| KeptJobs { count, age };
    let settings = BullSettings {
        trim_interval: Duration::from_millis(50),
        kept_completed: kept(2, PATIENCE),
        kept_failed: kept(1_000, Duration::from_millis(1)),
        ..BullSettings::default()
    };
    let (queue, pipeline) = (redis.queue(settings), pipeline());
    for i in 0..10 {
        queue.enqueue(&job(&pipeline)).await.unwrap();
        let claim = queue.claim(&pipeline, PATIENCE).await.unwrap().unwrap();
        if i < 5 { queue.complete(&claim).await.unwrap() } else { queue.fail(&claim, "broken").await.unwrap() }
    }
    until("two completed jobs are left", || async {
        let counts = queue.counts(&pipeline).await.unwrap();
        counts == QueueCounts { completed: 2, ..QueueCounts::default() }
    })
    .await;
}

#[tokio::test]
async fn a_hanging_redis_is_unavailable_and_works_when_it_goes_on() {
    let redis = Redis::start().await;
    let (queue, log, pipeline) = (redis.queue(BullSettings::default()), redis.log(100), pipeline());
    assert_eq!(queue.claim(&pipeline, Duration::ZERO).await.unwrap(), None);
    let job = job(&pipeline);
    queue.enqueue(&job).await.unwrap();
    let () = redis.ask(&["CLIENT", "PAUSE", "5000", "ALL"]).await;
    let (enqueued, claimed, end) = tokio::join!(queue.enqueue(&job), queue.claim(&pipeline, Duration::ZERO), log.end());
    assert_eq!(enqueued.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(claimed.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(end.unwrap_err().kind(), ErrorKind::Unavailable);
    until("Redis goes on", || async { queue.ready().await.is_ok() }).await;
    until("the job is claimed", || async {
        queue
            .claim(&pipeline, PATIENCE)
            .await
            .is_ok_and(|claim| claim.is_some_and(|claim| claim.job == Ok(job.clone())))
    })
    .await;
}

#[tokio::test]
async fn scripts_are_loaded_again_after_redis_forgot_them() {
    let redis = Redis::start().await;
    let (queue, log, pipeline) = (redis.queue(BullSettings::default()), redis.log(100), pipeline());
    for _ in 0..2 {
        queue.enqueue(&job(&pipeline)).await.unwrap();
        let claim = queue.claim(&pipeline, PATIENCE).await.unwrap().unwrap();
        queue.complete(&claim).await.unwrap();
        assert!(log.append(&event()).await.unwrap());
        let () = redis.ask(&["SCRIPT", "FLUSH"]).await;
    }
}
