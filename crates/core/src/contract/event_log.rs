//! The laws of [`EventLog`]. Other laws may append to the same log meanwhile, so each looks at its own photo's events.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    Law, Subject,
    answer::{PATIENCE, kind, until_available},
};
use crate::{
    event::{Event, EventKind, EventSender, Uploaded},
    id::{EventId, PhotoId},
    laws,
    offset::Offset,
    photo::FileName,
    port::{ErrorKind, EventLog, event_log::LogRead},
    trace::TraceParent,
};

/// Every law of the port.
pub const LAWS: &[Law<dyn EventLog>] = laws![
    dyn EventLog;
    events_come_in_the_order_in_which_they_were_appended,
    an_event_appended_twice_is_there_once,
    all_readers_see_the_same_order,
    a_read_returns_no_more_than_its_limit,
    what_is_appended_after_the_end_is_seen,
    a_read_waits_for_the_first_event,
    a_reader_that_comes_back_misses_nothing,
    an_offset_of_another_life_is_a_gap,
    an_offset_that_was_never_given_is_a_gap,
    a_killed_server_keeps_its_events_or_tells_of_a_gap;
    with a server:
    a_dead_server_is_unavailable_and_works_after_its_return,
];

/// Long enough for an event to be found that should not be there.
const GLANCE: Duration = Duration::from_millis(300);
/// More events than a law appends.
const MANY: usize = 100;

async fn events_come_in_the_order_in_which_they_were_appended(subject: &dyn Subject<dyn EventLog>) {
    let (log, photo) = (subject.port(), PhotoId::generate());
    let start = log.end().await.unwrap();
    let events = append_new(&*log, photo, 5).await;
    assert_eq!(events_of(photo, &read(&*log, start, photo, 5).await), events);
}

async fn an_event_appended_twice_is_there_once(subject: &dyn Subject<dyn EventLog>) {
    let (log, photo) = (subject.port(), PhotoId::generate());
    let start = log.end().await.unwrap();
    let (first, second) = (new_event(photo, 1), new_event(photo, 2));
    assert!(log.append(&first).await.unwrap());
    assert!(!log.append(&first).await.unwrap());
    assert!(log.append(&second).await.unwrap());
    assert!(!log.append(&first).await.unwrap());
    assert_eq!(events_of(photo, &read(&*log, start, photo, 2).await), [first, second]);
}

async fn all_readers_see_the_same_order(subject: &dyn Subject<dyn EventLog>) {
    let (log, photo) = (subject.port(), PhotoId::generate());
    let start = log.end().await.unwrap();
    let appends = (0..10).map(|seq| {
        let log = &log;
        async move { log.append(&new_event(photo, seq)).await.unwrap() }
    });
    let readers = async { tokio::join!(read(&*log, start.clone(), photo, 10), read(&*log, start.clone(), photo, 10)) };
    let (_, (one, other)) = tokio::join!(futures::future::join_all(appends), readers);
    let later = read(&*log, start, photo, 10).await;
    let own =
        |read: Vec<(Offset, Event)>| read.into_iter().filter(|(_, event)| event.photo_id == photo).collect::<Vec<_>>();
    let later = own(later);
    assert_eq!(own(one), later);
    assert_eq!(own(other), later);
}

async fn a_read_returns_no_more_than_its_limit(subject: &dyn Subject<dyn EventLog>) {
    let (log, photo) = (subject.port(), PhotoId::generate());
    let start = log.end().await.unwrap();
    append_new(&*log, photo, 5).await;
    let LogRead::Events(some) = log.read(&start, 3, Duration::ZERO).await.unwrap() else { panic!("a gap") };
    assert_eq!(some.len(), 3);
}

async fn what_is_appended_after_the_end_is_seen(subject: &dyn Subject<dyn EventLog>) {
    let (log, photo) = (subject.port(), PhotoId::generate());
    append_new(&*log, photo, 2).await;
    let end = log.end().await.unwrap();
    let LogRead::Events(nothing) = log.read(&end, MANY, GLANCE).await.unwrap() else { panic!("a gap") };
    assert_eq!(events_of(photo, &nothing), []);
    let later = append_new(&*log, photo, 1).await;
    assert_eq!(events_of(photo, &read(&*log, end, photo, 1).await), later);
}

async fn a_read_waits_for_the_first_event(subject: &dyn Subject<dyn EventLog>) {
    let (log, photo) = (subject.port(), PhotoId::generate());
    let end = log.end().await.unwrap();
    let append = async {
        log.read(&end, MANY, GLANCE).await.unwrap();
        append_new(&*log, photo, 1).await
    };
    let (found, appended) = tokio::join!(log.read(&end, MANY, PATIENCE), append);
    let LogRead::Events(found) = found.unwrap() else { panic!("a gap") };
    assert_ne!(found, []);
    assert_eq!(events_of(photo, &read(&*log, end, photo, 1).await), appended);
}

async fn a_reader_that_comes_back_misses_nothing(subject: &dyn Subject<dyn EventLog>) {
    let (log, photo) = (subject.port(), PhotoId::generate());
    let start = log.end().await.unwrap();
    let before = append_new(&*log, photo, 2).await;
    let seen = read(&*log, start, photo, 2).await;
    assert_eq!(events_of(photo, &seen), before);
    let away = append_new(&*log, photo, 7).await;
    let last: Offset = seen.last().unwrap().0.to_string().parse().unwrap();
    assert_eq!(events_of(photo, &read(&*log, last, photo, 7).await), away);
}

async fn an_offset_of_another_life_is_a_gap(subject: &dyn Subject<dyn EventLog>) {
    let (log, photo) = (subject.port(), PhotoId::generate());
    append_new(&*log, photo, 1).await;
    let end = log.end().await.unwrap();
    let other = Offset { epoch: "another-life".to_owned(), ..end };
    let LogRead::Gap { resume_at } = log.read(&other, MANY, PATIENCE).await.unwrap() else { panic!("no gap") };
    let later = append_new(&*log, photo, 1).await;
    assert_eq!(events_of(photo, &read(&*log, resume_at, photo, 1).await), later);
}

async fn an_offset_that_was_never_given_is_a_gap(subject: &dyn Subject<dyn EventLog>) {
    let log = subject.port();
    append_new(&*log, PhotoId::generate(), 1).await;
    let epoch = log.end().await.unwrap().epoch;
    for position in ["x", "18446744073709551615-18446744073709551615", "99999999999999999999-0", "1-"] {
        let never = Offset { epoch: epoch.clone(), position: position.to_owned() };
        let found = log.read(&never, MANY, PATIENCE).await.unwrap();
        assert!(matches!(&found, LogRead::Gap { resume_at } if resume_at.epoch == epoch), "{position}: {found:?}");
    }
}

async fn a_killed_server_keeps_its_events_or_tells_of_a_gap(subject: &dyn Subject<dyn EventLog>) {
    let (log, photo) = (subject.port(), PhotoId::generate());
    let start = log.end().await.unwrap();
    let events = append_new(&*log, photo, 3).await;
    // A server may put off its own write while its disk is busy with the one before.
    let end = log.end().await.unwrap();
    log.read(&end, MANY, GLANCE).await.unwrap();
    subject.kill_server().await;
    subject.start_server().await;
    let resume_at = match until_available(|| log.read(&start, MANY, Duration::ZERO)).await {
        LogRead::Events(found) => {
            assert_eq!(events_of(photo, &found), events);
            found.last().unwrap().0.clone()
        }
        LogRead::Gap { resume_at } => resume_at,
    };
    let later = append_new(&*log, photo, 1).await;
    assert_eq!(events_of(photo, &read(&*log, resume_at, photo, 1).await), later);
}

async fn a_dead_server_is_unavailable_and_works_after_its_return(subject: &dyn Subject<dyn EventLog>) {
    let (log, photo) = (subject.port(), PhotoId::generate());
    let end = log.end().await.unwrap();
    let event = new_event(photo, 1);
    // One read waits while the server dies.
    let (waiting, ()) = tokio::join!(log.read(&end, MANY, PATIENCE), async {
        log.read(&end, MANY, GLANCE).await.unwrap();
        subject.kill_server().await;
    });
    let unavailable = ErrorKind::Unavailable;
    assert_eq!(kind(waiting), unavailable);
    assert_eq!(kind(log.ready().await), unavailable);
    assert_eq!(kind(log.append(&event).await), unavailable);
    assert_eq!(kind(log.end().await), unavailable);
    assert_eq!(kind(log.read(&end, MANY, Duration::ZERO).await), unavailable);
    assert_eq!(kind(log.read(&end, MANY, PATIENCE).await), unavailable);
    subject.start_server().await;
    until_available(|| log.ready()).await;
    let end = until_available(|| log.end()).await;
    until_available(|| log.append(&event)).await;
    assert_eq!(events_of(photo, &read(&*log, end, photo, 1).await), [event]);
}

fn new_event(photo_id: PhotoId, seq: u64) -> Event {
    Event {
        id: EventId::generate(),
        photo_id,
        sender: EventSender {
            user_id: "ann".parse().unwrap(),
            client_id: Some("tab-1".parse().unwrap()),
            session_id: None,
            traceparent: TraceParent::generate(),
        },
        pipeline: "full-processing".parse().unwrap(),
        generation: 1,
        run: None,
        seq: Some(seq),
        time: "2026-11-21T09:00:00.123456Z".parse().unwrap(),
        kind: EventKind::Uploaded(Uploaded {
            file_name: FileName::from("sea \u{1f30a}.jpg".to_owned()),
            size_bytes: 4711,
        }),
    }
}

async fn append_new(log: &dyn EventLog, photo: PhotoId, count: u64) -> Vec<Event> {
    let events: Vec<Event> = (0..count).map(|seq| new_event(photo, seq)).collect();
    for event in &events {
        assert!(log.append(event).await.unwrap());
    }
    events
}

/// Everything after `after`, until `count` events of the photo are among it and a glance finds no more.
async fn read(log: &dyn EventLog, mut after: Offset, photo: PhotoId, count: usize) -> Vec<(Offset, Event)> {
    let mut found = Vec::new();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let own = events_of(photo, &found).len();
        assert!(own >= count || Instant::now() < deadline, "{own} of {count} events came");
        let wait = if own < count { PATIENCE } else { GLANCE };
        let LogRead::Events(more) = log.read(&after, MANY, wait).await.unwrap() else { panic!("a gap") };
        match more.last() {
            Some((offset, _)) => after = offset.clone(),
            None if own >= count => return found,
            None => {}
        }
        found.extend(more);
    }
}

fn events_of(photo: PhotoId, read: &[(Offset, Event)]) -> Vec<Event> {
    read.iter().map(|(_, event)| event).filter(|event| event.photo_id == photo).cloned().collect()
}
