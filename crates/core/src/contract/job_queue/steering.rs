//! What those do who steer a queue from outside: they pause and resume it, and look at its numbers.

use std::time::Duration;

use super::{GLANCE, JobQueue, QueueCounts, Subject, claim, new_job, new_pipeline, prioritized_job};
use crate::job::QueueNumbers;

pub(super) async fn a_snapshot_has_the_numbers_of_each_queue_that_was_asked_for(subject: &dyn Subject<dyn JobQueue>) {
    let queue = subject.port();
    let (busy, paused, unknown) = (new_pipeline(), new_pipeline(), new_pipeline());
    for priority in [5, 5, 5, 1, 10] {
        queue.enqueue(&prioritized_job(&busy, priority)).await.unwrap();
    }
    let failed = claim(&*queue, &busy).await;
    queue.fail(&failed, "the photo is broken").await.unwrap();
    let delayed = claim(&*queue, &busy).await;
    queue.delay(&delayed, Duration::from_mins(1)).await.unwrap();
    let open = claim(&*queue, &busy).await;
    queue.enqueue(&new_job(&paused)).await.unwrap();
    queue.pause(&paused).await.unwrap();
    let first = queue.snapshot(&[paused.clone(), unknown, busy]).await.unwrap();
    let numbers = QueueNumbers { prioritized: 1, paused: true, oldest_seconds: Some(0), ..QueueNumbers::default() };
    // The machine may be slow, but nothing here waits for a minute.
    let near_zero = |mut numbers: QueueNumbers| {
        numbers.oldest_seconds = numbers.oldest_seconds.map(|seconds| seconds / 60);
        numbers
    };
    let expected = [
        numbers,
        QueueNumbers::default(),
        QueueNumbers { prioritized: 2, active: 1, delayed: 1, failed: 1, paused: false, ..numbers },
    ];
    assert_eq!(first.queues.into_iter().map(near_zero).collect::<Vec<_>>(), expected);
    queue.complete(&open).await.unwrap();
    let next = queue.snapshot(&[paused]).await.unwrap();
    assert!(next.observed_at >= first.observed_at, "{} before {}", next.observed_at, first.observed_at);
    assert!(queue.snapshot(&[]).await.unwrap().queues.is_empty());
}

pub(super) async fn a_paused_queue_gives_none_and_keeps_what_comes(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipeline, other) = (subject.port(), new_pipeline(), new_pipeline());
    let (taken, before, meanwhile) = (new_job(&pipeline), new_job(&pipeline), new_job(&pipeline));
    queue.enqueue(&taken).await.unwrap();
    queue.enqueue(&before).await.unwrap();
    let open = claim(&*queue, &pipeline).await;
    for _ in 0..2 {
        queue.pause(&pipeline).await.unwrap();
    }
    queue.enqueue(&meanwhile).await.unwrap();
    assert_eq!(queue.claim(&pipeline, GLANCE).await.unwrap(), None);
    let expected = QueueCounts { waiting: 2, active: 1, paused: true, ..QueueCounts::default() };
    assert_eq!(queue.counts(&pipeline).await.unwrap(), expected);
    queue.enqueue(&new_job(&other)).await.unwrap();
    queue.complete(&claim(&*queue, &other).await).await.unwrap();
    queue.extend(&open).await.unwrap();
    queue.complete(&open).await.unwrap();
    for _ in 0..2 {
        queue.resume(&pipeline).await.unwrap();
    }
    for job in [before, meanwhile] {
        let claim = claim(&*queue, &pipeline).await;
        assert_eq!(claim.job.as_ref(), Ok(&job));
        queue.complete(&claim).await.unwrap();
    }
    let expected = QueueCounts { completed: 3, ..QueueCounts::default() };
    assert_eq!(queue.counts(&pipeline).await.unwrap(), expected);
}

pub(super) async fn a_waiting_claim_goes_on_when_its_queue_is_resumed(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipeline) = (subject.port(), new_pipeline());
    queue.pause(&pipeline).await.unwrap();
    let job = new_job(&pipeline);
    queue.enqueue(&job).await.unwrap();
    let resume = async {
        assert_eq!(queue.claim(&pipeline, GLANCE).await.unwrap(), None);
        queue.resume(&pipeline).await.unwrap();
    };
    let (claim, ()) = tokio::join!(claim(&*queue, &pipeline), resume);
    assert_eq!(claim.job.as_ref(), Ok(&job));
    queue.complete(&claim).await.unwrap();
}
