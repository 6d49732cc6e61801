//! The clock of the storage role is a day ahead, and is set right: nothing waits for a day.

use photo_core::{
    blob_key::BlobKey,
    id::{PhotoId, UploadId},
};

use super::*;

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn ahead() -> Opened {
    let opened = open();
    opened.clock.advance(DAY);
    opened
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_meanwhile_is_told_at_once() {
    let opened = ahead();
    opened.accept(&sample::pipeline()).await;
    opened.clock.advance(-DAY);
    assert_eq!(opened.drain().await.len(), 2, "the event and the job");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_put_off_meanwhile_is_due() {
    let opened = ahead();
    let photo = opened.accept(&sample::pipeline()).await;
    let soon = opened.clock_now() + SignedDuration::from_secs(5);
    let entry = opened.due().await.remove(0);
    opened.store.outbox_retry(entry.id, soon, "refused".to_owned()).await.unwrap();
    opened.store.delete(&photo.sender.user, photo.id).await.unwrap();
    opened.store.put_deletion_off(photo.id, soon, "the store is away".to_owned()).await.unwrap();
    assert_eq!(opened.due().await, []);
    opened.clock.advance(-DAY);
    assert_eq!(opened.due().await.len(), 1);
    let due = opened.store.deletions_due(10, opened.clock_now()).await.unwrap();
    assert_eq!(due, [DueDeletion { photo_id: photo.id, attempts: 1 }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_that_was_put_off_meanwhile_is_due() {
    let opened = ahead();
    opened.store.note_hooks();
    let photo = opened.accept(&sample::pipeline()).await;
    while opened.store.photo(&photo.sender.user, photo.id).await.unwrap().status != PhotoStatus::Dead {
        let run = opened.begin(&photo).await;
        opened.store.fail(&sample::fail(photo.id, run.id, ErrorClass::Logic)).await.unwrap();
    }
    let hooks = async || opened.store.hooks_due(10, opened.clock_now()).await.unwrap();
    let soon = opened.clock_now() + SignedDuration::from_secs(5);
    let id = hooks().await.remove(0).id;
    opened.store.put_hook_off(id, soon, "nobody answers".to_owned()).await.unwrap();
    assert_eq!(hooks().await, []);
    opened.clock.advance(-DAY);
    assert_eq!(hooks().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_was_seen_meanwhile_is_as_if_it_were_seen_now() {
    let opened = ahead();
    let key = BlobKey::Original { photo: PhotoId::generate(), upload: UploadId::generate() };
    let grace = SignedDuration::from_mins(1);
    let judge = async || opened.store.judge(vec![key.clone()], grace, Spared::Nothing).await.unwrap();
    assert_eq!(judge().await.waiting, 1);
    opened.clock.advance(-DAY);
    assert_eq!(judge().await.waiting, 1);
    opened.clock.advance(grace);
    assert_eq!(judge().await.condemned, std::slice::from_ref(&key));
}
