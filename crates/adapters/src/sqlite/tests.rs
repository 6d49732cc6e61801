//! What the port does not show: the outbox, the totals, and a second process.

use futures::FutureExt;
use jiff::SignedDuration;
use photo_core::{
    clock::ManualClock,
    contract::sample,
    error_class::ErrorClass,
    event::{Event, EventKind, Failed},
    photo::PhotoStatus,
    run::Run,
};
use tempfile::TempDir;

use super::*;

mod changing;
mod clock;
mod restoring;
mod upgrading;

struct Opened {
    store: SqliteMetadata,
    clock: ManualClock,
    folder: TempDir,
}

fn config(folder: &TempDir) -> SqliteConfig {
    SqliteConfig { path: folder.path().join("photos.db"), readers: 2.try_into().unwrap() }
}

fn open() -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let clock = ManualClock::starting_at("2026-11-21T10:00:00.123456Z".parse().unwrap());
    let store = SqliteMetadata::open(&config(&folder), Clock::Manual(clock.clone())).unwrap();
    Opened { store, clock, folder }
}

impl Opened {
    async fn accept(&self, pipeline: &PipelineName) -> NewPhoto {
        self.store.put_pipeline(pipeline, &CatalogueEntry::default()).await.unwrap();
        let photo = sample::new_photo(&sample::owner(), pipeline);
        self.store.accept(&photo).await.unwrap();
        photo
    }

    async fn begin(&self, photo: &NewPhoto) -> Run {
        let answer = self.store.begin(&sample::begin(photo)).await.unwrap();
        let Begun::Run(run) = answer else { panic!("expected a run, got {answer:?}") };
        *run
    }

    async fn due(&self) -> Vec<OutboxEntry> {
        self.store.outbox_due(100, self.clock_now()).await.unwrap()
    }

    async fn oldest_seconds(&self) -> Option<u64> {
        self.store.oldest_outbox_age().await.unwrap().map(|age| age.as_secs())
    }

    fn clock_now(&self) -> Timestamp {
        Clock::Manual(self.clock.clone()).now()
    }

    /// Tells every entry, as a relay would, and returns them in the order in which they came.
    async fn drain(&self) -> Vec<OutboxItem> {
        let mut told = Vec::new();
        loop {
            let entries = self.due().await;
            if entries.is_empty() {
                return told;
            }
            self.store.outbox_done(entries.iter().map(|entry| entry.id).collect()).await.unwrap();
            told.extend(entries.into_iter().map(|entry| entry.item));
        }
    }
}

fn events(items: Vec<OutboxItem>) -> Vec<Event> {
    let event = |item| match item {
        OutboxItem::Event(event) => Some(*event),
        OutboxItem::Enqueue(_) | OutboxItem::RemoveJob(_) => None,
    };
    items.into_iter().filter_map(event).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accept_tells_the_event_before_the_job() {
    let opened = open();
    let photo = opened.accept(&sample::pipeline()).await;
    let first = opened.due().await;
    assert_eq!(first.len(), 1, "of a photo only the first entry is due");
    let items = opened.drain().await;
    let [OutboxItem::Event(event), OutboxItem::Enqueue(job)] = items.as_slice() else {
        panic!("expected an event and a job, got {items:?}");
    };
    assert_eq!(
        (event.photo_id, event.seq, event.time),
        (photo.id, Some(1), "2026-11-21T10:00:00.123Z".parse().unwrap())
    );
    assert!(matches!(event.kind, EventKind::Uploaded(_)));
    assert_eq!((job.photo_id, &job.pipeline, job.generation), (photo.id, &photo.pipeline, 1));
    assert_eq!(job.traceparent, photo.sender.traceparent);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_state_event_carries_the_next_number() {
    let opened = open();
    let photo = opened.accept(&sample::pipeline()).await;
    let first = opened.begin(&photo).await;
    opened.store.fail(&sample::fail(photo.id, first.id, ErrorClass::Logic)).await.unwrap();
    let second = opened.begin(&photo).await;
    opened.store.finish(&sample::finish(photo.id, second.id)).await.unwrap();
    let told = events(opened.drain().await);
    let numbers: Vec<(Option<u64>, Option<RunId>)> = told.iter().map(|event| (event.seq, event.run)).collect();
    let runs = [None, Some(first.id), Some(first.id), Some(second.id), Some(second.id)];
    assert_eq!(numbers, (1..).map(Some).zip(runs).collect::<Vec<_>>());
    let EventKind::Failed(Failed { status, is_final, .. }) = &told[2].kind else { panic!("{:?}", told[2]) };
    assert_eq!((*status, *is_final), (PhotoStatus::Queued, false));
    assert!(matches!(told[4].kind, EventKind::Completed(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stuck_entry_holds_up_its_own_photo_only() {
    let opened = open();
    let stuck = opened.accept(&sample::pipeline()).await;
    let other = opened.accept(&stuck.pipeline).await;
    let entry = opened.due().await.into_iter().find(|entry| entry.photo_id == stuck.id).unwrap();
    let next_at = opened.clock_now() + SignedDuration::from_secs(10);
    opened.store.outbox_retry(entry.id, next_at, "the log is down".to_owned()).await.unwrap();
    assert_eq!(opened.drain().await.len(), 2, "both entries of the other photo");
    assert_eq!(opened.oldest_seconds().await, Some(0));
    opened.clock.advance(SignedDuration::from_secs(10));
    assert_eq!(opened.oldest_seconds().await, Some(10));
    let again = opened.due().await;
    assert_eq!((again[0].id, again[0].attempts, again.len()), (entry.id, 1, 1));
    assert_eq!(opened.drain().await.len(), 2);
    assert_eq!(opened.oldest_seconds().await, None);
    assert_ne!(stuck.id, other.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_wakes_when_the_outbox_gets_entries() {
    let opened = open();
    let filled = opened.store.outbox_filled();
    let photo = opened.accept(&sample::pipeline()).await;
    // The permit is kept, so that a relay that is busy misses nothing.
    filled.notified().await;
    opened.begin(&photo).await;
    filled.notified().await;
    opened.store.ready().await.unwrap();
    assert!(filled.notified().now_or_never().is_none(), "a change without an entry wakes nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn open_photos_are_enqueued_again_once_each() {
    let opened = open();
    let pipeline = sample::pipeline();
    let mut open_photos = Vec::new();
    for _ in 0..5 {
        open_photos.push(opened.accept(&pipeline).await.id);
    }
    let [completed, begun] = [opened.accept(&pipeline).await, opened.accept(&pipeline).await];
    let run = opened.begin(&completed).await;
    opened.store.finish(&sample::finish(completed.id, run.id)).await.unwrap();
    opened.begin(&begun).await;
    open_photos.push(begun.id);
    opened.drain().await;
    let pending = opened.accept(&pipeline).await;

    assert_eq!(opened.store.reopen_all().await.unwrap(), 6, "one is completed, one has its job in the outbox");
    assert_eq!(opened.store.reopen_all().await.unwrap(), 0);
    open_photos.push(pending.id);
    let mut listed = opened.store.open_jobs(None, 3).await.unwrap();
    assert_eq!(listed.len(), 3);
    listed.extend(opened.store.open_jobs(listed.last().map(|job| job.photo_id), 100).await.unwrap());
    open_photos.sort_unstable();
    assert_eq!(listed.iter().map(|job| job.photo_id).collect::<Vec<_>>(), open_photos);
    let mut told: Vec<Job> = opened
        .drain()
        .await
        .into_iter()
        .filter_map(|item| match item {
            OutboxItem::Enqueue(job) => Some(job),
            OutboxItem::Event(_) | OutboxItem::RemoveJob(_) => None,
        })
        .collect();
    told.sort_by_key(|job| job.photo_id);
    assert_eq!(told, listed);
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_count_what_happened_and_never_fall() {
    let opened = open();
    let photo = opened.accept(&sample::pipeline()).await;
    let failing = opened.accept(&photo.pipeline).await;
    let run = opened.begin(&photo).await;
    let failing_run = opened.begin(&failing).await;
    opened.clock.advance(SignedDuration::from_millis(1500));
    opened.store.finish(&sample::finish(photo.id, run.id)).await.unwrap();
    // The clock is set back: the run took no time rather than less than none.
    opened.clock.advance(SignedDuration::from_hours(-1));
    opened.store.fail(&sample::fail(failing.id, failing_run.id, ErrorClass::Data)).await.unwrap();
    opened.clock.advance(SignedDuration::from_hours(1));
    opened.drain().await;
    opened.store.reopen_all().await.unwrap();
    opened.drain().await;
    opened.store.remove_pipeline(&photo.pipeline).await.unwrap();
    let totals = PipelineTotals {
        pipeline: photo.pipeline,
        in_catalogue: false,
        enqueued_total: 2,
        completed_total: 1,
        failed_total: 1,
        busy_seconds_total: 1.5,
    };
    assert_eq!(opened.store.totals().await.unwrap(), [totals]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_refuses_to_start() {
    let opened = open();
    let refusal = SqliteMetadata::open(&config(&opened.folder), Clock::System).err().unwrap();
    assert!(matches!(refusal, OpenError::InUse(_)), "{refusal}");
    opened.accept(&sample::pipeline()).await;
}

#[test]
fn random_fractions_lie_below_one_and_differ() {
    let fractions: Vec<f64> = (0..100).map(|_| random_fraction()).collect();
    assert!(fractions.iter().all(|fraction| (0.0..1.0).contains(fraction)));
    assert!(fractions.iter().any(|fraction| *fraction < 0.5) && fractions.iter().any(|fraction| *fraction >= 0.5));
}
