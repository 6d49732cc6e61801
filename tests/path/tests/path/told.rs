//! What a user's browser is told of its photos: the events of the real log, in their order, by photo.

use std::{collections::BTreeMap, time::Duration};

use photo_stack::{Stack, live::Live};
use serde_json::{Value, json};

use crate::scene::text;

/// A socket that hears everything about one user's photos.
pub(crate) struct Told {
    live: Live,
    events: BTreeMap<String, Vec<Value>>,
}

impl Told {
    /// Listens from now on.
    pub(crate) async fn of(stack: &Stack, user: &str) -> Self {
        let token = stack.keys.user_token(user, Duration::from_hours(1)).unwrap();
        let mut live = Live::connect(&stack.events.url(), &token).await.unwrap();
        live.emit("subscribe:user", json!({})).await;
        assert_eq!(live.event().await.unwrap().unwrap().0, "subscribed");
        Self { live, events: BTreeMap::new() }
    }

    /// Waits for the first event of that type about the photo.
    pub(crate) async fn first(&mut self, photo: &str, kind: &str) -> Value {
        self.first_such(photo, |event| event["type"] == kind).await
    }

    /// Waits for the first event of that type about a stage of the photo.
    pub(crate) async fn stage(&mut self, photo: &str, stage: &str, kind: &str) -> Value {
        self.first_such(photo, |event| event["type"] == kind && event["data"]["stage"] == stage).await
    }

    async fn first_such(&mut self, photo: &str, is_meant: impl Fn(&Value) -> bool) -> Value {
        loop {
            let known = self.events.get(photo).and_then(|all| all.iter().find(|event| is_meant(event)));
            if let Some(event) = known {
                return event.clone();
            }
            self.hear().await;
        }
    }

    /// All events about the photo, up to the one that ends it.
    pub(crate) async fn until_ended(&mut self, photo: &str) -> &[Value] {
        while !self.events.get(photo).is_some_and(|all| all.iter().any(ends)) {
            self.hear().await;
        }
        &self.events[photo]
    }

    async fn hear(&mut self) {
        let (_, event) = self.live.event().await.unwrap().expect("the connection stays");
        self.events.entry(text(&event["photoId"]).to_owned()).or_default().push(event);
    }
}

fn ends(event: &Value) -> bool {
    match text(&event["type"]) {
        "photo.processing.completed" => true,
        "photo.processing.failed" => event["data"]["final"] == true,
        _ => false,
    }
}

/// Stage events as short lines, `started validation 5`, with the index of each checked, and the status at the end.
pub(crate) fn as_lines(events: &[Value]) -> Vec<String> {
    let mut lines = Vec::new();
    for event in events {
        let (kind, data) = (text(&event["type"]), &event["data"]);
        let line = match kind {
            "photo.thumbnail.generated" => format!("thumbnail {}", text(&data["variant"])),
            "photo.processing.completed" => "completed".to_owned(),
            "photo.processing.failed" => text(&data["status"]).to_owned(),
            _ => match kind.strip_prefix("photo.processing.stage.") {
                Some("failed") => format!("failed {} {}", text(&data["stage"]), text(&data["failure"]["code"])),
                Some(what) => format!("{what} {} {}", text(&data["stage"]), data["progressPercent"]),
                // When it began is told by the store, whose events need not come before the first stage's.
                None => continue,
            },
        };
        if data.get("index").is_some() {
            assert_eq!(data["index"], lines.len(), "{line}: {event}");
        }
        lines.push(line);
    }
    lines
}
