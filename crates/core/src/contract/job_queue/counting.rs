//! What a queue tells of itself in numbers.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::{GLANCE, JobQueue, PATIENCE, QueueCounts, Subject, WORKER, claim, new_job, new_pipeline, prioritized_job};
use crate::{job::QueueNumbers, pipeline::PipelineName};

pub(super) async fn counts_add_up(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipeline) = (subject.port(), new_pipeline());
    for _ in 0..6 {
        queue.enqueue(&new_job(&pipeline)).await.unwrap();
    }
    assert_eq!(queue.counts(&pipeline).await.unwrap(), QueueCounts { waiting: 6, ..QueueCounts::default() });
    queue.complete(&claim(&*queue, &pipeline).await).await.unwrap();
    queue.fail(&claim(&*queue, &pipeline).await, "the photo is broken").await.unwrap();
    queue.delay(&claim(&*queue, &pipeline).await, PATIENCE).await.unwrap();
    claim(&*queue, &pipeline).await;
    let expected = QueueCounts { waiting: 2, delayed: 1, active: 1, completed: 1, failed: 1, paused: false };
    assert_eq!(queue.counts(&pipeline).await.unwrap(), expected);
}

pub(super) async fn a_snapshot_has_the_numbers_of_each_queue_that_was_asked_for(subject: &dyn Subject<dyn JobQueue>) {
    let queue = subject.port();
    let (busy, paused, unknown) = (new_pipeline(), new_pipeline(), new_pipeline());
    for priority in [5, 5, 5, 1, 10] {
        queue.enqueue(&prioritized_job(&busy, priority)).await.unwrap();
    }
    let failed = claim(&*queue, &busy).await;
    queue.fail(&failed, "the photo is broken").await.unwrap();
    let delayed = claim(&*queue, &busy).await;
    queue.delay(&delayed, PATIENCE * 10).await.unwrap();
    let open = claim(&*queue, &busy).await;
    queue.enqueue(&new_job(&paused)).await.unwrap();
    queue.pause(&paused).await.unwrap();
    let first = queue.snapshot(&[paused.clone(), unknown, busy]).await.unwrap();
    let numbers = QueueNumbers { prioritized: 1, paused: true, oldest_seconds: Some(0), ..QueueNumbers::default() };
    let busy_workers = BTreeMap::from([(WORKER.to_owned(), 1)]);
    let expected = [
        numbers.clone(),
        QueueNumbers::default(),
        QueueNumbers { prioritized: 2, active: 1, delayed: 1, failed: 1, paused: false, busy_workers, ..numbers },
    ];
    assert_eq!(first.queues.into_iter().map(near_zero).collect::<Vec<_>>(), expected);
    queue.complete(&open).await.unwrap();
    let next = queue.snapshot(&[paused]).await.unwrap();
    assert!(next.observed_at >= first.observed_at, "{} before {}", next.observed_at, first.observed_at);
    assert!(queue.snapshot(&[]).await.unwrap().queues.is_empty());
}

pub(super) async fn a_delayed_job_counts_as_ready_once_it_is_due(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipelines) = (subject.port(), [new_pipeline(), new_pipeline()]);
    for pipeline in &pipelines {
        for wait in [PATIENCE * 10, GLANCE] {
            queue.enqueue(&new_job(pipeline)).await.unwrap();
            queue.delay(&claim(&*queue, pipeline).await, wait).await.unwrap();
        }
    }
    let [_, paused] = &pipelines;
    queue.pause(paused).await.unwrap();
    // From here on nobody asks for a job of theirs, as where a pipeline has no worker.
    let due = until_one_is_delayed(&*queue, &pipelines).await;
    let expected = QueueNumbers { prioritized: 1, delayed: 1, oldest_seconds: Some(0), ..QueueNumbers::default() };
    assert_eq!(due.map(near_zero), [expected.clone(), QueueNumbers { paused: true, ..expected }]);
}

/// The numbers of two queues that each have one delayed job, as soon as they have.
async fn until_one_is_delayed(queue: &dyn JobQueue, pipelines: &[PipelineName; 2]) -> [QueueNumbers; 2] {
    let (deadline, elsewhere) = (Instant::now() + PATIENCE, new_pipeline());
    loop {
        let numbers: [QueueNumbers; 2] = queue.snapshot(pipelines).await.unwrap().queues.try_into().unwrap();
        if numbers.iter().all(|numbers| numbers.delayed == 1) || Instant::now() >= deadline {
            return numbers;
        }
        assert_eq!(queue.claim(&elsewhere, GLANCE).await.unwrap(), None);
    }
}

/// The machine may be slow, but nothing here waits for a minute.
fn near_zero(mut numbers: QueueNumbers) -> QueueNumbers {
    numbers.oldest_seconds = numbers.oldest_seconds.map(|seconds| seconds / 60);
    numbers
}
