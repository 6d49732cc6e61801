//! Processing a photo again.

use super::{
    BeginRun, Begun, Dimensions, ErrorClass, ErrorKind, FinishOutcome, FinishRun, NewPhoto, Photo, PhotoId,
    PhotoStatus, Priority, Reprocess, Run, Store, StoreSubject, accepted, begun, fail, kind, pipeline, read, sample,
};

pub(super) async fn a_photo_that_has_ended_is_processed_again(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let first = begun(&*store, &photo).await;
    store.finish(&sample::finish(photo.id, first.id)).await.unwrap();
    let before = read(&*store, &photo).await;

    let again = store.reprocess(&request(&photo, 1)).await.unwrap();
    let expected =
        Photo { generation: 2, status: PhotoStatus::Queued, seq: 4, updated_at: again.updated_at, ..before.clone() };
    assert_eq!(again, expected, "what it shows stays until a run of the new generation finishes");
    assert_eq!(read(&*store, &photo).await, again);
    assert_eq!(store.begin(&sample::begin(&photo)).await.unwrap(), Begun::Superseded, "the first generation is over");

    let run = begun_again(&*store, &photo, 2).await;
    assert_eq!((run.generation, run.delivery), (2, 1));
    assert_eq!(read(&*store, &photo).await.variants, before.variants);
    let smaller = Dimensions { width: 40, height: 30 };
    let report = FinishRun { dimensions: Some(smaller), metadata: None, ..sample::finish(photo.id, run.id) };
    assert_eq!(store.finish(&report).await.unwrap(), FinishOutcome::Applied);
    let after = read(&*store, &photo).await;
    assert_eq!((after.status, after.generation, after.seq), (PhotoStatus::Completed, 2, 6));
    assert_eq!((after.dimensions, after.metadata, after.variants), (Some(smaller), None, report.variants));
    assert_eq!(after.finished_run, Some(run.id));
}

pub(super) async fn every_end_can_be_followed_by_another_generation(subject: StoreSubject<'_>) {
    let store = subject.port();
    for end in [PhotoStatus::Completed, PhotoStatus::Failed, PhotoStatus::Dead, PhotoStatus::Cancelled] {
        let photo = accepted(&*store).await;
        bring_to(&*store, &photo, end).await;
        assert_eq!(read(&*store, &photo).await.status, end);
        let again = store.reprocess(&request(&photo, 1)).await.unwrap();
        assert_eq!((again.status, again.generation, again.failure), (PhotoStatus::Queued, 2, None), "after {end:?}");
        let run = begun_again(&*store, &photo, 2).await;
        assert_eq!(store.finish(&sample::finish(photo.id, run.id)).await.unwrap(), FinishOutcome::Applied);
    }
}

pub(super) async fn a_photo_can_go_to_another_pipeline_with_another_priority(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    bring_to(&*store, &photo, PhotoStatus::Failed).await;
    let (other, soon) = (pipeline(&*store).await, Priority::try_from(1).unwrap());
    let changed = Reprocess { pipeline: Some(other.clone()), priority: Some(soon), ..request(&photo, 1) };
    let again = store.reprocess(&changed).await.unwrap();
    assert_eq!((&again.pipeline, again.priority), (&other, soon));
    assert_eq!(read(&*store, &photo).await, again);
    let begin = BeginRun { generation: 2, ..sample::begin(&photo) };
    assert_eq!(store.begin(&begin).await.unwrap(), Begun::Superseded, "the old pipeline has no part in it");
    let run = begin_in(&*store, BeginRun { pipeline: other.clone(), ..begin }).await;
    assert_eq!(run.pipeline, other);
    fail(&*store, &photo, run.id, ErrorClass::Data).await;
    // Who names neither keeps both.
    let kept = store.reprocess(&request(&photo, 2)).await.unwrap();
    assert_eq!((kept.pipeline, kept.priority, kept.generation), (other, soon, 3));
}

pub(super) async fn a_repeated_reprocess_returns_the_photo_as_it_is(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    bring_to(&*store, &photo, PhotoStatus::Completed).await;
    let calls = (0..6).map(|_| async { store.reprocess(&request(&photo, 1)).await.unwrap() });
    let answers = futures::future::join_all(calls).await;
    let once = read(&*store, &photo).await;
    assert_eq!((once.generation, once.seq), (2, 4), "it is one new generation");
    assert!(answers.iter().all(|answer| *answer == once), "{answers:?}");
    let run = begun_again(&*store, &photo, 2).await;
    store.finish(&sample::finish(photo.id, run.id)).await.unwrap();
    let later = read(&*store, &photo).await;
    assert_eq!(store.reprocess(&request(&photo, 1)).await.unwrap(), later, "also when the generation has ended");
    assert_eq!(read(&*store, &photo).await, later);
}

pub(super) async fn what_cannot_be_reprocessed_stays_as_it_is(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let refused = async |request: Reprocess, because: ErrorKind| {
        let before = read(&*store, &photo).await;
        assert_eq!(kind(store.reprocess(&request).await), because, "{request:?}");
        assert_eq!(read(&*store, &photo).await, before);
    };
    refused(request(&photo, 1), ErrorKind::Conflict).await;
    let run = begun(&*store, &photo).await;
    refused(request(&photo, 1), ErrorKind::Conflict).await;
    store.finish(&sample::finish(photo.id, run.id)).await.unwrap();
    refused(request(&photo, 2), ErrorKind::Conflict).await;
    let unknown = Some(sample::pipeline());
    refused(Reprocess { pipeline: unknown, ..request(&photo, 1) }, ErrorKind::Invalid).await;
    refused(Reprocess { owner: sample::owner(), ..request(&photo, 1) }, ErrorKind::NotFound).await;
    refused(Reprocess { photo_id: PhotoId::generate(), ..request(&photo, 1) }, ErrorKind::NotFound).await;
    store.remove_pipeline(&photo.pipeline).await.unwrap();
    refused(request(&photo, 1), ErrorKind::Invalid).await;
}

/// Asks for the generation after `generation`, with pipeline and priority as they are.
fn request(photo: &NewPhoto, generation: u32) -> Reprocess {
    let owner = photo.sender.user.clone();
    Reprocess { owner, photo_id: photo.id, generation, pipeline: None, priority: None }
}

async fn begun_again(store: &Store, photo: &NewPhoto, generation: u32) -> Run {
    begin_in(store, BeginRun { generation, ..sample::begin(photo) }).await
}

async fn begin_in(store: &Store, begin: BeginRun) -> Run {
    let answer = store.begin(&begin).await.unwrap();
    let Begun::Run(run) = answer else { panic!("expected a run, got {answer:?}") };
    *run
}

/// Brings the photo's first generation to that end.
async fn bring_to(store: &Store, photo: &NewPhoto, end: PhotoStatus) {
    match end {
        PhotoStatus::Cancelled => drop(store.cancel(&photo.sender.user, photo.id).await.unwrap()),
        PhotoStatus::Completed => {
            let run = begun(store, photo).await;
            store.finish(&sample::finish(photo.id, run.id)).await.unwrap();
        }
        PhotoStatus::Failed => {
            let run = begun(store, photo).await;
            fail(store, photo, run.id, ErrorClass::Data).await;
        }
        PhotoStatus::Dead => {
            for _ in 0..3 {
                let run = begun(store, photo).await;
                fail(store, photo, run.id, ErrorClass::Logic).await;
            }
        }
        PhotoStatus::Uploading | PhotoStatus::Queued | PhotoStatus::Processing | PhotoStatus::Deleting => {
            panic!("{end:?} is no end of a generation")
        }
    }
}
