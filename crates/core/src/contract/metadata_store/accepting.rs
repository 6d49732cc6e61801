//! Accepting photos.

use super::{
    Accepted, CatalogueEntry, ErrorKind, NewPhoto, Photo, PhotoId, PhotoStatus, Priority, StoreSubject, accepted,
    begun, kind, pipeline, read, sample,
};
use crate::{idempotency::Repeatable, photo::Sha256};

pub(super) async fn an_accepted_photo_can_be_read_at_once(subject: StoreSubject<'_>) {
    let store = subject.port();
    let new = sample::new_photo(&sample::owner(), &pipeline(&*store).await);
    let answer = store.accept(&new).await.unwrap();
    assert!(matches!(answer, Accepted::Created(_)), "{answer:?}");
    let photo = answer.into_photo().unwrap();
    let expected = Photo {
        id: new.id,
        sender: new.sender.clone(),
        file_name: new.file_name.clone(),
        original: new.original.clone(),
        pipeline: new.pipeline.clone(),
        priority: Priority::default(),
        generation: 1,
        status: PhotoStatus::Queued,
        seq: 1,
        dimensions: None,
        metadata: None,
        variants: vec![],
        finished_run: None,
        next_attempt_at: None,
        failure: None,
        created_at: photo.created_at,
        updated_at: photo.created_at,
    };
    assert_eq!(photo, expected);
    assert_eq!(read(&*store, &new).await, expected);
}

pub(super) async fn a_repeated_accept_returns_the_photo_as_it_is(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let run = begun(&*store, &photo).await;
    store.finish(&sample::finish(photo.id, run.id)).await.unwrap();
    store.remove_pipeline(&photo.pipeline).await.unwrap();
    let answer = store.accept(&photo).await.unwrap();
    assert_eq!(answer, Accepted::Repeated(Box::new(read(&*store, &photo).await)));
    assert_eq!(answer.into_photo().unwrap().status, PhotoStatus::Completed);
}

/// A try of an upload: with each, the bytes get another id and another key.
fn upload(first: &NewPhoto, key: &Repeatable) -> NewPhoto {
    let again = sample::new_photo(&first.sender.user, &first.pipeline);
    NewPhoto { repeatable: Some(key.clone()), ..again }
}

fn repeatable(file: u32) -> Repeatable {
    Repeatable { key: format!("key-{}", PhotoId::generate()).parse().unwrap(), file }
}

pub(super) async fn a_repeated_request_returns_the_photo_of_the_first(subject: StoreSubject<'_>) {
    let store = subject.port();
    let (first, key) = (accepted(&*store).await, repeatable(0));
    let made = store.accept(&upload(&first, &key)).await.unwrap();
    let Accepted::Created(made) = made else { panic!("expected a new photo, got {made:?}") };
    let again = upload(&first, &key);
    assert_eq!(store.accept(&again).await.unwrap(), Accepted::Repeated(made));
    assert_eq!(kind(store.photo(&first.sender.user, again.id).await), ErrorKind::NotFound);
    let other_file = upload(&first, &Repeatable { file: 1, ..key });
    assert!(matches!(store.accept(&other_file).await.unwrap(), Accepted::Created(_)));
}

pub(super) async fn an_idempotency_key_is_good_for_the_same_bytes_only(subject: StoreSubject<'_>) {
    let store = subject.port();
    let (first, key) = (accepted(&*store).await, repeatable(0));
    store.accept(&upload(&first, &key)).await.unwrap();
    let mut other = upload(&first, &key);
    other.original.sha256 = Sha256::try_from("0f".repeat(32)).unwrap();
    assert_eq!(store.accept(&other).await.unwrap(), Accepted::KeyReused);
    assert_eq!(kind(store.photo(&first.sender.user, other.id).await), ErrorKind::NotFound);
}

pub(super) async fn an_idempotency_key_is_its_owners_own(subject: StoreSubject<'_>) {
    let store = subject.port();
    let (first, other, key) = (accepted(&*store).await, accepted(&*store).await, repeatable(0));
    for owner in [&first, &other] {
        assert!(matches!(store.accept(&upload(owner, &key)).await.unwrap(), Accepted::Created(_)));
    }
}

pub(super) async fn an_id_of_another_owner_is_a_conflict(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let before = read(&*store, &photo).await;
    let thief = NewPhoto { sender: sample::sender(&sample::owner()), ..photo.clone() };
    assert_eq!(kind(store.accept(&thief).await), ErrorKind::Conflict);
    assert_eq!(read(&*store, &photo).await, before);
}

pub(super) async fn an_unknown_pipeline_is_invalid_and_leaves_nothing_behind(subject: StoreSubject<'_>) {
    let store = subject.port();
    let new = sample::new_photo(&sample::owner(), &sample::pipeline());
    assert_eq!(kind(store.accept(&new).await), ErrorKind::Invalid);
    assert_eq!(kind(store.photo(&new.sender.user, new.id).await), ErrorKind::NotFound);
    store.put_pipeline(&new.pipeline, &CatalogueEntry::default()).await.unwrap();
    assert!(matches!(store.accept(&new).await.unwrap(), Accepted::Created(_)), "the refusal took the id");
}

pub(super) async fn an_original_of_another_photo_is_invalid(subject: StoreSubject<'_>) {
    let store = subject.port();
    let owner = sample::owner();
    let pipeline = pipeline(&*store).await;
    let other = sample::new_photo(&owner, &pipeline);
    let new = NewPhoto { original: other.original, ..sample::new_photo(&owner, &pipeline) };
    assert_eq!(kind(store.accept(&new).await), ErrorKind::Invalid);
}

pub(super) async fn concurrent_accepts_of_one_photo_create_it_once(subject: StoreSubject<'_>) {
    let store = subject.port();
    let new = sample::new_photo(&sample::owner(), &pipeline(&*store).await);
    let accepts = (0..8).map(|_| store.accept(&new));
    let answers: Vec<Accepted> = futures::future::join_all(accepts).await.into_iter().map(Result::unwrap).collect();
    let created = answers.iter().filter(|answer| matches!(answer, Accepted::Created(_))).count();
    assert_eq!(created, 1);
    let photo = read(&*store, &new).await;
    assert!(answers.into_iter().all(|answer| answer.into_photo().as_ref() == Some(&photo)));
    assert_eq!(photo.seq, 1);
}
