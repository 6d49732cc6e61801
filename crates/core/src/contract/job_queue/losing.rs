//! The law about jobs that a queue should hold and does not.

use std::time::Duration;

use super::{Subject, claim, new_job, new_pipeline};
use crate::{job::Job, port::JobQueue};

pub(super) async fn a_job_is_lost_where_it_was_removed_or_has_ended(subject: &dyn Subject<dyn JobQueue>) {
    let (queue, pipeline) = (subject.port(), new_pipeline());
    let jobs: Vec<Job> = (0..7).map(|_| new_job(&pipeline)).collect();
    let [completed, failed, taken, delayed, removed, waiting, unknown] = &jobs[..] else { panic!("seven jobs") };
    assert_eq!(queue.lost(&[]).await.unwrap(), []);
    assert_eq!(queue.lost(&jobs).await.unwrap(), jobs, "nobody has enqueued them yet");
    for job in jobs.iter().filter(|job| *job != unknown) {
        queue.enqueue(job).await.unwrap();
    }
    queue.complete(&claim(&*queue, &pipeline).await).await.unwrap();
    queue.fail(&claim(&*queue, &pipeline).await, "broken").await.unwrap();
    let claimed = claim(&*queue, &pipeline).await;
    assert_eq!(claimed.job_id, taken.id().as_str());
    let put_off = claim(&*queue, &pipeline).await;
    assert_eq!(put_off.job_id, delayed.id().as_str());
    queue.delay(&put_off, Duration::from_mins(10)).await.unwrap();
    queue.remove(&pipeline, &removed.id()).await.unwrap();
    let lost = [completed, failed, removed, unknown].map(Clone::clone);
    assert_eq!(queue.lost(&jobs).await.unwrap(), lost);
    assert_eq!(queue.lost(std::slice::from_ref(waiting)).await.unwrap(), []);
}
