//! The log of a photo's runs.

use super::{
    Begun, ErrorClass, ErrorKind, NewPhoto, PhotoId, ProcessingLog, RunOutcome, Store, StoreSubject, accepted, begun,
    fail, kind, sample,
};

pub(super) async fn the_log_shows_each_run_and_what_was_decided_about_it(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    assert_eq!(log(&*store, &photo).await, ProcessingLog::default());
    let deferred = begun(&*store, &photo).await.id;
    fail(&*store, &photo, deferred, ErrorClass::Temporary).await;
    let retried = begun(&*store, &photo).await.id;
    fail(&*store, &photo, retried, ErrorClass::Logic).await;
    let lost = begun(&*store, &photo).await.id;
    let completed = begun(&*store, &photo).await;
    let under_way = log(&*store, &photo).await.runs;
    let newest = under_way.last().unwrap();
    assert_eq!((newest.run_id, newest.outcome, newest.ended_at), (completed.id, None, None), "it goes on");
    store.finish(&sample::finish(photo.id, completed.id)).await.unwrap();

    let failed = sample::fail(photo.id, retried, ErrorClass::Logic);
    let finished = sample::finish(photo.id, completed.id);
    let expected = [
        (deferred, RunOutcome::Deferred, Some(failed.failure.clone()), failed.stage_log.clone()),
        (retried, RunOutcome::Retried, Some(failed.failure), failed.stage_log),
        (lost, RunOutcome::Lost, None, vec![]),
        (completed.id, RunOutcome::Completed, None, finished.stage_log),
    ];
    let runs = log(&*store, &photo).await.runs;
    for (number, (run, (id, outcome, failure, stages))) in (1..).zip(runs.iter().zip(expected)) {
        assert_eq!((run.run_id, run.outcome), (id, Some(outcome)));
        assert_eq!((&run.failure, &run.stages), (&failure, &stages), "{outcome:?}");
        assert_eq!((run.generation, run.delivery, &run.pipeline), (1, number, &photo.pipeline));
        assert!(run.ended_at.unwrap() >= run.begun_at);
    }
    assert_eq!(runs.len(), 4);
    assert!(runs.is_sorted_by_key(|run| run.begun_at), "oldest first");
}

pub(super) async fn the_log_tells_how_a_photo_came_to_its_end(subject: StoreSubject<'_>) {
    let store = subject.port();
    let outcomes = async |photo: &NewPhoto| {
        let runs = log(&*store, photo).await.runs;
        runs.into_iter().map(|run| run.outcome.unwrap()).collect::<Vec<_>>()
    };
    let at_fault = accepted(&*store).await;
    let run = begun(&*store, &at_fault).await;
    fail(&*store, &at_fault, run.id, ErrorClass::Data).await;
    assert_eq!(outcomes(&at_fault).await, [RunOutcome::Failed]);

    let dead = accepted(&*store).await;
    for _ in 0..3 {
        let run = begun(&*store, &dead).await;
        fail(&*store, &dead, run.id, ErrorClass::Logic).await;
    }
    assert_eq!(outcomes(&dead).await, [RunOutcome::Retried, RunOutcome::Retried, RunOutcome::Dead]);

    let cancelled = accepted(&*store).await;
    begun(&*store, &cancelled).await;
    store.cancel(&cancelled.sender.user, cancelled.id).await.unwrap();
    assert_eq!(outcomes(&cancelled).await, [RunOutcome::Cancelled]);

    let poison = accepted(&*store).await;
    for _ in 0..5 {
        begun(&*store, &poison).await;
    }
    assert_eq!(store.begin(&sample::begin(&poison)).await.unwrap(), Begun::Dead);
    assert_eq!(outcomes(&poison).await, [RunOutcome::Lost; 5]);
}

pub(super) async fn the_log_keeps_the_newest_runs_only(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let neighbour = accepted(&*store).await;
    let kept_there = begun(&*store, &neighbour).await;
    let mut all = Vec::new();
    for _ in 0..ProcessingLog::RUNS_MAX + 3 {
        let run = begun(&*store, &photo).await;
        fail(&*store, &photo, run.id, ErrorClass::Temporary).await;
        all.push(run.id);
    }
    let kept: Vec<_> = log(&*store, &photo).await.runs.into_iter().map(|run| run.run_id).collect();
    assert_eq!(kept, all[3..]);
    assert_eq!(log(&*store, &neighbour).await.runs[0].run_id, kept_there.id);
}

pub(super) async fn another_owners_log_is_not_found(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    begun(&*store, &photo).await;
    assert_eq!(kind(store.processing_log(&sample::owner(), photo.id).await), ErrorKind::NotFound);
    assert_eq!(kind(store.processing_log(&photo.sender.user, PhotoId::generate()).await), ErrorKind::NotFound);
}

async fn log(store: &Store, photo: &NewPhoto) -> ProcessingLog {
    store.processing_log(&photo.sender.user, photo.id).await.unwrap()
}
