use futures::FutureExt;

use super::*;
use crate::{
    event::{EventKind, EventSender, Uploaded},
    id::PhotoId,
    photo::FileName,
    trace::TraceParent,
};

const LONG: Duration = Duration::from_hours(1);

fn log(events_max: usize, seen_max: usize) -> MemoryLog {
    MemoryLog::new(MemoryLogSettings { events_max, seen_max })
}

fn event() -> Event {
    Event {
        id: EventId::generate(),
        photo_id: PhotoId::generate(),
        sender: EventSender {
            user_id: "ann".parse().unwrap(),
            client_id: None,
            session_id: None,
            traceparent: TraceParent::generate(),
        },
        pipeline: "full-processing".parse().unwrap(),
        generation: 1,
        run: None,
        seq: Some(1),
        time: "2026-11-21T09:00:00Z".parse().unwrap(),
        kind: EventKind::Uploaded(Uploaded { file_name: FileName::from("sea.jpg".to_owned()), size_bytes: 4711 }),
    }
}

async fn appended(log: &MemoryLog) -> Event {
    let event = event();
    assert!(log.append(&event).await.unwrap());
    event
}

async fn events(log: &MemoryLog, after: &Offset) -> Vec<Event> {
    match log.read(after, 100, Duration::ZERO).await.unwrap() {
        LogRead::Events(events) => events.into_iter().map(|(_, event)| event).collect(),
        LogRead::Gap { .. } => panic!("a gap"),
    }
}

#[tokio::test]
async fn a_reader_behind_the_cap_is_told_of_the_gap_and_one_at_the_cap_is_not() {
    let log = log(3, 3);
    let start = log.end().await.unwrap();
    let first = appended(&log).await;
    let LogRead::Events(read) = log.read(&start, 1, Duration::ZERO).await.unwrap() else { panic!("a gap") };
    assert_eq!(read[0].1, first);
    let kept = [appended(&log).await, appended(&log).await, appended(&log).await];
    let end = log.end().await.unwrap();
    assert_eq!(log.read(&start, 100, LONG).await.unwrap(), LogRead::Gap { resume_at: end.clone() });
    assert_eq!(events(&log, &read[0].0).await, kept);
    assert_eq!(events(&log, &end).await, []);
}

#[tokio::test]
async fn a_repetition_is_recognized_also_when_the_event_is_no_longer_kept() {
    let log = log(1, 3);
    let event = appended(&log).await;
    let (_, _) = (appended(&log).await, appended(&log).await);
    assert!(!log.append(&event).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_waiting_read_is_woken_by_an_append_and_by_a_loss() {
    let log = log(10, 10);
    let end = log.end().await.unwrap();
    let mut waits = log.read(&end, 100, LONG);
    assert!((&mut waits).now_or_never().is_none());
    let event = appended(&log).await;
    let LogRead::Events(read) = waits.await.unwrap() else { panic!("a gap") };
    assert_eq!(read.into_iter().map(|(_, event)| event).collect::<Vec<_>>(), [event]);

    let end = log.end().await.unwrap();
    let mut waits = log.read(&end, 100, LONG);
    assert!((&mut waits).now_or_never().is_none());
    log.forget();
    let started = Instant::now();
    assert_eq!(waits.await.unwrap(), LogRead::Gap { resume_at: log.end().await.unwrap() });
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_read_without_an_event_ends_when_its_wait_is_over() {
    let log = log(10, 10);
    let (end, started) = (log.end().await.unwrap(), Instant::now());
    assert_eq!(log.read(&end, 100, Duration::from_secs(2)).await.unwrap(), LogRead::Events(Vec::new()));
    assert_eq!(started.elapsed(), Duration::from_secs(2));
}

#[tokio::test]
async fn only_what_the_log_wrote_itself_is_a_position() {
    let log = log(10, 10);
    let end = log.end().await.unwrap();
    appended(&log).await;
    for position in ["00", "+0", "-0", "", "2", "18446744073709551615"] {
        let never = Offset { position: position.to_owned(), ..end.clone() };
        assert!(matches!(log.read(&never, 1, LONG).await.unwrap(), LogRead::Gap { .. }), "{position:?}");
    }
}
