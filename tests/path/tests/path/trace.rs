//! One trace from the upload to its events, and logs that keep secrets.

use std::{fs, time::Duration};

use photo_stack::{Stack, live::Live, role::Role};
use reqwest::Method;
use serde_json::{Value, json};

use crate::scene::{BOUNDARY, Caller, LIMIT, body, file_part, http, sample, small_jpeg, stack, text, until};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

fn roles(stack: &Stack) -> [&Role; 4] {
    [&stack.api, &stack.storage, &stack.events, &stack.workers[0]]
}

/// The lines of a role's log; each must be JSON.
fn lines(role: &Role) -> Vec<Value> {
    let log = fs::read_to_string(role.log()).unwrap();
    let parse =
        |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{}: {error}: {line}", role.name()));
    log.lines().map(parse).collect()
}

/// Whether a line of the role's log belongs to the trace.
fn tells_of_the_trace(role: &Role) -> bool {
    lines(role).iter().any(|line| line["span"]["trace_id"] == TRACE)
}

#[tokio::test]
async fn one_trace_leads_from_the_upload_through_every_log_to_the_events() {
    let stack = stack().await;
    let caller = Caller::new(&stack, "alice");
    let token = stack.keys.user_token("alice", Duration::from_hours(1)).unwrap();
    let mut live = Live::connect(&stack.api.url(), &token).await.unwrap();
    live.emit("identify", json!({ "clientId": "tab-1" })).await;
    let (name, _) = live.event().await.unwrap().unwrap();
    assert_eq!(name, "identified");
    let reply = caller
        .request(Method::POST, "/photos/upload")
        .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
        .header("x-client-id", "tab-1")
        .header("traceparent", format!("00-{TRACE}-b7ad6b7169203331-01"))
        .body(body(&[file_part("a.jpg", &small_jpeg(1))]));
    assert_eq!(reply.send().await.unwrap().status(), 201);
    let mut types = Vec::new();
    while types.last().is_none_or(|last| last != "photo.processing.completed") {
        let (_, event) = live.event().await.unwrap().expect("events come until the photo is completed");
        let traceparent = text(&event["traceparent"]);
        assert!(traceparent.starts_with(&format!("00-{TRACE}-")), "{event}");
        types.push(text(&event["type"]).to_owned());
    }
    assert_eq!(types.first().map(String::as_str), Some("photo.uploaded"));
    let stages = types.iter().filter(|kind| kind.contains("stage") || kind.contains("thumbnail")).count();
    assert!(stages >= 3, "{types:?}");
    for role in [&stack.api, &stack.storage, &stack.workers[0]] {
        let what = format!("{} tells of the trace", role.name());
        until(&what, LIMIT, async || tells_of_the_trace(role).then_some(())).await;
    }
}

#[tokio::test]
async fn a_malformed_trace_is_replaced() {
    let stack = stack().await;
    let caller = Caller::new(&stack, "alice");
    for sent in ["garbage", "00-00000000000000000000000000000000-b7ad6b7169203331-01", "ff-{TRACE}-b7ad6b7169203331-01"]
    {
        let reply = caller.request(Method::GET, "/photos").header("traceparent", sent).send().await.unwrap();
        let request_id = reply.headers()["x-request-id"].to_str().unwrap().to_owned();
        let line = lines(&stack.api).into_iter().find(|line| line["span"]["request_id"] == request_id.as_str());
        let line = line.expect("the request is in the log before it is answered");
        let trace = text(&line["span"]["trace_id"]);
        assert!(trace.len() == 32 && !sent.contains(trace), "{sent} became {trace}");
    }
}

#[tokio::test]
async fn logs_hold_neither_secrets_nor_what_a_terminal_would_obey() {
    let stack = stack().await;
    let caller = Caller::new(&stack, "alice");
    let token = stack.keys.user_token("alice", Duration::from_hours(1)).unwrap();
    for name in ["plain.jpg", "a\u{1b}[31mred.jpg", "a\u{85}b.jpg", "two%0D%0Alines.jpg", "\u{202E}gpj.jpg"] {
        caller.upload("/photos/upload", &[file_part(name, &small_jpeg(1))]).await;
    }
    let photo = caller.accepted("broken.jpg", &sample("broken.jpg")).await;
    caller.ended(&photo["id"]).await;
    let odd = format!("/photos?{}=%1b[31m", "x".repeat(10));
    let pipeline = "/photos/upload?pipeline=%1b[31m%0d%0a".to_owned();
    caller.get(&odd).await;
    caller.upload(&pipeline, &[file_part("a.jpg", &small_jpeg(1))]).await;
    let secret = "secret-token-of-somebody-else";
    let http = http();
    http.get(format!("{}/photos?token={token}", stack.api.url())).bearer_auth(secret).send().await.unwrap();
    http.get(format!("{}/internal/photos", stack.storage.url())).bearer_auth(&token).send().await.unwrap();
    let mut live = Live::connect(&stack.api.url(), &token).await.unwrap();
    live.emit("identify", json!({ "clientId": "\u{1b}[31m" })).await;
    live.event().await.unwrap().unwrap();
    let role_token = stack.keys.role_token("api", Duration::from_mins(5)).unwrap();
    let header = |token: &str| token.split('.').nth(1).unwrap().to_owned();
    let mut secrets = vec![stack.keys.user.clone(), stack.keys.role.clone(), secret.to_owned()];
    secrets.extend([header(&token), header(&role_token), role_token]);
    secrets.extend(stack.backing.minio.as_ref().map(|minio| minio.secret_key().to_owned()));
    for role in roles(&stack) {
        assert!(!lines(role).is_empty());
        let log = fs::read_to_string(role.log()).unwrap();
        for secret in &secrets {
            assert!(!log.contains(secret.as_str()), "{} logs a secret", role.name());
        }
        let obeyed = |c: char| c != '\n' && c.is_control();
        let found = log.lines().find(|line| line.chars().any(obeyed));
        assert_eq!(found, None, "{}", role.name());
    }
}
