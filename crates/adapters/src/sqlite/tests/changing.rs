//! What owners' changes tell the queue and the event log, and what stays behind in the database.

use photo_core::{
    event::{Cancelled, Deleted, Queued},
    port::metadata_store::Reprocess,
    processing_log::ProcessingLog,
};
use rusqlite::Connection;

use super::*;

fn again(photo: &NewPhoto) -> Reprocess {
    let owner = photo.sender.user.clone();
    Reprocess { owner, photo_id: photo.id, generation: 1, pipeline: None, priority: None }
}

impl Opened {
    async fn complete(&self, photo: &NewPhoto) {
        let run = self.begin(photo).await;
        self.store.finish(&sample::finish(photo.id, run.id)).await.unwrap();
    }

    fn count(&self, sql: &str) -> u32 {
        let connection = Connection::open(config(&self.folder).path).unwrap();
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reprocess_tells_the_event_before_the_job() {
    let opened = open();
    let photo = opened.accept(&sample::pipeline()).await;
    opened.complete(&photo).await;
    opened.drain().await;
    let soon = photo_core::priority::Priority::try_from(2).unwrap();
    opened.store.reprocess(&Reprocess { priority: Some(soon), ..again(&photo) }).await.unwrap();
    let items = opened.drain().await;
    let [OutboxItem::Event(event), OutboxItem::Enqueue(job)] = items.as_slice() else {
        panic!("expected an event and a job, got {items:?}");
    };
    assert_eq!((event.seq, event.generation, &event.kind), (Some(4), 2, &EventKind::Queued(Queued { priority: soon })));
    assert_eq!((job.generation, job.priority), (2, soon));
    let totals = opened.store.totals().await.unwrap();
    assert_eq!(totals[0].enqueued_total, 2, "the new generation's job is an arrival");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_takes_the_job_out_of_the_queue_after_the_event() {
    let opened = open();
    let photo = opened.accept(&sample::pipeline()).await;
    opened.store.cancel(&photo.sender.user, photo.id).await.unwrap();
    let items = opened.drain().await;
    let [OutboxItem::Event(_), OutboxItem::Enqueue(added), OutboxItem::Event(event), OutboxItem::RemoveJob(removed)] =
        items.as_slice()
    else {
        panic!("expected two events, a job and its removal, got {items:?}");
    };
    assert_eq!((event.seq, event.run, &event.kind), (Some(2), None, &EventKind::Cancelled(Cancelled {})));
    assert_eq!(removed.id(), added.id());
    assert_eq!(opened.store.reopen_all().await.unwrap(), 0, "it is not open any more");

    let taken = opened.accept(&photo.pipeline).await;
    let run = opened.begin(&taken).await;
    opened.drain().await;
    opened.clock.advance(SignedDuration::from_secs(2));
    opened.store.cancel(&taken.sender.user, taken.id).await.unwrap();
    let told = events(opened.drain().await);
    assert_eq!(told.iter().map(|event| event.run).collect::<Vec<_>>(), [Some(run.id)]);
    let totals = &opened.store.totals().await.unwrap()[0];
    assert_eq!((totals.completed_total, totals.failed_total, totals.busy_seconds_total), (0, 0, 2.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_waits_to_be_taken_out_of_the_queue_is_enqueued_when_it_is_open_again() {
    let opened = open();
    let photo = opened.accept(&sample::pipeline()).await;
    opened.drain().await;
    opened.store.cancel(&photo.sender.user, photo.id).await.unwrap();
    opened.store.reprocess(&again(&photo)).await.unwrap();
    assert_eq!(opened.store.reopen_all().await.unwrap(), 0, "its new job waits in the outbox");
    let jobs: Vec<(bool, u32)> = opened
        .drain()
        .await
        .into_iter()
        .filter_map(|item| match item {
            OutboxItem::Enqueue(job) => Some((true, job.generation)),
            OutboxItem::RemoveJob(job) => Some((false, job.generation)),
            OutboxItem::Event(_) => None,
        })
        .collect();
    assert_eq!(jobs, [(false, 1), (true, 2)], "the old job goes, the new one comes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_is_told_when_everything_is_gone_and_the_outbox_keeps_its_entries() {
    let opened = open();
    let photo = opened.accept(&sample::pipeline()).await;
    opened.complete(&photo).await;
    opened.store.delete(&photo.sender.user, photo.id).await.unwrap();
    assert_eq!(opened.store.deletions_pending().await.unwrap(), 1);
    let due = opened.store.deletions_due(10, opened.clock_now()).await.unwrap();
    assert_eq!(due, [DueDeletion { photo_id: photo.id, attempts: 0 }], "no run was live");
    opened.store.purge(photo.id).await.unwrap();
    opened.store.purge(photo.id).await.unwrap();
    assert_eq!(opened.store.deletions_pending().await.unwrap(), 0);
    for table in ["photos", "works", "variants", "runs", "stage_log", "deletions"] {
        assert_eq!(opened.count(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
    let items = opened.drain().await;
    let removals = items.iter().filter(|item| matches!(item, OutboxItem::RemoveJob(_))).count();
    let told = events(items);
    assert_eq!((told.len(), removals), (4, 1), "uploaded, started, completed, deleted");
    assert_eq!((told[3].seq, &told[3].kind), (Some(4), &EventKind::Deleted(Deleted {})));
    assert_eq!(told[3].sender.user_id, photo.sender.user);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_deleted_photo_is_purged() {
    let opened = open();
    let photo = opened.accept(&sample::pipeline()).await;
    opened.drain().await;
    opened.store.purge(photo.id).await.unwrap();
    assert_eq!(opened.store.photo(&photo.sender.user, photo.id).await.unwrap().id, photo.id);
    assert_eq!(opened.drain().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_is_put_off_comes_again_and_counts_its_attempts() {
    let opened = open();
    let photo = opened.accept(&sample::pipeline()).await;
    opened.store.delete(&photo.sender.user, photo.id).await.unwrap();
    let next_at = opened.clock_now() + SignedDuration::from_secs(5);
    opened.store.put_deletion_off(photo.id, next_at, "the store is away".to_owned()).await.unwrap();
    assert_eq!(opened.store.deletions_due(10, opened.clock_now()).await.unwrap(), []);
    opened.clock.advance(SignedDuration::from_secs(5));
    let due = opened.store.deletions_due(10, opened.clock_now()).await.unwrap();
    assert_eq!(due, [DueDeletion { photo_id: photo.id, attempts: 1 }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn stages_are_forgotten_with_their_runs() {
    let opened = open();
    let photo = opened.accept(&sample::pipeline()).await;
    for _ in 0..ProcessingLog::RUNS_MAX + 2 {
        let run = opened.begin(&photo).await;
        opened.store.fail(&sample::fail(photo.id, run.id, ErrorClass::Temporary)).await.unwrap();
    }
    assert_eq!(opened.count("SELECT count(*) FROM stage_log"), ProcessingLog::RUNS_MAX);
}
