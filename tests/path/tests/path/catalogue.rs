//! The catalogue of pipelines, as the operator writes it: pausing, resuming, taking away, and what it tells.

use photo_core::pipeline::{CatalogueEntry, PipelineState};
use photo_stack::Stack;
use reqwest::Method;
use serde_json::Value;

use crate::{
    once::redis,
    scene::{Caller, LIMIT, file_part, http, own_stack, problem, small_jpeg, text, until},
};

/// Asks the storage role as the operator does.
async fn ask(stack: &Stack, method: Method, path: &str) -> Value {
    let token = stack.keys.role_token("operator", LIMIT).unwrap();
    let url = format!("{}/internal/{path}", stack.storage.url());
    let reply = http().request(method, url).bearer_auth(token).send().await.unwrap();
    assert_eq!(reply.status(), 200, "{path}");
    reply.json().await.unwrap()
}

async fn put(stack: &Stack, state: PipelineState) {
    let entry = CatalogueEntry { state, ..CatalogueEntry::default() };
    stack.register(&"full-processing".parse().unwrap(), &entry).await.unwrap();
}

/// Whether BullMQ's tools see the queue as paused.
async fn until_paused(stack: &Stack, paused: bool) {
    until(&format!("paused is {paused}"), LIMIT, async || {
        let reply = redis(stack).ask("HEXISTS bull:full-processing:meta paused").await.unwrap();
        (reply == format!(":{}", u8::from(paused))).then_some(())
    })
    .await;
}

/// The row of the pipeline once it is as `expected` says.
async fn until_row(stack: &Stack, path: &str, expected: impl Fn(&Value) -> bool) -> Value {
    until(&format!("a row of {path}"), LIMIT, async || {
        let answer = ask(stack, Method::GET, path).await;
        let rows = if path == "queues" { &answer["queues"] } else { &answer };
        let row = rows.as_array().unwrap().iter().find(|row| row["name"] == "full-processing")?.clone();
        expected(&row).then_some(row)
    })
    .await
}

#[tokio::test]
async fn a_paused_pipeline_takes_photos_and_works_on_none_whatever_redis_and_storage_go_through() {
    let stack = own_stack().await;
    let caller = Caller::new(&stack, "alice");
    put(&stack, PipelineState::Paused).await;
    until_paused(&stack, true).await;
    let photo = caller.accepted("a.jpg", &small_jpeg(1)).await;
    let row = until_row(&stack, "queues", |row| row["prioritized"] == 1).await;
    assert_eq!((text(&row["state"]), &row["paused"], &row["active"]), ("Paused", &true.into(), &0.into()), "{row}");
    assert!(row["oldestSeconds"].is_u64(), "{row}");

    redis(&stack).flushall().await.unwrap();
    until_paused(&stack, true).await;
    until_row(&stack, "queues", |row| row["prioritized"] == 1).await;
    stack.storage.kill();
    // Somebody resumes it behind the platform's back, and the platform says what holds when it starts.
    assert_eq!(redis(&stack).ask("HDEL bull:full-processing:meta paused").await.unwrap(), ":1");
    stack.workers[0].kill();
    stack.storage.start().await.unwrap();
    until_paused(&stack, true).await;
    stack.workers[0].start().await.unwrap();
    let listed = until_row(&stack, "pipelines", |row| row["state"] == "Paused").await;
    assert_eq!((&listed["queued"], &listed["processing"]), (&1.into(), &0.into()), "{listed}");

    put(&stack, PipelineState::Running).await;
    assert_eq!(caller.ended(&photo["id"]).await["status"], "completed");
    let row = until_row(&stack, "queues", |row| row["completedTotal"] == 1 && row["active"] == 0).await;
    assert_eq!(
        (&row["enqueuedTotal"], &row["paused"], &row["oldestSeconds"]),
        (&1.into(), &false.into(), &Value::Null)
    );
    assert!(row["busySecondsTotal"].as_f64().unwrap() > 0.0, "{row}");
}

#[tokio::test]
async fn a_pipeline_that_is_taken_away_keeps_its_open_photos_in_sight() {
    let stack = own_stack().await;
    let caller = Caller::new(&stack, "alice");
    put(&stack, PipelineState::Paused).await;
    until_paused(&stack, true).await;
    let photo = caller.accepted("a.jpg", &small_jpeg(1)).await;
    stack.workers[0].kill();
    ask(&stack, Method::DELETE, "pipelines/full-processing").await;
    until_paused(&stack, false).await;
    let listed = until_row(&stack, "pipelines", |row| row["state"] == "Removed").await;
    assert_eq!(listed["queued"], 1, "{listed}");
    assert_eq!(caller.json("/pipelines").await["pipelines"], Value::Array(vec![]), "nobody is offered it");
    let reply = caller.upload("/photos/upload", &[file_part("b.jpg", &small_jpeg(2))]).await;
    problem(reply, 422, "unknown_pipeline").await;
    assert_eq!(caller.json(&format!("/photos/{}", text(&photo["id"]))).await["status"], "queued");

    put(&stack, PipelineState::Running).await;
    stack.workers[0].start().await.unwrap();
    assert_eq!(caller.ended(&photo["id"]).await["status"], "completed");
}
