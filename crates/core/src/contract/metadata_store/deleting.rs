//! Photos that their owners delete. What is stored of them goes later, and is no part of the port.

use super::{
    Begun, ErrorClass, ErrorKind, FailDecision, FinishOutcome, PhotoId, PhotoQuery, Reprocess, Run, StoreSubject,
    accepted, begun, counts, fail, kind, read, sample,
};

pub(super) async fn a_deleted_photo_is_out_of_sight_at_once(subject: StoreSubject<'_>) {
    let store = subject.port();
    for ended in [false, true] {
        let photo = accepted(&*store).await;
        let owner = &photo.sender.user;
        let neighbour = sample::new_photo(owner, &photo.pipeline);
        store.accept(&neighbour).await.unwrap();
        let run = begun(&*store, &photo).await;
        if ended {
            store.finish(&sample::finish(photo.id, run.id)).await.unwrap();
        }
        store.delete(owner, photo.id).await.unwrap();
        assert_eq!(kind(store.photo(owner, photo.id).await), ErrorKind::NotFound);
        let all = store.photos(owner, &PhotoQuery { status: None, after: None, limit: 200 }).await.unwrap();
        assert_eq!(all.photos, [read(&*store, &neighbour).await]);
        let counts = counts(&*store, &photo.pipeline).await.unwrap();
        assert_eq!((counts.queued, counts.processing, counts.completed_total), (1, 0, u64::from(ended)));
        if !ended {
            // A run was live, so that the photo is not forgotten yet.
            assert_eq!(kind(store.accept(&photo).await), ErrorKind::Conflict, "its id is not free");
        }
    }
}

pub(super) async fn a_run_whose_photo_is_deleted_is_fenced(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let Run { id: run, .. } = begun(&*store, &photo).await;
    store.delete(&photo.sender.user, photo.id).await.unwrap();
    assert!(!store.run_is_live(photo.id, run).await.unwrap());
    assert_eq!(store.finish(&sample::finish(photo.id, run)).await.unwrap(), FinishOutcome::Rejected);
    assert_eq!(fail(&*store, &photo, run, ErrorClass::Data).await, FailDecision::Rejected);
    // Superseded once the photo is forgotten.
    let answer = store.begin(&sample::begin(&photo)).await.unwrap();
    assert!(matches!(answer, Begun::Deleting | Begun::Superseded), "{answer:?}");
}

pub(super) async fn a_deleted_photo_takes_no_more_changes(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let owner = photo.sender.user.clone();
    // A run was live, so that the photo is not forgotten before this law has ended.
    begun(&*store, &photo).await;
    store.delete(&owner, photo.id).await.unwrap();
    store.delete(&owner, photo.id).await.unwrap();
    assert_eq!(kind(store.cancel(&owner, photo.id).await), ErrorKind::NotFound);
    assert_eq!(kind(store.processing_log(&owner, photo.id).await), ErrorKind::NotFound);
    let again = Reprocess { owner, photo_id: photo.id, generation: 1, pipeline: None, priority: None };
    assert_eq!(kind(store.reprocess(&again).await), ErrorKind::NotFound);
}

pub(super) async fn another_owners_photo_cannot_be_deleted(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let before = read(&*store, &photo).await;
    assert_eq!(kind(store.delete(&sample::owner(), photo.id).await), ErrorKind::NotFound);
    assert_eq!(kind(store.delete(&photo.sender.user, PhotoId::generate()).await), ErrorKind::NotFound);
    assert_eq!(read(&*store, &photo).await, before);
    store.delete(&photo.sender.user, photo.id).await.unwrap();
    assert_eq!(kind(store.delete(&sample::owner(), photo.id).await), ErrorKind::NotFound, "also when it is deleted");
}
