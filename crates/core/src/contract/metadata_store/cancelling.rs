//! Photos that their owners cancel.

use super::{
    Begun, ErrorClass, ErrorKind, FailDecision, FinishOutcome, Photo, PhotoId, PhotoStatus, StoreSubject, accepted,
    begun, counts, fail, kind, read, sample,
};

pub(super) async fn a_waiting_photo_is_cancelled_and_never_begun(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let before = read(&*store, &photo).await;
    let cancelled = store.cancel(&photo.sender.user, photo.id).await.unwrap();
    let expected = Photo { status: PhotoStatus::Cancelled, seq: 2, updated_at: cancelled.updated_at, ..before };
    assert_eq!(cancelled, expected);
    assert_eq!(read(&*store, &photo).await, cancelled);
    assert_eq!(store.begin(&sample::begin(&photo)).await.unwrap(), Begun::Cancelled);
    let counts = counts(&*store, &photo.pipeline).await.unwrap();
    assert_eq!((counts.queued, counts.processing, counts.completed_total, counts.failed_total), (0, 0, 0, 0));
}

pub(super) async fn a_run_whose_photo_is_cancelled_is_fenced(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let run = begun(&*store, &photo).await;
    let cancelled = store.cancel(&photo.sender.user, photo.id).await.unwrap();
    assert_eq!((cancelled.status, cancelled.seq), (PhotoStatus::Cancelled, 3));
    assert!(!store.run_is_live(photo.id, run.id).await.unwrap());
    assert_eq!(store.finish(&sample::finish(photo.id, run.id)).await.unwrap(), FinishOutcome::Rejected);
    assert_eq!(fail(&*store, &photo, run.id, ErrorClass::Data).await, FailDecision::Rejected);
    assert_eq!(store.begin(&sample::begin(&photo)).await.unwrap(), Begun::Cancelled);
    assert_eq!(read(&*store, &photo).await, cancelled);
}

pub(super) async fn a_photo_that_waits_for_another_attempt_says_when_and_can_be_cancelled(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    assert_eq!(read(&*store, &photo).await.next_attempt_at, None);
    let run = begun(&*store, &photo).await;
    let decision = fail(&*store, &photo, run.id, ErrorClass::Logic).await;
    let FailDecision::RetryIn { milliseconds } = decision else { panic!("expected a retry, got {decision:?}") };
    let waiting = read(&*store, &photo).await;
    let wait = waiting.next_attempt_at.unwrap().duration_since(waiting.updated_at);
    assert_eq!(wait.as_millis(), i128::from(milliseconds));
    let second = begun(&*store, &photo).await;
    assert_eq!(read(&*store, &photo).await.next_attempt_at, None, "it is no longer waited for");
    fail(&*store, &photo, second.id, ErrorClass::Logic).await;
    let cancelled = store.cancel(&photo.sender.user, photo.id).await.unwrap();
    assert_eq!((cancelled.status, cancelled.next_attempt_at), (PhotoStatus::Cancelled, None));
    assert_eq!(read(&*store, &photo).await, cancelled);
}

pub(super) async fn a_repeated_cancel_returns_the_photo_as_it_is(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let calls = (0..4).map(|_| async { store.cancel(&photo.sender.user, photo.id).await.unwrap() });
    let answers = futures::future::join_all(calls).await;
    let cancelled = read(&*store, &photo).await;
    assert_eq!(cancelled.seq, 2, "it is cancelled once");
    assert!(answers.iter().all(|answer| *answer == cancelled), "{answers:?}");
}

pub(super) async fn what_has_ended_cannot_be_cancelled(subject: StoreSubject<'_>) {
    let store = subject.port();
    for class in [None, Some(ErrorClass::Data)] {
        let photo = accepted(&*store).await;
        let run = begun(&*store, &photo).await;
        match class {
            None => {
                store.finish(&sample::finish(photo.id, run.id)).await.unwrap();
            }
            Some(class) => {
                fail(&*store, &photo, run.id, class).await;
            }
        }
        let before = read(&*store, &photo).await;
        assert_eq!(kind(store.cancel(&photo.sender.user, photo.id).await), ErrorKind::Conflict);
        assert_eq!(read(&*store, &photo).await, before);
    }
    let photo = accepted(&*store).await;
    assert_eq!(kind(store.cancel(&sample::owner(), photo.id).await), ErrorKind::NotFound);
    assert_eq!(kind(store.cancel(&photo.sender.user, PhotoId::generate()).await), ErrorKind::NotFound);
    assert_eq!(read(&*store, &photo).await.status, PhotoStatus::Queued);
}
