//! A server that dies.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{
    Arc, Duration, ErrorKind, FinishOutcome, PhotoStatus, Store, StoreSubject, accepted, begun, kind, pipeline, read,
    sample,
};

pub(super) async fn what_was_acknowledged_survives_a_crash(subject: StoreSubject<'_>) {
    const CALLERS: usize = 8;
    const ENOUGH: usize = 40;
    let store = subject.port();
    let owner = sample::owner();
    let pipeline = pipeline(&*store).await;
    let acknowledged = AtomicUsize::new(0);
    let accept_until_it_dies = async || {
        let mut kept = Vec::new();
        loop {
            let new = sample::new_photo(&owner, &pipeline);
            match store.accept(&new).await {
                Ok(_) => kept.push(new),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Unavailable, "{}", error.chain());
                    return (kept, new);
                }
            }
            acknowledged.fetch_add(1, Ordering::SeqCst);
        }
    };
    let kill = async {
        while acknowledged.load(Ordering::SeqCst) < ENOUGH {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        subject.kill_server().await;
    };
    let callers = futures::future::join_all((0..CALLERS).map(|_| accept_until_it_dies()));
    let (streams, ()) = futures::join!(callers, kill);
    subject.start_server().await;

    let store = subject.port();
    for (kept, unknown) in streams {
        for new in kept {
            let photo = read(&*store, &new).await;
            assert_eq!((photo.status, photo.seq), (PhotoStatus::Queued, 1));
            assert_eq!(photo.original, new.original);
        }
        // Its outcome is unknown; a repeat makes it this one photo.
        let photo = store.accept(&unknown).await.unwrap().into_photo().unwrap();
        assert_eq!(photo, read(&*store, &unknown).await);
        assert_eq!((photo.id, photo.seq), (unknown.id, 1));
    }
}

pub(super) async fn a_run_survives_a_crash_of_the_server(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let fenced = begun(&*store, &photo).await;
    let run = begun(&*store, &photo).await;
    subject.kill_server().await;
    subject.start_server().await;

    let store = subject.port();
    assert_eq!(store.finish(&sample::finish(photo.id, fenced.id)).await.unwrap(), FinishOutcome::Rejected);
    assert_eq!(store.finish(&sample::finish(photo.id, run.id)).await.unwrap(), FinishOutcome::Applied);
    let completed = read(&*store, &photo).await;
    subject.kill_server().await;
    subject.start_server().await;
    assert_eq!(read(&*subject.port(), &photo).await, completed);
}

pub(super) async fn a_dead_server_is_unavailable_until_it_is_back(subject: StoreSubject<'_>) {
    let store: Arc<Store> = subject.port();
    let photo = accepted(&*store).await;
    store.ready().await.unwrap();
    subject.kill_server().await;
    let new = sample::new_photo(&photo.sender.user, &photo.pipeline);
    assert_eq!(kind(store.accept(&new).await), ErrorKind::Unavailable);
    assert_eq!(kind(store.photo(&photo.sender.user, photo.id).await), ErrorKind::Unavailable);
    assert_eq!(kind(store.begin(&sample::begin(&photo)).await), ErrorKind::Unavailable);
    assert_eq!(kind(store.ready().await), ErrorKind::Unavailable);
    subject.start_server().await;
    let store = subject.port();
    store.ready().await.unwrap();
    assert_eq!(read(&*store, &photo).await.seq, 1);
}
