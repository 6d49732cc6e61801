//! The laws of [`JobQueue`]. They expect a lease of at most two seconds and wait for its end through `claim` only.

use std::{collections::BTreeSet, time::Duration};

use futures::future::join_all;
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    Law, Subject,
    answer::{PATIENCE, kind, until_available},
};
use crate::{
    id::PhotoId,
    job::{Claim, Job, QueueCounts, SCHEMA_VERSION},
    laws,
    pipeline::PipelineName,
    port::{ErrorKind, JobQueue},
    priority::Priority,
    trace::TraceParent,
};

mod counting;
mod losing;
mod steering;

use counting::{
    a_delayed_job_counts_as_ready_once_it_is_due, a_snapshot_has_the_numbers_of_each_queue_that_was_asked_for,
    counts_add_up,
};
use losing::a_job_is_lost_where_it_was_removed_or_has_ended;
use steering::{a_paused_queue_gives_none_and_keeps_what_comes, a_waiting_claim_goes_on_when_its_queue_is_resumed};

/// Whose the queues are in the laws.
pub const OWNER: &str = "platform-of-the-laws";

/// The name of the worker that takes the subjects' jobs.
pub const WORKER: &str = "worker-of-the-laws";

/// Every law of the port.
pub const LAWS: &[Law<dyn JobQueue>] = laws![
    dyn JobQueue;
    enqueued_jobs_come_in_order,
    a_lower_priority_comes_first_also_when_it_comes_back,
    an_empty_queue_gives_none,
    a_claim_waits_for_the_first_job,
    the_same_id_twice_is_one_job,
    a_completed_job_can_be_enqueued_again,
    a_failed_job_can_be_enqueued_again,
    two_pipelines_do_not_mix,
    no_job_is_given_to_two_claims,
    an_extended_claim_stays_ours,
    a_claim_that_is_not_extended_is_delivered_again,
    a_lost_lease_is_a_conflict,
    an_ended_claim_is_a_conflict,
    a_released_job_comes_back,
    delayed_jobs_come_back_when_they_are_due,
    remove_takes_a_waiting_job_and_leaves_a_taken_one,
    a_job_is_lost_where_it_was_removed_or_has_ended,
    counts_add_up,
    a_snapshot_has_the_numbers_of_each_queue_that_was_asked_for,
    a_delayed_job_counts_as_ready_once_it_is_due,
    a_paused_queue_gives_none_and_keeps_what_comes,
    a_waiting_claim_goes_on_when_its_queue_is_resumed,
    twenty_deliveries_without_an_end_never_fail_the_job,
    the_epoch_stays_while_the_jobs_do,
    the_queues_of_another_owner_are_refused,
    a_killed_server_keeps_its_jobs_or_gets_another_epoch;
    with a server:
    a_dead_server_is_unavailable_and_works_after_its_return,
];

/// Long enough for a job to be found that should not be there.
const GLANCE: Duration = Duration::from_millis(300);
/// Longer than any lease under test.
const LEASE_MAX: Duration = Duration::from_secs(2);

async fn enqueued_jobs_come_in_order(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipeline) = (subject.port(), new_pipeline());
    let jobs: Vec<Job> = (0..5).map(|_| new_job(&pipeline)).collect();
    for job in &jobs {
        queue.enqueue(job).await.unwrap();
    }
    for job in &jobs {
        let claim = claim(&*queue, &pipeline).await;
        assert_eq!((claim.job_id.as_str(), &claim.pipeline), (job.id().as_str(), &pipeline));
        assert_eq!(claim.job.as_ref(), Ok(job));
        queue.complete(&claim).await.unwrap();
    }
}

async fn a_lower_priority_comes_first_also_when_it_comes_back(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipeline) = (subject.port(), new_pipeline());
    let jobs: Vec<Job> = [5, 10, 1, 5, 1].into_iter().map(|priority| prioritized_job(&pipeline, priority)).collect();
    for job in &jobs {
        queue.enqueue(job).await.unwrap();
    }
    assert_eq!(queue.counts(&pipeline).await.unwrap(), QueueCounts { waiting: 5, ..QueueCounts::default() });
    let first = claim(&*queue, &pipeline).await;
    let second = claim(&*queue, &pipeline).await;
    queue.release(&first).await.unwrap();
    queue.delay(&second, Duration::ZERO).await.unwrap();
    let mut order = Vec::new();
    for _ in &jobs {
        let claim = claim(&*queue, &pipeline).await;
        queue.complete(&claim).await.unwrap();
        order.push(claim.job.unwrap());
    }
    // A job that comes back may come before or after those of its own priority.
    order[..2].sort_by_key(|job| job.photo_id);
    assert_eq!(order, [&jobs[2], &jobs[4], &jobs[0], &jobs[3], &jobs[1]].map(Job::clone));
}

async fn an_empty_queue_gives_none(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipeline) = (subject.port(), new_pipeline());
    assert_eq!(queue.claim(&pipeline, Duration::ZERO).await.unwrap(), None);
    assert_eq!(queue.claim(&pipeline, GLANCE).await.unwrap(), None);
    assert_eq!(queue.counts(&pipeline).await.unwrap(), QueueCounts::default());
}

async fn a_claim_waits_for_the_first_job(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipeline) = (subject.port(), new_pipeline());
    let job = new_job(&pipeline);
    let enqueue = async {
        assert_eq!(queue.claim(&pipeline, Duration::ZERO).await.unwrap(), None);
        queue.enqueue(&job).await.unwrap();
    };
    let (claim, ()) = tokio::join!(claim(&*queue, &pipeline), enqueue);
    assert_eq!(claim.job, Ok(job));
    queue.complete(&claim).await.unwrap();
}

async fn the_same_id_twice_is_one_job(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipeline) = (subject.port(), new_pipeline());
    let job = new_job(&pipeline);
    queue.enqueue(&job).await.unwrap();
    queue.enqueue(&job).await.unwrap();
    let claim = claim(&*queue, &pipeline).await;
    queue.enqueue(&job).await.unwrap();
    queue.complete(&claim).await.unwrap();
    assert_eq!(queue.claim(&pipeline, GLANCE).await.unwrap(), None);
}

async fn a_completed_job_can_be_enqueued_again(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipeline) = (subject.port(), new_pipeline());
    let job = new_job(&pipeline);
    for _ in 0..3 {
        queue.enqueue(&job).await.unwrap();
        let claim = claim(&*queue, &pipeline).await;
        assert_eq!(claim.job.as_ref(), Ok(&job));
        queue.complete(&claim).await.unwrap();
    }
}

async fn a_failed_job_can_be_enqueued_again(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipeline) = (subject.port(), new_pipeline());
    let job = new_job(&pipeline);
    for _ in 0..3 {
        queue.enqueue(&job).await.unwrap();
        let claim = claim(&*queue, &pipeline).await;
        assert_eq!(claim.job.as_ref(), Ok(&job));
        queue.fail(&claim, "the photo is broken").await.unwrap();
    }
}

async fn two_pipelines_do_not_mix(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, one, other) = (subject.port(), new_pipeline(), new_pipeline());
    let (of_one, of_other) = (new_job(&one), new_job(&other));
    queue.enqueue(&of_one).await.unwrap();
    assert_eq!(queue.claim(&other, GLANCE).await.unwrap(), None);
    queue.enqueue(&of_other).await.unwrap();
    assert_eq!(claim(&*queue, &other).await.job, Ok(of_other));
    assert_eq!(claim(&*queue, &one).await.job, Ok(of_one));
}

async fn no_job_is_given_to_two_claims(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipeline) = (subject.port(), new_pipeline());
    let jobs: Vec<Job> = (0..40).map(|_| new_job(&pipeline)).collect();
    for job in &jobs {
        queue.enqueue(job).await.unwrap();
    }
    let worker = || async {
        let mut taken = Vec::new();
        while let Some(claim) = queue.claim(&pipeline, Duration::ZERO).await.unwrap() {
            queue.complete(&claim).await.unwrap();
            taken.push(claim.job_id);
        }
        taken
    };
    let mut taken = join_all((0..4).map(|_| worker())).await.concat();
    taken.sort();
    let enqueued: BTreeSet<String> = jobs.iter().map(|job| job.id().to_string()).collect();
    assert_eq!(taken, enqueued.into_iter().collect::<Vec<_>>());
}

async fn an_extended_claim_stays_ours(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipeline) = (subject.port(), new_pipeline());
    queue.enqueue(&new_job(&pipeline)).await.unwrap();
    let claim = claim(&*queue, &pipeline).await;
    let end = Instant::now() + LEASE_MAX * 2;
    while Instant::now() < end {
        queue.extend(&claim).await.unwrap();
        assert_eq!(queue.claim(&pipeline, Duration::from_millis(100)).await.unwrap(), None);
    }
    queue.complete(&claim).await.unwrap();
}

async fn a_claim_that_is_not_extended_is_delivered_again(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipeline) = (subject.port(), new_pipeline());
    let job = new_job(&pipeline);
    queue.enqueue(&job).await.unwrap();
    let first = claim(&*queue, &pipeline).await;
    let second = claim(&*queue, &pipeline).await;
    assert_eq!(second.job, Ok(job));
    assert_ne!(second.token, first.token);
    queue.complete(&second).await.unwrap();
}

async fn a_lost_lease_is_a_conflict(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipeline) = (subject.port(), new_pipeline());
    queue.enqueue(&new_job(&pipeline)).await.unwrap();
    let lost = claim(&*queue, &pipeline).await;
    let mine = claim(&*queue, &pipeline).await;
    assert_eq!(kind(queue.extend(&lost).await), ErrorKind::Conflict);
    assert_eq!(kind(queue.complete(&lost).await), ErrorKind::Conflict);
    assert_eq!(kind(queue.fail(&lost, "mine no more").await), ErrorKind::Conflict);
    assert_eq!(kind(queue.delay(&lost, Duration::ZERO).await), ErrorKind::Conflict);
    assert_eq!(kind(queue.release(&lost).await), ErrorKind::Conflict);
    queue.complete(&mine).await.unwrap();
    assert_eq!(queue.counts(&pipeline).await.unwrap(), QueueCounts { completed: 1, ..QueueCounts::default() });
}

async fn an_ended_claim_is_a_conflict(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipeline) = (subject.port(), new_pipeline());
    queue.enqueue(&new_job(&pipeline)).await.unwrap();
    let claim = claim(&*queue, &pipeline).await;
    queue.fail(&claim, "the photo is broken").await.unwrap();
    assert_eq!(kind(queue.extend(&claim).await), ErrorKind::Conflict);
    assert_eq!(kind(queue.complete(&claim).await), ErrorKind::Conflict);
    assert_eq!(queue.counts(&pipeline).await.unwrap(), QueueCounts { failed: 1, ..QueueCounts::default() });
}

async fn a_released_job_comes_back(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipeline) = (subject.port(), new_pipeline());
    let job = new_job(&pipeline);
    queue.enqueue(&job).await.unwrap();
    for _ in 0..5 {
        let claim = claim(&*queue, &pipeline).await;
        assert_eq!(claim.job.as_ref(), Ok(&job));
        queue.release(&claim).await.unwrap();
        assert_eq!(queue.counts(&pipeline).await.unwrap(), QueueCounts { waiting: 1, ..QueueCounts::default() });
        assert_eq!(kind(queue.complete(&claim).await), ErrorKind::Conflict);
    }
}

async fn delayed_jobs_come_back_when_they_are_due(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipeline) = (subject.port(), new_pipeline());
    let (late, soon) = (new_job(&pipeline), new_job(&pipeline));
    queue.enqueue(&late).await.unwrap();
    queue.enqueue(&soon).await.unwrap();
    let claims = [claim(&*queue, &pipeline).await, claim(&*queue, &pipeline).await];
    queue.delay(&claims[0], Duration::from_millis(2500)).await.unwrap();
    queue.delay(&claims[1], Duration::from_secs(1)).await.unwrap();
    assert_eq!(queue.claim(&pipeline, Duration::ZERO).await.unwrap(), None);
    assert_eq!(queue.counts(&pipeline).await.unwrap(), QueueCounts { delayed: 2, ..QueueCounts::default() });
    for job in [soon, late] {
        let claim = claim(&*queue, &pipeline).await;
        assert_eq!(claim.job, Ok(job));
        queue.complete(&claim).await.unwrap();
    }
}

async fn remove_takes_a_waiting_job_and_leaves_a_taken_one(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipeline) = (subject.port(), new_pipeline());
    let (taken, waiting, never) = (new_job(&pipeline), new_job(&pipeline), new_job(&pipeline));
    queue.enqueue(&taken).await.unwrap();
    queue.enqueue(&waiting).await.unwrap();
    let claim = claim(&*queue, &pipeline).await;
    for job in [&taken, &waiting, &never] {
        queue.remove(&pipeline, &job.id()).await.unwrap();
    }
    queue.complete(&claim).await.unwrap();
    assert_eq!(queue.claim(&pipeline, GLANCE).await.unwrap(), None);
    queue.enqueue(&waiting).await.unwrap();
    assert_eq!(self::claim(&*queue, &pipeline).await.job, Ok(waiting));
}

async fn twenty_deliveries_without_an_end_never_fail_the_job(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipeline) = (subject.port(), new_pipeline());
    let job = new_job(&pipeline);
    queue.enqueue(&job).await.unwrap();
    for _ in 0..20 {
        assert_eq!(claim(&*queue, &pipeline).await.job.as_ref(), Ok(&job));
    }
    let last = claim(&*queue, &pipeline).await;
    assert_eq!(queue.counts(&pipeline).await.unwrap(), QueueCounts { active: 1, ..QueueCounts::default() });
    queue.complete(&last).await.unwrap();
}

async fn the_epoch_stays_while_the_jobs_do(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipeline) = (subject.port(), new_pipeline());
    let epoch = queue.epoch(OWNER).await.unwrap();
    assert!(!epoch.is_empty());
    queue.enqueue(&new_job(&pipeline)).await.unwrap();
    assert_eq!(queue.epoch(OWNER).await.unwrap(), epoch);
}

async fn the_queues_of_another_owner_are_refused(subject: &dyn Subject<dyn JobQueue>) {
    let queue = subject.port();
    let epoch = queue.epoch(OWNER).await.unwrap();
    assert_eq!(kind(queue.epoch("another-platform").await), ErrorKind::Conflict);
    // The refusal changed nothing.
    assert_eq!(queue.epoch(OWNER).await.unwrap(), epoch);
}

async fn a_killed_server_keeps_its_jobs_or_gets_another_epoch(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipeline) = (subject.port(), new_pipeline());
    let epoch = queue.epoch(OWNER).await.unwrap();
    let (taken, waiting) = (new_job(&pipeline), new_job(&pipeline));
    queue.enqueue(&taken).await.unwrap();
    claim(&*queue, &pipeline).await;
    queue.enqueue(&waiting).await.unwrap();
    // A server may put off its own write while its disk is busy with the one before.
    assert_eq!(queue.claim(&new_pipeline(), GLANCE).await.unwrap(), None);
    subject.kill_server().await;
    subject.start_server().await;
    if until_available(|| queue.epoch(OWNER)).await != epoch {
        queue.enqueue(&waiting).await.unwrap();
        queue.enqueue(&taken).await.unwrap();
    }
    let mut found = BTreeSet::new();
    while found.len() < 2 {
        let claim = until_available(|| queue.claim(&pipeline, PATIENCE)).await.unwrap();
        found.insert(claim.job_id.clone());
        queue.complete(&claim).await.unwrap();
    }
    assert_eq!(found, BTreeSet::from([taken.id().to_string(), waiting.id().to_string()]));
}

async fn a_dead_server_is_unavailable_and_works_after_its_return(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipeline) = (subject.port(), new_pipeline());
    let (taken, next) = (new_job(&pipeline), new_job(&pipeline));
    queue.enqueue(&taken).await.unwrap();
    let open = claim(&*queue, &pipeline).await;
    subject.kill_server().await;
    let unavailable = ErrorKind::Unavailable;
    assert_eq!(kind(queue.ready().await), unavailable);
    assert_eq!(kind(queue.enqueue(&next).await), unavailable);
    assert_eq!(kind(queue.claim(&pipeline, Duration::ZERO).await), unavailable);
    assert_eq!(kind(queue.claim(&pipeline, PATIENCE).await), unavailable);
    assert_eq!(kind(queue.remove(&pipeline, &next.id()).await), unavailable);
    assert_eq!(kind(queue.counts(&pipeline).await), unavailable);
    assert_eq!(kind(queue.epoch(OWNER).await), unavailable);
    assert_eq!(kind(queue.extend(&open).await), unavailable);
    subject.start_server().await;
    until_available(|| queue.ready()).await;
    until_available(|| queue.enqueue(&next)).await;
    let mut found = None;
    while found.as_ref() != Some(&next.id().to_string()) {
        let claim = until_available(|| queue.claim(&pipeline, PATIENCE)).await.unwrap();
        queue.complete(&claim).await.unwrap();
        found = Some(claim.job_id);
    }
}

/// A pipeline that no other law uses.
fn new_pipeline() -> PipelineName {
    format!("law-{}", Uuid::new_v4().simple()).parse().unwrap()
}

fn new_job(pipeline: &PipelineName) -> Job {
    prioritized_job(pipeline, 5)
}

fn prioritized_job(pipeline: &PipelineName, priority: u8) -> Job {
    Job {
        schema_version: SCHEMA_VERSION,
        photo_id: PhotoId::generate(),
        pipeline: pipeline.clone(),
        generation: 1,
        priority: Priority::try_from(priority).unwrap(),
        traceparent: TraceParent::generate(),
    }
}

async fn claim(queue: &dyn JobQueue, pipeline: &PipelineName) -> Claim {
    queue.claim(pipeline, PATIENCE).await.unwrap().unwrap()
}
