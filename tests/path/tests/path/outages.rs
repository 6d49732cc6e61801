//! A part of the platform that is away: what is refused is refused at once, what is accepted is completed later.

use std::{net::Ipv4Addr, time::Duration};

use photo_core::{id::PhotoId, photo::PhotoStatus};
use photo_stack::{Stack, StackOptions, photos::Photos, role::Role};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    once::{Tidy, completed_once, cut_stack, cutter, minio, redis, send_photo},
    scene::{LIMIT, http, own_stack, small_jpeg, until},
};

#[tokio::test]
async fn while_storage_is_away_uploads_are_refused_before_their_body_is_read() {
    let stack = own_stack().await;
    let photos = stack.photos_of("alice").unwrap();
    stack.storage.kill();
    uploads_are_refused(&stack, &photos, "storage").await;
    stack.storage.start().await.unwrap();
    uploads_work_again(&stack, &photos).await;
}

#[tokio::test]
async fn while_the_object_store_is_away_uploads_are_refused_before_their_body_is_read() {
    let stack = own_stack().await;
    let photos = stack.photos_of("alice").unwrap();
    minio(&stack).kill();
    uploads_are_refused(&stack, &photos, "store").await;
    minio(&stack).start_again().await.unwrap();
    uploads_work_again(&stack, &photos).await;
}

#[tokio::test]
async fn an_upload_that_meets_the_fall_of_storage_is_refused_too() {
    let stack = own_stack().await;
    let photos = stack.photos_of("alice").unwrap();
    // The api role does not know of it yet, or does: it is one answer.
    stack.storage.kill();
    require_refusal(send_photo(&stack, &photos, small_jpeg(1)).await).await;
    stack.storage.start().await.unwrap();
    uploads_work_again(&stack, &photos).await;
}

#[tokio::test]
async fn while_redis_is_away_uploads_are_accepted_and_completed_when_it_returns() {
    let stack = own_stack().await;
    let photos = stack.photos_of("alice").unwrap();
    redis(&stack).kill();
    let ids = upload(&photos, 5).await;
    for id in &ids {
        assert_eq!(photos.photo(*id).await.unwrap().status, PhotoStatus::Queued);
    }
    redis(&stack).start_again().await.unwrap();
    all_are_completed_once(&stack, &photos, &ids, Tidy::Yes).await;
}

#[tokio::test]
async fn redis_that_forgets_everything_under_busy_workers_loses_no_photo() {
    let stack = cut_stack(2).await;
    let photos = stack.photos_of("alice").unwrap();
    let mut finish = cutter(&stack).hold("POST /internal/runs/finish ");
    let ids = upload(&photos, 20).await;
    finish.arrived().await.unwrap();
    for worker in &stack.workers {
        worker.process().unwrap().pause().await.unwrap();
    }
    redis(&stack).flushall().await.unwrap();
    finish.release();
    for worker in &stack.workers {
        worker.process().unwrap().resume().unwrap();
    }
    all_are_completed_once(&stack, &photos, &ids, Tidy::No).await;
}

#[tokio::test]
async fn redis_that_returns_empty_gets_every_open_photo_again() {
    let stack = own_stack().await;
    let photos = stack.photos_of("alice").unwrap();
    stack.workers[0].process().unwrap().pause().await.unwrap();
    let ids = upload(&photos, 20).await;
    until_enqueued(&stack, &ids).await;
    redis(&stack).kill_and_wipe().unwrap();
    redis(&stack).start_again().await.unwrap();
    stack.workers[0].process().unwrap().resume().unwrap();
    all_are_completed_once(&stack, &photos, &ids, Tidy::Yes).await;
}

#[tokio::test]
async fn photos_are_processed_while_the_events_role_is_away() {
    let stack = own_stack().await;
    let photos = stack.photos_of("alice").unwrap();
    stack.events.kill();
    let ids = upload(&photos, 1).await;
    all_are_completed_once(&stack, &photos, &ids, Tidy::Yes).await;
    stack.events.start().await.unwrap();
}

#[tokio::test]
async fn while_the_object_store_is_away_jobs_wait_in_the_queue_and_no_photo_loses_its_only_attempt() {
    let mut options = StackOptions { own_servers: true, ..StackOptions::default() };
    options.pipelines[0].spec.queue.job_options.attempts = 1;
    let stack = Stack::start(&options).await.unwrap();
    let photos = stack.photos_of("alice").unwrap();
    let worker = &stack.workers[0];
    worker.kill();
    let waiting = upload(&photos, 10).await;
    until_enqueued(&stack, &waiting).await;
    minio(&stack).kill();
    worker.launch().unwrap();
    // It knows the one and misses the other: from here on it could take jobs, and must not.
    until_reason_is(worker, "storage", None).await;
    until_reason_is(worker, "store", Some("Unreachable")).await;
    assert_eq!(worker.metric("photo_circuit_open{target=\"store\"}").await.unwrap(), 1);
    minio(&stack).start_again().await.unwrap();
    all_are_completed_once(&stack, &photos, &waiting, Tidy::Yes).await;
    assert_eq!(worker.metric("photo_circuit_open{target=\"store\"}").await.unwrap(), 0);
    for id in &waiting {
        assert_eq!(photos.photo(*id).await.unwrap().seq, 3, "uploaded, started, completed: one run was enough");
    }
    // Also what is under way when the store goes comes to its end.
    stack.api.ready().await.unwrap();
    let later = upload(&photos, 10).await;
    minio(&stack).kill();
    until_reason_is(worker, "store", Some("Unreachable")).await;
    minio(&stack).start_again().await.unwrap();
    for id in &later {
        completed_once(&stack, &photos, *id, Tidy::No).await;
    }
}

/// Waits until a role misses a dependency for that reason, or not at all.
async fn until_reason_is(role: &Role, dependency: &str, reason: Option<&str>) {
    let ask = async || {
        let report: Value = http().get(format!("{}/health", role.probe_url())).send().await.ok()?.json().await.ok()?;
        (report["dependencies"][dependency]["reason"].as_str() == reason && report["role"].is_string()).then_some(())
    };
    until(&format!("{}: {dependency} {reason:?}", role.name()), LIMIT, ask).await;
}

async fn upload(photos: &Photos, count: u8) -> Vec<PhotoId> {
    let mut ids = Vec::new();
    for seed in 0..count {
        ids.push(photos.upload("photo.jpg", small_jpeg(seed)).await.unwrap().id);
    }
    ids
}

async fn all_are_completed_once(stack: &Stack, photos: &Photos, ids: &[PhotoId], tidy: Tidy) {
    for id in ids {
        completed_once(stack, photos, *id, tidy).await;
    }
    assert_eq!(photos.list().await.unwrap().len(), ids.len());
}

async fn until_enqueued(stack: &Stack, ids: &[PhotoId]) {
    let is_there = async |id: &PhotoId| {
        let exists = format!("EXISTS bull:full-processing:{id}-full-processing-1");
        redis(stack).ask(&exists).await.unwrap() == ":1"
    };
    for id in ids {
        until("a job is in the queue", LIMIT, async || is_there(id).await.then_some(())).await;
    }
}

/// Once the api role knows that `dependency` is away.
async fn uploads_are_refused(stack: &Stack, photos: &Photos, dependency: &str) {
    let health = format!("{}/health", stack.api.probe_url());
    let is_known = async || {
        let report: Value = http().get(&health).send().await.ok()?.json().await.ok()?;
        (report["dependencies"][dependency]["healthy"] == false).then_some(())
    };
    until(&format!("the api role misses {dependency}"), LIMIT, is_known).await;
    require_refusal(send_photo(stack, photos, small_jpeg(1)).await).await;
    assert_refusal_text(&answer_to_a_client_that_waits(stack, photos.token()).await);
    assert_refusal_text(&answer_to_a_client_that_never_ends(stack, photos.token()).await);
}

async fn uploads_work_again(stack: &Stack, photos: &Photos) {
    stack.api.ready().await.unwrap();
    assert_eq!(photos.list().await.unwrap().len(), 0, "what was refused is not there");
    let id = photos.upload("photo.jpg", small_jpeg(2)).await.unwrap().id;
    all_are_completed_once(stack, photos, &[id], Tidy::Yes).await;
}

async fn require_refusal(answer: reqwest::Response) {
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (503, &"2".parse().unwrap()));
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "unavailable", "{problem}");
}

fn assert_refusal_text(answer: &str) {
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    let lower = answer.to_ascii_lowercase();
    assert!(lower.contains("retry-after: 2\r\n") && lower.contains("application/problem+json"), "{answer}");
    assert!(answer.contains(r#""code":"unavailable""#), "{answer}");
}

/// A client that asks before it sends its 40 MB, as curl does.
async fn answer_to_a_client_that_waits(stack: &Stack, token: &str) -> String {
    let mut stream = connect_upload(stack, token, "Expect: 100-continue\r\n").await;
    let mut answer = String::new();
    let reading = stream.read_to_string(&mut answer);
    // Had it been told to go on, the first line would say so.
    timeout(LIMIT, reading).await.expect("the connection ends").unwrap();
    answer
}

/// A client that sends one byte after the other, and would for years.
async fn answer_to_a_client_that_never_ends(stack: &Stack, token: &str) -> String {
    let (mut reader, mut writer) = connect_upload(stack, token, "").await.into_split();
    let sending = async {
        while writer.write_all(b"-").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        std::future::pending::<()>().await;
    };
    let mut answer = vec![0; 4096];
    let mut reading = async || {
        let mut length = 0;
        while !answer[..length].ends_with(b"}") {
            length += reader.read(&mut answer[length..]).await.unwrap();
        }
        String::from_utf8(answer[..length].to_vec()).unwrap()
    };
    tokio::select! {
        () = sending => unreachable!("it sends for ever"),
        answer = timeout(LIMIT, reading()) => answer.expect("an answer comes"),
    }
}

async fn connect_upload(stack: &Stack, token: &str, more: &str) -> TcpStream {
    let port: u16 = stack.api.url().rsplit_once(':').unwrap().1.parse().unwrap();
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    let head = format!(
        "POST /photos/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n{more}\
         Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 40000000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}
