//! Reading photos.

use super::{
    ErrorKind, NewPhoto, PhotoId, PhotoQuery, PhotoStatus, Store, StoreSubject, UserId, accepted, begun, kind,
    pipeline, read, sample,
};

pub(super) async fn another_owners_photo_is_not_found(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    assert_eq!(kind(store.photo(&sample::owner(), photo.id).await), ErrorKind::NotFound);
    assert_eq!(kind(store.photo(&photo.sender.user, PhotoId::generate()).await), ErrorKind::NotFound);
    // A subject may hold anything that is special in a URL or in SQL.
    for owner in ["a/b", "%", "a%2Fb", "?limit=1", "' OR 1=1 --", "ünï 写真"] {
        let owner: UserId = format!("{owner}{}", PhotoId::generate()).parse().unwrap();
        let own = sample::new_photo(&owner, &photo.pipeline);
        store.accept(&own).await.unwrap();
        assert_eq!(store.photo(&owner, own.id).await.unwrap().sender.user, owner);
        assert_eq!(kind(store.photo(&owner, photo.id).await), ErrorKind::NotFound, "{owner}");
    }
}

pub(super) async fn pages_run_newest_first_without_holes_or_repeats(subject: StoreSubject<'_>) {
    let store = subject.port();
    let owner = sample::owner();
    let mut ids = accept_many(&*store, &owner, 7).await;
    ids.sort_unstable();
    ids.reverse();
    for limit in [1, 3, 6, 7, 8, 200] {
        let mut seen = Vec::new();
        let mut query = PhotoQuery { status: None, after: None, limit };
        loop {
            let page = store.photos(&owner, &query).await.unwrap();
            let full = page.photos.len() == usize::from(limit);
            assert!(full || !page.has_more, "a page of {} of {limit} is not the last", page.photos.len());
            seen.extend(page.photos.iter().map(|photo| photo.id));
            query.after = seen.last().copied();
            if !page.has_more {
                break;
            }
            assert!(seen.len() < ids.len(), "more is promised after the last photo");
        }
        assert_eq!(seen, ids, "pages of {limit}");
    }
}

pub(super) async fn a_list_never_shows_another_owners_photos(subject: StoreSubject<'_>) {
    let store = subject.port();
    let (alice, bob) = (sample::owner(), sample::owner());
    accept_many(&*store, &alice, 3).await;
    let bobs = accept_many(&*store, &bob, 2).await;
    for after in bobs.iter().copied().map(Some).chain([None]) {
        let page = store.photos(&alice, &PhotoQuery { status: None, after, limit: 200 }).await.unwrap();
        assert!(page.photos.iter().all(|photo| photo.sender.user == alice), "{page:?}");
    }
    let empty = store.photos(&sample::owner(), &PhotoQuery { status: None, after: None, limit: 200 }).await.unwrap();
    assert_eq!((empty.photos, empty.has_more), (vec![], false));
}

pub(super) async fn a_list_of_one_status_shows_that_status_only(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let owner = &photo.sender.user;
    let waiting = accept_many(&*store, owner, 1).await;
    let run = begun(&*store, &photo).await;
    store.finish(&sample::finish(photo.id, run.id)).await.unwrap();
    let listed = async |status| {
        let query = PhotoQuery { status: Some(status), after: None, limit: 200 };
        store.photos(owner, &query).await.unwrap().photos
    };
    assert_eq!(listed(PhotoStatus::Completed).await, [read(&*store, &photo).await]);
    let queued: Vec<PhotoId> = listed(PhotoStatus::Queued).await.iter().map(|photo| photo.id).collect();
    assert_eq!(queued, waiting);
    assert_eq!(listed(PhotoStatus::Dead).await, []);
}

pub(super) async fn a_limit_out_of_bounds_is_invalid(subject: StoreSubject<'_>) {
    let store = subject.port();
    for limit in [0, PhotoQuery::MAX_LIMIT + 1] {
        let query = PhotoQuery { status: None, after: None, limit };
        assert_eq!(kind(store.photos(&sample::owner(), &query).await), ErrorKind::Invalid, "{limit}");
    }
}

async fn accept_many(store: &Store, owner: &UserId, count: usize) -> Vec<PhotoId> {
    let pipeline = pipeline(store).await;
    let photos: Vec<NewPhoto> = (0..count).map(|_| sample::new_photo(owner, &pipeline)).collect();
    for photo in &photos {
        store.accept(photo).await.unwrap();
    }
    photos.into_iter().map(|photo| photo.id).collect()
}
