//! Dead letters: photos that were given up, and the ways out.

use super::{
    BeginRun, Begun, CatalogueEntry, DeadLetter, DeadLetterQuery, DeadLetterRef, Discard, ErrorClass, ErrorKind,
    FailureCode, FinishOutcome, NewPhoto, Photo, PhotoId, PhotoStatus, PipelineName, Reprocess, Store, StoreSubject,
    accepted, begun, counts, fail, kind, read, sample,
};

pub(super) async fn a_dead_photo_is_a_dead_letter_with_what_led_to_it(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    assert_eq!(kind(store.dead_letter(photo.id).await), ErrorKind::NotFound, "it is open");
    assert_eq!(kind(store.dead_letter(PhotoId::generate()).await), ErrorKind::NotFound);
    let run = begun(&*store, &photo).await;
    fail(&*store, &photo, run.id, ErrorClass::Temporary).await;
    exhaust(&*store, &photo).await;
    let dead = read(&*store, &photo).await;
    let expected = DeadLetter {
        photo_id: photo.id,
        owner: photo.sender.user.clone(),
        pipeline: photo.pipeline.clone(),
        generation: 1,
        failure: dead.failure.unwrap(),
        attempts: 3,
        deliveries: 4,
        died_at: dead.updated_at,
    };
    assert_eq!(store.dead_letter(photo.id).await.unwrap(), expected);
    assert_eq!(listed(&*store, &photo.pipeline).await, [expected]);

    let poison = beside(&*store, &photo).await;
    for _ in 1..=5 {
        begun(&*store, &poison).await;
    }
    assert_eq!(store.begin(&sample::begin(&poison)).await.unwrap(), Begun::Dead);
    let letter = store.dead_letter(poison.id).await.unwrap();
    assert_eq!((letter.failure.code, letter.attempts), (FailureCode::Poison, 0));
    let at_fault = beside(&*store, &photo).await;
    let run = begun(&*store, &at_fault).await;
    fail(&*store, &at_fault, run.id, ErrorClass::Data).await;
    assert_eq!(kind(store.dead_letter(at_fault.id).await), ErrorKind::NotFound, "it is its own fault");
    assert_eq!(dead_count(&*store, &photo.pipeline).await, 2);
}

pub(super) async fn dead_letters_run_newest_first_over_all_owners_without_holes_or_repeats(subject: StoreSubject<'_>) {
    let store = subject.port();
    let first = dead(&*store).await;
    let mut ids = vec![first.id];
    for _ in 0..4 {
        let other = NewPhoto {
            sender: sample::sender(&sample::owner()),
            ..sample::new_photo(&first.sender.user, &first.pipeline)
        };
        store.accept(&other).await.unwrap();
        exhaust(&*store, &other).await;
        ids.push(other.id);
    }
    ids.sort_by(|a, b| b.cmp(a));
    let query = |after, limit| DeadLetterQuery { pipeline: Some(first.pipeline.clone()), after, limit };
    let (mut seen, mut after) = (Vec::new(), None);
    for rest in [true, true, false] {
        let page = store.dead_letters(&query(after, 2)).await.unwrap();
        assert_eq!(page.has_more, rest);
        seen.extend(page.dead_letters.iter().map(|letter| letter.photo_id));
        after = seen.last().copied();
        // What dies in between is newer than the page, and shifts nothing.
        exhaust(&*store, &beside(&*store, &first).await).await;
    }
    assert_eq!(seen, ids);
    for limit in [0, DeadLetterQuery::MAX_LIMIT + 1] {
        assert_eq!(kind(store.dead_letters(&query(None, limit)).await), ErrorKind::Invalid);
        assert_eq!(kind(store.retry_dead_letters(&query(None, limit)).await), ErrorKind::Invalid);
    }
    let everybodys = DeadLetterQuery { pipeline: None, after: None, limit: 1 };
    assert_eq!(store.dead_letters(&everybodys).await.unwrap().dead_letters.len(), 1, "whatever the pipeline");
}

pub(super) async fn a_dead_letter_leaves_by_its_retry_only_once(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = dead(&*store).await;
    let letter = first_of(&photo);
    let before = read(&*store, &photo).await;
    let calls = (0..4).map(|_| async { store.retry_dead_letter(&letter).await.unwrap() });
    futures::future::join_all(calls).await;
    let again = read(&*store, &photo).await;
    let expected = Photo {
        generation: 2,
        status: PhotoStatus::Queued,
        failure: None,
        seq: before.seq + 1,
        updated_at: again.updated_at,
        ..before
    };
    assert_eq!(again, expected, "it is one new generation");
    assert_eq!((dead_count(&*store, &photo.pipeline).await, listed(&*store, &photo.pipeline).await), (0, vec![]));

    // A retry of what was seen long ago does not touch a newer death.
    for _ in 0..3 {
        let run = begun_in(&*store, &photo, 2).await;
        store.fail(&sample::fail(photo.id, run, ErrorClass::Logic)).await.unwrap();
    }
    store.retry_dead_letter(&letter).await.unwrap();
    assert_eq!(store.dead_letter(photo.id).await.unwrap().generation, 2);
    let ahead = DeadLetterRef { generation: 3, ..letter };
    assert_eq!(kind(store.retry_dead_letter(&ahead).await), ErrorKind::Conflict);
    let second = DeadLetterRef { generation: 2, ..letter };
    store.retry_dead_letter(&second).await.unwrap();
    let run = begun_in(&*store, &photo, 3).await;
    assert_eq!(store.finish(&sample::finish(photo.id, run)).await.unwrap(), FinishOutcome::Applied);
    assert_eq!(kind(store.retry_dead_letter(&DeadLetterRef { generation: 3, ..letter }).await), ErrorKind::Conflict);
}

pub(super) async fn a_dead_letter_whose_owner_has_it_processed_again_is_none(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = dead(&*store).await;
    let owner = photo.sender.user.clone();
    let request = Reprocess { owner, photo_id: photo.id, generation: 1, pipeline: None, priority: None };
    store.reprocess(&request).await.unwrap();
    assert_eq!(kind(store.dead_letter(photo.id).await), ErrorKind::NotFound);
    for discard in [Discard::KeepPhoto, Discard::DeletePhoto] {
        assert_eq!(kind(store.discard_dead_letter(&first_of(&photo), discard).await), ErrorKind::Conflict);
    }
    assert_eq!(read(&*store, &photo).await.status, PhotoStatus::Queued);
    let deleted = dead(&*store).await;
    store.delete(&deleted.sender.user, deleted.id).await.unwrap();
    assert_eq!(kind(store.dead_letter(deleted.id).await), ErrorKind::NotFound);
    assert_eq!(kind(store.retry_dead_letter(&first_of(&deleted)).await), ErrorKind::NotFound);
    assert_eq!(kind(store.discard_dead_letter(&first_of(&deleted), Discard::KeepPhoto).await), ErrorKind::NotFound);
    assert_eq!(dead_count(&*store, &deleted.pipeline).await, 0);
}

pub(super) async fn all_dead_letters_of_a_pipeline_are_retried_a_page_at_a_time(subject: StoreSubject<'_>) {
    let store = subject.port();
    let first = dead(&*store).await;
    let other_pipelines = dead(&*store).await;
    for _ in 0..2 {
        exhaust(&*store, &beside(&*store, &first).await).await;
    }
    let query = |after| DeadLetterQuery { pipeline: Some(first.pipeline.clone()), after, limit: 2 };
    // Nothing is lost while the pipeline is away.
    store.remove_pipeline(&first.pipeline).await.unwrap();
    let skipped = store.retry_dead_letters(&query(None)).await.unwrap();
    assert_eq!((skipped.retried.len(), skipped.skipped.len()), (0, 2));
    assert_eq!(kind(store.retry_dead_letter(&first_of(&first)).await), ErrorKind::Invalid);
    assert_eq!(dead_count(&*store, &first.pipeline).await, 3, "one that was removed shows its dead letters");
    store.put_pipeline(&first.pipeline, &CatalogueEntry::default()).await.unwrap();

    let page = store.retry_dead_letters(&query(None)).await.unwrap();
    assert_eq!((page.retried.len(), page.skipped.len(), page.next), (2, 0, page.retried.last().copied()));
    assert_eq!(dead_count(&*store, &first.pipeline).await, 1, "a page, not all");
    let last = store.retry_dead_letters(&query(page.next)).await.unwrap();
    assert_eq!((last.retried, last.next), (vec![first.id], None));
    assert_eq!(counts(&*store, &first.pipeline).await.unwrap().queued, 3);
    assert_eq!(read(&*store, &first).await.generation, 2);
    assert_eq!(dead_count(&*store, &other_pipelines.pipeline).await, 1, "another pipeline's stay");
}

pub(super) async fn a_discarded_dead_letter_is_failed_for_good_and_keeps_its_failure(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = dead(&*store).await;
    let before = read(&*store, &photo).await;
    for _ in 0..2 {
        store.discard_dead_letter(&first_of(&photo), Discard::KeepPhoto).await.unwrap();
    }
    let after = read(&*store, &photo).await;
    let expected =
        Photo { status: PhotoStatus::Failed, seq: before.seq + 1, updated_at: after.updated_at, ..before.clone() };
    assert_eq!(after, expected);
    assert_eq!(kind(store.dead_letter(photo.id).await), ErrorKind::NotFound);
    assert_eq!(kind(store.retry_dead_letter(&first_of(&photo)).await), ErrorKind::Conflict);
    assert_eq!(store.begin(&sample::begin(&photo)).await.unwrap(), Begun::Finished);
    let counts = counts(&*store, &photo.pipeline).await.unwrap();
    assert_eq!((counts.dead, counts.failed_total), (0, 1), "it has ended once");
    let at_fault = beside(&*store, &photo).await;
    let run = begun(&*store, &at_fault).await;
    fail(&*store, &at_fault, run.id, ErrorClass::Data).await;
    assert_eq!(kind(store.discard_dead_letter(&first_of(&at_fault), Discard::KeepPhoto).await), ErrorKind::Conflict);
}

pub(super) async fn a_dead_letter_can_be_discarded_with_its_photo(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = dead(&*store).await;
    for _ in 0..2 {
        store.discard_dead_letter(&first_of(&photo), Discard::DeletePhoto).await.unwrap();
    }
    assert_eq!(kind(store.photo(&photo.sender.user, photo.id).await), ErrorKind::NotFound);
    assert_eq!(kind(store.dead_letter(photo.id).await), ErrorKind::NotFound);
    assert_eq!(dead_count(&*store, &photo.pipeline).await, 0);
}

/// A photo of a pipeline of its own that has used up its attempts.
async fn dead(store: &Store) -> NewPhoto {
    let photo = accepted(store).await;
    exhaust(store, &photo).await;
    photo
}

async fn exhaust(store: &Store, photo: &NewPhoto) {
    for _ in 0..3 {
        let run = begun(store, photo).await;
        fail(store, photo, run.id, ErrorClass::Logic).await;
    }
}

/// Another photo of the same owner and pipeline.
async fn beside(store: &Store, photo: &NewPhoto) -> NewPhoto {
    let other = sample::new_photo(&photo.sender.user, &photo.pipeline);
    store.accept(&other).await.unwrap();
    other
}

async fn begun_in(store: &Store, photo: &NewPhoto, generation: u32) -> crate::id::RunId {
    let answer = store.begin(&BeginRun { generation, ..sample::begin(photo) }).await.unwrap();
    let Begun::Run(run) = answer else { panic!("expected a run, got {answer:?}") };
    run.id
}

fn first_of(photo: &NewPhoto) -> DeadLetterRef {
    DeadLetterRef { photo_id: photo.id, generation: 1 }
}

async fn listed(store: &Store, pipeline: &PipelineName) -> Vec<DeadLetter> {
    let query = DeadLetterQuery { pipeline: Some(pipeline.clone()), after: None, limit: DeadLetterQuery::MAX_LIMIT };
    store.dead_letters(&query).await.unwrap().dead_letters
}

async fn dead_count(store: &Store, pipeline: &PipelineName) -> u64 {
    let count = counts(store, pipeline).await.map_or(0, |counts| counts.dead);
    assert_eq!(count, listed(store, pipeline).await.len() as u64, "the count is that of the list");
    count
}
