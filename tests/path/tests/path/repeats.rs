//! Uploads that a client sends again because it heard no answer.

use reqwest::{Method, Response};
use serde_json::Value;

use crate::scene::{BOUNDARY, Caller, body, file_part, problem, small_jpeg, stack};

async fn upload(caller: &Caller, key: &str, parts: &[Vec<u8>]) -> Response {
    let request = caller.request(Method::POST, "/photos/upload").header("idempotency-key", key);
    let request = request.header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"));
    request.body(body(parts)).send().await.unwrap()
}

async fn ids(reply: Response) -> Vec<Value> {
    assert_eq!(reply.status(), 201);
    let answer: Value = reply.json().await.unwrap();
    answer["photos"].as_array().unwrap().iter().map(|photo| photo["id"].clone()).collect()
}

#[tokio::test]
async fn a_repeated_request_with_its_key_makes_no_second_photo() {
    let stack = stack().await;
    let caller = Caller::new(&stack, "alice");
    // The second one is refused each time, and the third is still the third.
    let parts =
        [file_part("a.jpg", &small_jpeg(1)), file_part("b.jpg", b"no photo"), file_part("c.jpg", &small_jpeg(2))];
    let send = async |caller: &Caller, key: &str| {
        let reply = upload(caller, key, &parts).await;
        assert_eq!(reply.status(), 207);
        let answer: Value = reply.json().await.unwrap();
        assert_eq!(answer["refused"].as_array().unwrap().len(), 1, "{answer}");
        answer["photos"].as_array().unwrap().iter().map(|photo| photo["id"].clone()).collect::<Vec<_>>()
    };
    let first = send(&caller, "first").await;
    assert_eq!(first.len(), 2);
    assert_eq!(send(&caller, "first").await, first);
    for id in &first {
        assert_eq!(caller.ended(id).await["status"], "completed");
    }
    assert_eq!(send(&caller, "first").await, first, "also when they have ended");
    let listed = caller.json("/photos").await;
    assert_eq!(listed["photos"].as_array().unwrap().len(), 2);
    assert_ne!(send(&caller, "second").await, first, "another key is another request");
    let other = Caller::new(&stack, "bob");
    assert!(send(&other, "first").await.iter().all(|id| !first.contains(id)), "keys of others mean nothing");
}

#[tokio::test]
async fn a_key_is_good_for_one_request_only() {
    let stack = stack().await;
    let caller = Caller::new(&stack, "alice");
    ids(upload(&caller, "taken", &[file_part("a.jpg", &small_jpeg(1))]).await).await;
    let reply = upload(&caller, "taken", &[file_part("b.jpg", &small_jpeg(2))]).await;
    problem(reply, 422, "key_reused").await;
    assert_eq!(caller.json("/photos").await["photos"].as_array().unwrap().len(), 1);
    for malformed in ["", "two words", &"x".repeat(256)] {
        let reply = upload(&caller, malformed, &[file_part("a.jpg", &small_jpeg(1))]).await;
        problem(reply, 400, "invalid").await;
    }
    assert_eq!(caller.json("/photos").await["photos"].as_array().unwrap().len(), 1, "none was taken");
}
