//! The event log: what readers are told of events that Redis has lost or that are none.

use std::{slice, time::Duration};

use futures::StreamExt;
use photo_core::{
    event::Event,
    offset::Offset,
    port::{EventLog, event_log::LogRead},
};

use crate::fixture::{PATIENCE, Redis, event};

#[tokio::test]
async fn a_trimmed_log_is_a_gap_for_those_who_missed_events_only() {
    let redis = Redis::start().await;
    let log = redis.log(10);
    let start = log.end().await.unwrap();
    log.append(&event()).await.unwrap();
    assert_eq!(events(log.read(&start, 10, Duration::ZERO).await.unwrap()).len(), 1);
    // Redis removes whole blocks of a hundred entries.
    for _ in 0..300 {
        log.append(&event()).await.unwrap();
    }
    let end = log.end().await.unwrap();
    assert_eq!(log.read(&start, 10, Duration::ZERO).await.unwrap(), LogRead::Gap { resume_at: end.clone() });
    let later = event();
    log.append(&later).await.unwrap();
    assert_eq!(events(log.read(&end, 10, Duration::ZERO).await.unwrap()), [later]);
}

#[tokio::test]
async fn a_log_that_was_removed_is_a_gap() {
    let redis = Redis::start().await;
    let log = redis.log(100);
    log.append(&event()).await.unwrap();
    let end = log.end().await.unwrap();
    let () = redis.ask(&["DEL", "p:eb:log"]).await;
    let start = Offset { epoch: end.epoch.clone(), position: "0-0".to_owned() };
    assert_eq!(log.read(&end, 10, Duration::ZERO).await.unwrap(), LogRead::Gap { resume_at: start.clone() });
    let next = event();
    let json = serde_json::to_string(&next).unwrap();
    let () = redis.ask(&["XADD", "p:eb:log", "9999999999999-0", "json", &json]).await;
    assert!(matches!(log.read(&end, 10, Duration::ZERO).await.unwrap(), LogRead::Gap { .. }));
    assert_eq!(events(log.read(&start, 10, Duration::ZERO).await.unwrap()), [next]);
}

#[tokio::test]
async fn a_reader_that_waits_while_redis_loses_its_data_is_told_of_a_gap() {
    let redis = Redis::start().await;
    let log = redis.log(100);
    log.append(&event()).await.unwrap();
    let end = log.end().await.unwrap();
    let lose = async {
        log.read(&end, 10, Duration::from_millis(200)).await.unwrap();
        redis.server.flushall().await.unwrap();
        log.append(&event()).await.unwrap();
    };
    let (read, ()) = tokio::join!(log.read(&end, 10, PATIENCE), lose);
    let LogRead::Gap { resume_at } = read.unwrap() else { panic!("no gap") };
    assert_ne!(resume_at.epoch, end.epoch);
}

#[tokio::test]
async fn entries_that_are_no_events_are_passed_over_and_counted_once() {
    let redis = Redis::start().await;
    let log = redis.log(100);
    let (first, second) = (event(), event());
    let start = log.end().await.unwrap();
    log.append(&first).await.unwrap();
    for entry in [["json", "{}"], ["json", "not JSON"], ["other", "field"]] {
        let () = redis.ask(&["XADD", "p:eb:log", "*", entry[0], entry[1]]).await;
    }
    for _ in 0..3 {
        assert_eq!(events(log.read(&start, 2, Duration::ZERO).await.unwrap()), slice::from_ref(&first));
    }
    log.append(&second).await.unwrap();
    let LogRead::Events(found) = log.read(&start, 1, Duration::ZERO).await.unwrap() else { panic!("a gap") };
    assert_eq!(events(log.read(&found[0].0, 1, Duration::ZERO).await.unwrap()), [second]);
    assert_eq!(log.unreadable_total(), 3);
}

#[tokio::test]
async fn a_subscriber_hears_each_event_once_on_its_channel() {
    let redis = Redis::start().await;
    let log = redis.log(100);
    let mut subscription = redis::Client::open(redis.server.url()).unwrap().get_async_pubsub().await.unwrap();
    subscription.psubscribe("*").await.unwrap();
    let (first, second) = (event(), event());
    for event in [&first, &first, &second] {
        log.append(event).await.unwrap();
    }
    let heard: Vec<_> = subscription.on_message().take(2).collect().await;
    for (message, event) in heard.iter().zip([first, second]) {
        assert_eq!(message.get_channel_name(), "p:photo:upload");
        let heard: Event = serde_json::from_slice(message.get_payload_bytes()).unwrap();
        assert_eq!(heard, event);
    }
}

fn events(read: LogRead) -> Vec<Event> {
    match read {
        LogRead::Events(found) => found.into_iter().map(|(_, event)| event).collect(),
        LogRead::Gap { resume_at } => panic!("a gap, resume at {resume_at}"),
    }
}
