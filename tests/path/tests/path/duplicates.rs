//! A job that two workers have at the same time: one finish counts, and the other leaves nothing behind.

use photo_core::{id::PhotoId, photo::PhotoStatus};
use photo_stack::Stack;
use tokio::process::Command;

use crate::{
    node,
    once::{Tidy, completed_once, cut_stack, cutter, jobs_ended, minio, redis, until_jobs_ended, until_queue_is_empty},
    scene::{LIMIT, small_jpeg, until},
};

#[tokio::test]
async fn of_two_jobs_for_one_photo_one_finish_is_applied_and_the_other_rejected() {
    let stack = cut_stack(2).await;
    let photos = stack.photos_of("alice").unwrap();
    stack.workers.iter().for_each(photo_stack::role::Role::kill);
    let id = photos.upload("photo.jpg", small_jpeg(1)).await.unwrap().id;
    add_foreign_job(&stack, id).await;
    assert_eq!(redis(&stack).ask("ZCARD bull:full-processing:prioritized").await.unwrap(), ":1", "our own job");
    assert_eq!(redis(&stack).ask("LLEN bull:full-processing:wait").await.unwrap(), ":1", "one without a priority");
    // Whose finish comes first waits for the other worker, so that both work on the photo at the same time.
    let mut first = cutter(&stack).hold("POST /internal/runs/finish ");
    for worker in &stack.workers {
        worker.launch().unwrap();
    }
    first.arrived().await.unwrap();
    until("the other job ends", LIMIT, async || {
        (jobs_ended(&stack, "completed").await + jobs_ended(&stack, "rejected").await == 1).then_some(())
    })
    .await;
    first.release();
    until_jobs_ended(&stack, "completed", 1).await;
    until_jobs_ended(&stack, "rejected", 1).await;
    let photo = completed_once(&stack, &photos, id, Tidy::Yes).await;
    assert_eq!(photo.seq, 4, "uploaded, started, started again, completed");
    assert_eq!(redis(&stack).ask("ZCARD bull:full-processing:completed").await.unwrap(), ":2");
}

#[tokio::test]
async fn a_worker_that_stood_still_for_too_long_is_replaced_and_changes_nothing_when_it_wakes() {
    let stack = cut_stack(2).await;
    let photos = stack.photos_of("alice").unwrap();
    let [sleeper, other] = &stack.workers[..] else { panic!("two workers") };
    sleeper.kill();
    other.kill();
    let id = photos.upload("photo.jpg", small_jpeg(1)).await.unwrap().id;
    // It can't read the original, so that it is in the midst of the photo when it stops. The store goes once the job is
    // taken: before that the worker would wait for it.
    let mut begin = cutter(&stack).hold("POST /internal/runs/begin ");
    sleeper.launch().unwrap();
    begin.arrived().await.unwrap();
    minio(&stack).process().pause().await.unwrap();
    begin.release();
    let processing = async || (photos.photo(id).await.ok()?.status == PhotoStatus::Processing).then_some(());
    until("the photo is taken", LIMIT, processing).await;
    sleeper.process().unwrap().pause().await.unwrap();
    minio(&stack).process().resume().unwrap();
    other.start().await.unwrap();
    let before = completed_once(&stack, &photos, id, Tidy::Yes).await;
    sleeper.process().unwrap().resume().unwrap();
    let has_ended = async || (sleeper.metric("photo_worker_active_jobs").await.ok()? == 0).then_some(());
    until("the sleeper has ended its job", LIMIT, has_ended).await;
    until_queue_is_empty(&stack).await;
    let after = completed_once(&stack, &photos, id, Tidy::Yes).await;
    assert_eq!(format!("{after:?}"), format!("{before:?}"));
    assert_eq!(jobs_ended(&stack, "completed").await, 1);
}

/// Adds a second job for the photo, as a program with npm's bullmq does.
async fn add_foreign_job(stack: &Stack, id: PhotoId) {
    let own = format!("{id}-full-processing-1");
    let is_there =
        async || (redis(stack).ask(&format!("EXISTS bull:full-processing:{own}")).await.ok()? == ":1").then_some(());
    until("the photo's own job is in the queue", LIMIT, is_there).await;
    let arguments = ["add-job.mjs", &redis(stack).url(), "full-processing", "foreign-job", &own];
    let added = Command::new("node").args(arguments).current_dir(node::folder("interop")).output().await.unwrap();
    assert!(added.status.success(), "run `make tools`? {}", String::from_utf8_lossy(&added.stderr));
    assert_eq!(String::from_utf8_lossy(&added.stdout).trim(), "foreign-job");
}
