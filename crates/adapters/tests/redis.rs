//! What the laws of the ports can't ask of every adapter: what ours do when Redis loses data, hangs or holds what
//! others wrote. Each test has a Redis of its own.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's own functions end it as its body does")]

use std::{slice, sync::Arc, time::Duration};

use futures::{FutureExt, StreamExt, future::join_all};
use photo_adapters::redis::{
    BullQueue, BullSettings, LogSettings, RedisConfig, RedisEndpoint, RedisEventLog, job_queue::KeptJobs,
};
use photo_core::{
    clock::Clock,
    event::{Event, EventKind, EventSender, Uploaded},
    id::{EventId, PhotoId},
    job::{Job, QueueCounts, SCHEMA_VERSION},
    offset::Offset,
    photo::FileName,
    pipeline::PipelineName,
    port::{ErrorKind, EventLog, JobQueue, event_log::LogRead},
    priority::Priority,
    trace::TraceParent,
};
use photo_stack::redis_server::RedisServer;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

const PATIENCE: Duration = Duration::from_mins(1);
const DELAYED: &str = "p-bull:full-processing:delayed";

/// Sweeps often.
fn quick() -> BullSettings {
    BullSettings { sweep_interval: Duration::from_millis(50), ..BullSettings::default() }
}

/// A Redis with its endpoint, and a connection of the test's own.
struct Redis {
    endpoint: Arc<RedisEndpoint>,
    raw: redis::aio::MultiplexedConnection,
    server: RedisServer,
    _folder: TempDir,
}

impl Redis {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = RedisServer::start(folder.path()).await.unwrap();
        let config = RedisConfig {
            redis_url: server.url().into(),
            redis_password: None,
            redis_password_file: None,
            redis_username_file: None,
            redis_prefix: "p:".to_owned(),
        };
        let raw = redis::Client::open(server.url()).unwrap().get_multiplexed_async_connection().await.unwrap();
        Self { endpoint: Arc::new(RedisEndpoint::new(&config).unwrap()), raw, server, _folder: folder }
    }

    fn queue(&self, settings: BullSettings) -> BullQueue {
        BullQueue::new(Arc::clone(&self.endpoint), settings)
    }

    fn log(&self, events_max: u32) -> RedisEventLog {
        RedisEventLog::new(Arc::clone(&self.endpoint), LogSettings { events_max })
    }

    async fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let mut command = redis::Cmd::new();
        command.arg(words);
        command.query_async(&mut self.raw.clone()).await.unwrap()
    }
}

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
async fn a_trimmed_log_is_a_gap_for_those_who_missed_events_only() {
    let redis = Redis::start().await;
    let log = redis.log(10);
    let start = log.end().await.unwrap();
    log.append(&event()).await.unwrap();
    assert_eq!(events(log.read(&start, 10, Duration::ZERO).await.unwrap()).len(), 1);
    // Redis removes whole blocks of a hundred entries.
    for _ in 0..300 {
        log.append(&event()).await.unwrap();
    }
    let end = log.end().await.unwrap();
    assert_eq!(log.read(&start, 10, Duration::ZERO).await.unwrap(), LogRead::Gap { resume_at: end.clone() });
    let later = event();
    log.append(&later).await.unwrap();
    assert_eq!(events(log.read(&end, 10, Duration::ZERO).await.unwrap()), [later]);
}

#[tokio::test]
async fn a_log_that_was_removed_is_a_gap() {
    let redis = Redis::start().await;
    let log = redis.log(100);
    log.append(&event()).await.unwrap();
    let end = log.end().await.unwrap();
    let () = redis.ask(&["DEL", "p:eb:log"]).await;
    let start = Offset { epoch: end.epoch.clone(), position: "0-0".to_owned() };
    assert_eq!(log.read(&end, 10, Duration::ZERO).await.unwrap(), LogRead::Gap { resume_at: start.clone() });
    let next = event();
    let json = serde_json::to_string(&next).unwrap();
    let () = redis.ask(&["XADD", "p:eb:log", "9999999999999-0", "json", &json]).await;
    assert!(matches!(log.read(&end, 10, Duration::ZERO).await.unwrap(), LogRead::Gap { .. }));
    assert_eq!(events(log.read(&start, 10, Duration::ZERO).await.unwrap()), [next]);
}

#[tokio::test]
async fn a_reader_that_waits_while_redis_loses_its_data_is_told_of_a_gap() {
    let redis = Redis::start().await;
    let log = redis.log(100);
    log.append(&event()).await.unwrap();
    let end = log.end().await.unwrap();
    let lose = async {
        log.read(&end, 10, Duration::from_millis(200)).await.unwrap();
        redis.server.flushall().await.unwrap();
        log.append(&event()).await.unwrap();
    };
    let (read, ()) = tokio::join!(log.read(&end, 10, PATIENCE), lose);
    let LogRead::Gap { resume_at } = read.unwrap() else { panic!("no gap") };
    assert_ne!(resume_at.epoch, end.epoch);
}

#[tokio::test]
async fn entries_that_are_no_events_are_passed_over_and_counted_once() {
    let redis = Redis::start().await;
    let log = redis.log(100);
    let (first, second) = (event(), event());
    let start = log.end().await.unwrap();
    log.append(&first).await.unwrap();
    for entry in [["json", "{}"], ["json", "not JSON"], ["other", "field"]] {
        let () = redis.ask(&["XADD", "p:eb:log", "*", entry[0], entry[1]]).await;
    }
    for _ in 0..3 {
        assert_eq!(events(log.read(&start, 2, Duration::ZERO).await.unwrap()), slice::from_ref(&first));
    }
    log.append(&second).await.unwrap();
    let LogRead::Events(found) = log.read(&start, 1, Duration::ZERO).await.unwrap() else { panic!("a gap") };
    assert_eq!(events(log.read(&found[0].0, 1, Duration::ZERO).await.unwrap()), [second]);
    assert_eq!(log.unreadable_total(), 3);
}

#[tokio::test]
async fn a_subscriber_hears_each_event_once_on_its_channel() {
    let redis = Redis::start().await;
    let log = redis.log(100);
    let mut subscription = redis::Client::open(redis.server.url()).unwrap().get_async_pubsub().await.unwrap();
    subscription.psubscribe("*").await.unwrap();
    let (first, second) = (event(), event());
    for event in [&first, &first, &second] {
        log.append(event).await.unwrap();
    }
    let heard: Vec<_> = subscription.on_message().take(2).collect().await;
    for (message, event) in heard.iter().zip([first, second]) {
        assert_eq!(message.get_channel_name(), "p:photo:upload");
        let heard: Event = serde_json::from_slice(message.get_payload_bytes()).unwrap();
        assert_eq!(heard, event);
    }
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

async fn until<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        sleep(Duration::from_millis(20)).await;
    }
}

fn pipeline() -> PipelineName {
    "full-processing".parse().unwrap()
}

fn job(pipeline: &PipelineName) -> Job {
    Job {
        schema_version: SCHEMA_VERSION,
        priority: Priority::default(),
        photo_id: PhotoId::generate(),
        pipeline: pipeline.clone(),
        generation: 1,
        traceparent: TraceParent::generate(),
    }
}

fn event() -> Event {
    Event {
        id: EventId::generate(),
        photo_id: PhotoId::generate(),
        sender: EventSender {
            user_id: "ann".parse().unwrap(),
            client_id: None,
            session_id: None,
            traceparent: TraceParent::generate(),
        },
        pipeline: pipeline(),
        generation: 1,
        run: None,
        seq: Some(1),
        time: "2026-11-21T09:00:00Z".parse().unwrap(),
        kind: EventKind::Uploaded(Uploaded { file_name: FileName::from("a.jpg".to_owned()), size_bytes: 1 }),
    }
}

fn events(read: LogRead) -> Vec<Event> {
    match read {
        LogRead::Events(found) => found.into_iter().map(|(_, event)| event).collect(),
        LogRead::Gap { resume_at } => panic!("a gap, resume at {resume_at}"),
    }
}
