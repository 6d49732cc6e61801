//! Stores that answer, and yet don't do their work: the roles that need them say so, with the reason, and work again
//! when they do. Everything runs meanwhile.

use std::collections::BTreeMap;

use photo_adapters::http::HealthReports;
use photo_core::port::Reason;
use photo_stack::{Stack, StackOptions, role::Role, store_judge::StoreJudge};

use crate::{
    disk::Disk,
    scene::{Caller, LIMIT, file_part, http, problem, small_jpeg, until},
};

/// Waits until a role says of a dependency that it fails for this reason, or not at all.
async fn says(role: &Role, dependency: &str, expected: Option<Reason>) {
    let (reports, base) = (HealthReports::new().unwrap(), role.probe_url().parse().unwrap());
    until(&format!("{} says {expected:?} of its {dependency}", role.name()), LIMIT, async || {
        let report = reports.of(&base).await.ok()?;
        let state = &report.dependencies[dependency];
        (state.reason == expected && state.healthy == expected.is_none()).then_some(())
    })
    .await;
}

async fn is_ready(role: &Role) -> bool {
    http().get(format!("{}/readyz", role.probe_url())).send().await.unwrap().status() == 200
}

fn options(role: &'static str, (name, value): (String, String)) -> StackOptions {
    let environment = BTreeMap::from([(role, BTreeMap::from([(name, value)]))]);
    StackOptions { own_servers: true, environment, ..StackOptions::default() }
}

#[tokio::test]
async fn missing_rights_to_a_bucket_show_in_the_roles_that_need_them() {
    let judge = StoreJudge::start().await.unwrap();
    let stack = Stack::start(&options("minio", judge.minio_variable())).await.unwrap();
    let caller = Caller::new(&stack, "alice");
    let photo = caller.accepted("a.jpg", &small_jpeg(1)).await;
    assert_eq!(caller.ended(&photo["id"]).await["status"], "completed");
    let (api, storage, worker) = (&stack.api, &stack.storage, &stack.workers[0]);

    judge.deny("s3:PutObject", "images");
    // An upload finds it out at once, the probe within half a minute.
    says(api, "store", Some(Reason::AccessDenied)).await;
    assert!(!is_ready(api).await);
    says(storage, "store", Some(Reason::AccessDenied)).await;
    assert!(is_ready(storage).await, "photos that are there are shown all the same");
    says(worker, "store", None).await;
    let reply = caller.upload("/photos/upload", &[file_part("b.jpg", &small_jpeg(2))]).await;
    problem(reply, 503, "unavailable").await;
    judge.pardon();
    says(api, "store", None).await;
    says(storage, "store", None).await;

    judge.deny("s3:DeleteObject", "thumbnails");
    says(worker, "store", Some(Reason::AccessDenied)).await;
    says(storage, "store", Some(Reason::AccessDenied)).await;
    says(api, "store", None).await;
    judge.pardon();

    judge.deny("s3:GetObject", "thumbnails");
    says(api, "store", Some(Reason::AccessDenied)).await;
    judge.pardon();
    for role in [api, storage, worker] {
        says(role, "store", None).await;
    }
    let photo = caller.accepted("c.jpg", &small_jpeg(3)).await;
    assert_eq!(caller.ended(&photo["id"]).await["status"], "completed");
}

#[tokio::test]
async fn a_full_volume_of_the_metadata_makes_storage_unready_and_uploads_wait() {
    let place = tempfile::tempdir().unwrap();
    let disk = Disk::mount(&place.path().join("volume"));
    if matches!(disk, Disk::Limited) {
        // Without rights to mount there is no full disk; `local::full_disk` has what can be tested then.
        return;
    }
    let path = place.path().join("volume/photos.sqlite").display().to_string();
    let stack = Stack::start(&options("storage", ("SQLITE_PATH".to_owned(), path))).await.unwrap();
    let caller = Caller::new(&stack, "alice");
    let photo = caller.accepted("a.jpg", &small_jpeg(1)).await;
    assert_eq!(caller.ended(&photo["id"]).await["status"], "completed");

    let pid = stack.storage.process().unwrap().pid();
    disk.fill(pid);
    says(&stack.storage, "sqlite", Some(Reason::Full)).await;
    assert!(!is_ready(&stack.storage).await);
    says(&stack.api, "storage", Some(Reason::Full)).await;
    assert!(!is_ready(&stack.api).await);
    let reply = caller.upload("/photos/upload", &[file_part("b.jpg", &small_jpeg(2))]).await;
    problem(reply, 503, "unavailable").await;

    disk.free(pid);
    says(&stack.storage, "sqlite", None).await;
    says(&stack.api, "storage", None).await;
    let photo = caller.accepted("c.jpg", &small_jpeg(3)).await;
    assert_eq!(caller.ended(&photo["id"]).await["status"], "completed");
}

#[tokio::test]
async fn a_redis_without_memory_is_told_as_full() {
    let stack = crate::scene::own_stack().await;
    let redis = stack.backing.redis.as_ref().unwrap();
    assert_eq!(redis.ask("CONFIG SET maxmemory 1").await.unwrap(), "+OK");
    says(&stack.storage, "queue", Some(Reason::Full)).await;
    says(&stack.workers[0], "queue", Some(Reason::Full)).await;
    assert_eq!(redis.ask("CONFIG SET maxmemory 0").await.unwrap(), "+OK");
    says(&stack.storage, "queue", None).await;
    says(&stack.workers[0], "queue", None).await;
}
