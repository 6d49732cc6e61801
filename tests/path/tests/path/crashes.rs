//! Each crash point of the protocol, hit on the spot: every photo is completed, once.

use photo_core::id::PhotoId;
use serde_json::Value;

use crate::{
    once::{Tidy, completed_once, cut_stack, cutter, redis, send_photo, until_jobs_ended, until_queue_is_empty},
    scene::{LIMIT, ended, own_stack, small_jpeg, until},
};

/// Calls of `finish` that the storage role answered.
const FINISHES: &str = r#"photo_http_requests_total{method="POST",route="/internal/runs/finish",status="200"}"#;

#[tokio::test]
async fn redis_killed_between_accept_and_relay_loses_no_photo() {
    let stack = own_stack().await;
    let photos = stack.photos_of("alice").unwrap();
    // It stands still before it dies, so that nothing is handed on in between.
    redis(&stack).process().pause().await.unwrap();
    let id = photos.upload("photo.jpg", small_jpeg(1)).await.unwrap().id;
    redis(&stack).kill();
    redis(&stack).start_again().await.unwrap();
    completed_once(&stack, &photos, id, Tidy::Yes).await;
}

#[tokio::test]
async fn worker_killed_between_finish_and_acknowledge_changes_nothing() {
    let stack = cut_stack(1).await;
    let photos = stack.photos_of("alice").unwrap();
    let worker = stack.workers[0].process().unwrap();
    let killed = cutter(&stack).cut("POST /internal/runs/finish ", move || worker.kill());
    let id = photos.upload("photo.jpg", small_jpeg(1)).await.unwrap().id;
    killed.await.unwrap();
    let before = ended(&photos, id).await;
    assert_eq!(redis(&stack).ask("LLEN bull:full-processing:active").await.unwrap(), ":1", "nobody acknowledged");
    stack.workers[0].start().await.unwrap();
    until_jobs_ended(&stack, "finished before", 1).await;
    let after = completed_once(&stack, &photos, id, Tidy::Yes).await;
    assert_eq!(format!("{after:?}"), format!("{before:?}"));
    assert_eq!(after.seq, 3, "uploaded, started, completed");
}

#[tokio::test]
async fn storage_killed_between_commit_and_reply_of_accept_takes_the_photo_once() {
    let stack = cut_stack(1).await;
    let photos = stack.photos_of("alice").unwrap();
    let storage = stack.storage.process().unwrap();
    let killed = cutter(&stack).cut("POST /internal/photos ", move || storage.kill());
    let restart = async {
        killed.await.unwrap();
        stack.storage.start().await.unwrap();
    };
    let (answer, ()) = futures::future::join(send_photo(&stack, &photos, small_jpeg(1)), restart).await;
    let status = answer.status();
    let listed = photos.list().await.unwrap();
    assert_eq!(listed.len(), 1, "{listed:?}");
    if status == 201 {
        let answer: Value = answer.json().await.unwrap();
        let id: PhotoId = answer["photos"][0]["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(listed[0].id, id, "the answer names the photo that was committed");
    } else {
        assert_eq!(status, 503, "the outcome is not known");
    }
    completed_once(&stack, &photos, listed[0].id, Tidy::Yes).await;
}

#[tokio::test]
async fn storage_killed_between_commit_and_reply_of_finish_completes_the_photo_once() {
    let stack = cut_stack(1).await;
    let photos = stack.photos_of("alice").unwrap();
    let storage = stack.storage.process().unwrap();
    let killed = cutter(&stack).cut("POST /internal/runs/finish ", move || storage.kill());
    let id = photos.upload("photo.jpg", small_jpeg(1)).await.unwrap().id;
    killed.await.unwrap();
    // Longer away than the worker repeats its call, so that the job is delivered again.
    until_jobs_ended(&stack, "uncertain", 1).await;
    stack.storage.start().await.unwrap();
    until_jobs_ended(&stack, "finished before", 1).await;
    let photo = completed_once(&stack, &photos, id, Tidy::Yes).await;
    assert_eq!(photo.seq, 3, "uploaded, started, completed");
}

#[tokio::test]
async fn storage_killed_between_commit_and_reply_of_begin_runs_the_photo_again() {
    let stack = cut_stack(1).await;
    let photos = stack.photos_of("alice").unwrap();
    let storage = stack.storage.process().unwrap();
    let killed = cutter(&stack).cut("POST /internal/runs/begin ", move || storage.kill());
    let id = photos.upload("photo.jpg", small_jpeg(1)).await.unwrap().id;
    killed.await.unwrap();
    stack.storage.start().await.unwrap();
    let photo = completed_once(&stack, &photos, id, Tidy::Yes).await;
    assert_eq!(photo.seq, 4, "uploaded, started, started again, completed");
}

#[tokio::test]
async fn worker_killed_in_the_middle_is_followed_by_another_and_its_late_finish_is_rejected() {
    let stack = cut_stack(1).await;
    let photos = stack.photos_of("alice").unwrap();
    let mut finish = cutter(&stack).hold("POST /internal/runs/finish ");
    let id = photos.upload("photo.jpg", small_jpeg(1)).await.unwrap().id;
    finish.arrived().await.unwrap();
    stack.workers[0].kill();
    stack.workers[0].start().await.unwrap();
    let before = completed_once(&stack, &photos, id, Tidy::No).await;
    assert_eq!(before.seq, 4, "uploaded, started, started again, completed");
    // What the dead one had sent arrives now.
    let rejected = async || stack.storage.metric(FINISHES).await.ok().filter(|count| *count >= 2);
    finish.release();
    until("the late finish was answered", LIMIT, rejected).await;
    until_queue_is_empty(&stack).await;
    assert_eq!(format!("{:?}", photos.photo(id).await.unwrap()), format!("{before:?}"));
}
