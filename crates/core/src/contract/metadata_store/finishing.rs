//! Runs that end well, and runs that are fenced.

use super::{
    BeginRun, Begun, Dimensions, ErrorClass, ErrorKind, FinishOutcome, Photo, PhotoId, PhotoStatus, RunId,
    StoreSubject, accepted, begun, counts, fail, kind, read, sample,
};

pub(super) async fn a_finished_run_completes_the_photo_with_its_outputs(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let before = read(&*store, &photo).await;
    let run = begun(&*store, &photo).await;
    assert_eq!((run.photo_id, run.generation, run.delivery), (photo.id, 1, 1));
    assert_eq!((&run.pipeline, &run.original, &run.sender), (&photo.pipeline, &photo.original, &photo.sender));
    assert_eq!(read(&*store, &photo).await.status, PhotoStatus::Processing);

    let report = sample::finish(photo.id, run.id);
    assert_eq!(store.finish(&report).await.unwrap(), FinishOutcome::Applied);
    let after = read(&*store, &photo).await;
    let expected = Photo {
        status: PhotoStatus::Completed,
        seq: 3,
        dimensions: Some(Dimensions { width: 4000, height: 3000 }),
        metadata: Some(sample::metadata()),
        variants: report.variants,
        finished_run: Some(run.id),
        updated_at: after.updated_at,
        ..before
    };
    assert_eq!(after, expected);
}

pub(super) async fn every_change_of_state_takes_the_next_number(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let mut seqs = vec![read(&*store, &photo).await.seq];
    let first = begun(&*store, &photo).await;
    seqs.push(read(&*store, &photo).await.seq);
    fail(&*store, &photo, first.id, ErrorClass::Logic).await;
    seqs.push(read(&*store, &photo).await.seq);
    let second = begun(&*store, &photo).await;
    seqs.push(read(&*store, &photo).await.seq);
    // A fenced run changes nothing, so that it takes no number.
    store.finish(&sample::finish(photo.id, first.id)).await.unwrap();
    store.finish(&sample::finish(photo.id, second.id)).await.unwrap();
    seqs.push(read(&*store, &photo).await.seq);
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
}

pub(super) async fn a_begin_fences_the_run_before(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let older = begun(&*store, &photo).await;
    let newer = begun(&*store, &photo).await;
    assert_eq!(newer.delivery, 2);
    assert_ne!(older.id, newer.id);

    assert_eq!(store.finish(&sample::finish(photo.id, older.id)).await.unwrap(), FinishOutcome::Rejected);
    assert_eq!(read(&*store, &photo).await.variants, []);
    assert_eq!(store.finish(&sample::finish(photo.id, newer.id)).await.unwrap(), FinishOutcome::Applied);
    let completed = read(&*store, &photo).await;
    assert_eq!(store.finish(&sample::finish(photo.id, older.id)).await.unwrap(), FinishOutcome::Rejected);
    assert_eq!(read(&*store, &photo).await, completed);
    assert_eq!(completed.finished_run, Some(newer.id));
}

pub(super) async fn only_the_live_run_is_live(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let live = async |run: RunId| store.run_is_live(photo.id, run).await.unwrap();
    let older = begun(&*store, &photo).await.id;
    assert!(live(older).await);
    let newer = begun(&*store, &photo).await.id;
    assert_eq!((live(older).await, live(newer).await), (false, true));
    assert!(!store.run_is_live(PhotoId::generate(), newer).await.unwrap(), "it is no other photo's");
    fail(&*store, &photo, newer, ErrorClass::Logic).await;
    assert!(!live(newer).await, "a run that has failed is over");
    let last = begun(&*store, &photo).await.id;
    store.finish(&sample::finish(photo.id, last)).await.unwrap();
    assert!(!live(last).await, "a run that has finished is over");
}

pub(super) async fn a_repeated_finish_is_applied_again(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let run = begun(&*store, &photo).await;
    let report = sample::finish(photo.id, run.id);
    store.finish(&report).await.unwrap();
    let completed = read(&*store, &photo).await;
    assert_eq!(store.finish(&report).await.unwrap(), FinishOutcome::Applied);
    assert_eq!(read(&*store, &photo).await, completed);
    assert_eq!(counts(&*store, &photo.pipeline).await.unwrap().completed_total, 1);
}

pub(super) async fn a_double_delivery_is_applied_once(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let deliver = async || {
        let Begun::Run(run) = store.begin(&sample::begin(&photo)).await.unwrap() else { return None };
        let outcome = store.finish(&sample::finish(photo.id, run.id)).await.unwrap();
        Some((run.id, outcome))
    };
    let ends = futures::future::join_all([deliver(), deliver(), deliver()]).await;
    let applied: Vec<RunId> =
        ends.into_iter().flatten().filter(|(_, end)| *end == FinishOutcome::Applied).map(|(run, _)| run).collect();
    let completed = read(&*store, &photo).await;
    assert_eq!(Vec::from_iter(completed.finished_run), applied, "exactly one run is applied");
    assert_eq!(completed.variants, sample::finish(photo.id, applied[0]).variants);
    assert_eq!(counts(&*store, &photo.pipeline).await.unwrap().completed_total, 1);
}

pub(super) async fn a_begin_after_the_finish_is_finished(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let run = begun(&*store, &photo).await;
    store.finish(&sample::finish(photo.id, run.id)).await.unwrap();
    let completed = read(&*store, &photo).await;
    assert_eq!(store.begin(&sample::begin(&photo)).await.unwrap(), Begun::Finished);
    assert_eq!(read(&*store, &photo).await, completed);
}

pub(super) async fn unknown_photos_and_other_generations_are_superseded(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let begin = sample::begin(&photo);
    let foreign = [
        BeginRun { photo_id: PhotoId::generate(), ..begin.clone() },
        BeginRun { generation: 0, ..begin.clone() },
        BeginRun { generation: 2, ..begin.clone() },
        BeginRun { pipeline: sample::pipeline(), ..begin },
    ];
    for request in foreign {
        assert_eq!(store.begin(&request).await.unwrap(), Begun::Superseded, "{request:?}");
    }
    let report = sample::finish(PhotoId::generate(), RunId::generate());
    assert_eq!(store.finish(&report).await.unwrap(), FinishOutcome::Rejected);
    assert_eq!(read(&*store, &photo).await.status, PhotoStatus::Queued);
}

pub(super) async fn outputs_outside_the_runs_prefix_are_invalid(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let run = begun(&*store, &photo).await;
    let good = sample::finish(photo.id, run.id);
    let foreign = [
        sample::variant(photo.id, RunId::generate(), "150"),
        sample::variant(PhotoId::generate(), run.id, "150"),
        // The second one of that name.
        sample::variant(photo.id, run.id, "300"),
    ];
    for variant in foreign {
        let mut report = good.clone();
        report.variants.push(variant);
        assert_eq!(kind(store.finish(&report).await), ErrorKind::Invalid);
    }
    assert_eq!(read(&*store, &photo).await.status, PhotoStatus::Processing);
    assert_eq!(store.finish(&good).await.unwrap(), FinishOutcome::Applied);
}
