//! Runs that end badly, and runs that never end.

use super::{
    Begun, Duration, ErrorClass, FailDecision, FailureCode, FinishOutcome, PhotoStatus, StoreSubject, accepted, begun,
    counts, fail, read, sample,
};

pub(super) async fn a_photo_at_fault_fails_at_once(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let run = begun(&*store, &photo).await;
    let decision = fail(&*store, &photo, run.id, ErrorClass::Data).await;
    assert_eq!(decision, FailDecision::Final { status: PhotoStatus::Failed });
    let failed = read(&*store, &photo).await;
    let given = sample::fail(photo.id, run.id, ErrorClass::Data).failure;
    assert_eq!((failed.status, failed.failure, failed.seq), (PhotoStatus::Failed, Some(given), 3));
    assert_eq!(store.begin(&sample::begin(&photo)).await.unwrap(), Begun::Finished);
    assert_eq!(counts(&*store, &photo.pipeline).await.unwrap().failed_total, 1);
}

pub(super) async fn a_failing_worker_gets_three_attempts(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    for attempt in 1..=2_u64 {
        let run = begun(&*store, &photo).await;
        let wait = retry(&fail(&*store, &photo, run.id, ErrorClass::Logic).await);
        let ceiling = Duration::from_secs(5 * attempt);
        assert!(wait <= ceiling, "attempt {attempt}: {wait:?} of at most {ceiling:?}");
        let waiting = read(&*store, &photo).await;
        assert_eq!((waiting.status, waiting.failure), (PhotoStatus::Queued, None));
    }
    let run = begun(&*store, &photo).await;
    let decision = fail(&*store, &photo, run.id, ErrorClass::Logic).await;
    assert_eq!(decision, FailDecision::Final { status: PhotoStatus::Dead });
    let dead = read(&*store, &photo).await;
    assert_eq!(dead.status, PhotoStatus::Dead);
    assert_eq!(dead.failure.unwrap().code, FailureCode::AttemptsExhausted);
    assert_eq!(store.begin(&sample::begin(&photo)).await.unwrap(), Begun::Dead);
    assert_eq!(counts(&*store, &photo.pipeline).await.unwrap().failed_total, 1);
}

pub(super) async fn a_dependencys_failure_does_not_count(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    for _ in 0..7 {
        let run = begun(&*store, &photo).await;
        let wait = retry(&fail(&*store, &photo, run.id, ErrorClass::Temporary).await);
        assert!(wait <= Duration::from_secs(5), "{wait:?}");
        assert_eq!(read(&*store, &photo).await.status, PhotoStatus::Queued);
    }
    let run = begun(&*store, &photo).await;
    retry(&fail(&*store, &photo, run.id, ErrorClass::Logic).await);
    let run = begun(&*store, &photo).await;
    assert_eq!(store.finish(&sample::finish(photo.id, run.id)).await.unwrap(), FinishOutcome::Applied);
}

pub(super) async fn a_repeated_fail_gets_the_same_decision(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let run = begun(&*store, &photo).await;
    let first = fail(&*store, &photo, run.id, ErrorClass::Logic).await;
    let waiting = read(&*store, &photo).await;
    assert_eq!(fail(&*store, &photo, run.id, ErrorClass::Logic).await, first);
    assert_eq!(read(&*store, &photo).await, waiting);
}

pub(super) async fn a_failure_after_the_finish_changes_nothing(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let run = begun(&*store, &photo).await;
    store.finish(&sample::finish(photo.id, run.id)).await.unwrap();
    let completed = read(&*store, &photo).await;
    // Not `Rejected`: the run would delete the outputs that the photo shows.
    let decision = fail(&*store, &photo, run.id, ErrorClass::Temporary).await;
    assert_eq!(decision, FailDecision::Final { status: PhotoStatus::Completed });
    assert_eq!(read(&*store, &photo).await, completed);
}

pub(super) async fn a_fenced_run_cannot_fail_the_photo(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let older = begun(&*store, &photo).await;
    let newer = begun(&*store, &photo).await;
    assert_eq!(fail(&*store, &photo, older.id, ErrorClass::Data).await, FailDecision::Rejected);
    assert_eq!(read(&*store, &photo).await.status, PhotoStatus::Processing);
    retry(&fail(&*store, &photo, newer.id, ErrorClass::Logic).await);
    // A run that has failed cannot finish: what it wrote may be deleted already.
    assert_eq!(store.finish(&sample::finish(photo.id, newer.id)).await.unwrap(), FinishOutcome::Rejected);
    assert_eq!(read(&*store, &photo).await.status, PhotoStatus::Queued);
}

pub(super) async fn six_deliveries_without_an_outcome_are_poison(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let mut last = None;
    for delivery in 1..=5 {
        let run = begun(&*store, &photo).await;
        assert_eq!(run.delivery, delivery);
        last = Some(run.id);
    }
    assert_eq!(store.begin(&sample::begin(&photo)).await.unwrap(), Begun::Dead);
    let dead = read(&*store, &photo).await;
    assert_eq!((dead.status, dead.seq), (PhotoStatus::Dead, 7));
    assert_eq!(dead.failure.as_ref().unwrap().code, FailureCode::Poison);
    // The fifth run comes too late, and so does a seventh delivery.
    let report = sample::finish(photo.id, last.unwrap());
    assert_eq!(store.finish(&report).await.unwrap(), FinishOutcome::Rejected);
    assert_eq!(store.begin(&sample::begin(&photo)).await.unwrap(), Begun::Dead);
    assert_eq!(read(&*store, &photo).await, dead);
    assert_eq!(counts(&*store, &photo.pipeline).await.unwrap().failed_total, 1);
}

pub(super) async fn deliveries_that_end_in_a_decision_are_not_poison(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    for _ in 0..2 {
        for _ in 0..4 {
            begun(&*store, &photo).await;
        }
        let run = begun(&*store, &photo).await;
        retry(&fail(&*store, &photo, run.id, ErrorClass::Temporary).await);
    }
    assert_eq!(begun(&*store, &photo).await.delivery, 11);
}

fn retry(decision: &FailDecision) -> Duration {
    let FailDecision::RetryIn { milliseconds } = decision else { panic!("expected a retry, got {decision:?}") };
    Duration::from_millis(*milliseconds)
}
