//! What live connections are answered, and that they tell of what is going on.

use std::time::Duration;

use photo_stack::live::Live;
use serde_json::json;

use crate::{
    once::{cut_stack, cutter},
    scene::{Caller, small_jpeg, stack, text},
    told::Told,
};

#[tokio::test]
async fn a_client_that_speaks_as_soon_as_it_is_connected_is_heard() {
    let stack = stack().await;
    let token = stack.keys.user_token("alice", Duration::from_hours(1)).unwrap();
    for number in 0..200 {
        let mut live = Live::connect(&stack.events.url(), &token).await.unwrap();
        live.emit("identify", json!({ "clientId": format!("tab-{number}") })).await;
        assert_eq!(live.event().await.unwrap().expect("an answer comes").0, "identified");
    }
}

#[tokio::test]
async fn a_message_that_is_not_understood_is_answered() {
    let stack = stack().await;
    let token = stack.keys.user_token("alice", Duration::from_hours(1)).unwrap();
    let mut live = Live::connect(&stack.events.url(), &token).await.unwrap();
    for content in [json!({ "clientId": "../x" }), json!({ "clientId": 5 }), json!("text")] {
        live.emit("identify", content).await;
        let (name, refusal) = live.event().await.unwrap().unwrap();
        assert_eq!((name.as_str(), &refusal["code"]), ("error", &json!("invalid")));
    }
}

#[tokio::test]
async fn progress_is_heard_while_the_photo_is_processed() {
    let stack = cut_stack(1).await;
    let mut told = Told::of(&stack, "alice").await;
    let mut finish = cutter(&stack).hold("POST /internal/runs/finish ");
    let photo = Caller::new(&stack, "alice").accepted("photo.jpg", &small_jpeg(1)).await;
    let id = text(&photo["id"]);
    finish.arrived().await.unwrap();
    for stage in ["validation", "thumbnails"] {
        told.stage(id, stage, "photo.processing.stage.started").await;
        told.stage(id, stage, "photo.processing.stage.completed").await;
    }
    finish.release();
    told.first(id, "photo.processing.completed").await;
}
