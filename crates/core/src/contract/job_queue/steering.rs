//! What those do who steer a queue from outside: they pause and resume it.

use super::{GLANCE, JobQueue, QueueCounts, Subject, claim, new_job, new_pipeline};

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
