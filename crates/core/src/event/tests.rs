use super::*;
use crate::failure::FailureCode;

fn event(kind: EventKind) -> Event {
    Event {
        id: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
        photo_id: "01890a5d-ac96-774b-bcce-b302099a8058".parse().unwrap(),
        sender: EventSender {
            user_id: "alice".parse().unwrap(),
            client_id: Some("tab-1".parse().unwrap()),
            session_id: None,
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse().unwrap(),
        },
        pipeline: "quick-processing".parse().unwrap(),
        generation: 1,
        run: None,
        seq: Some(3),
        time: "2026-11-21T10:00:00Z".parse().unwrap(),
        kind,
    }
}

#[test]
fn the_wire_form_is_stable() {
    let failed = event(EventKind::Failed(Failed {
        status: PhotoStatus::Failed,
        is_final: true,
        failure: Failure::new(FailureCode::Damaged, "the file ends early"),
    }));
    let wire = serde_json::to_value(&failed).unwrap();
    assert_eq!(
        wire,
        serde_json::json!({
            "id": "01890a5d-ac96-774b-bcce-b302099a8057",
            "photoId": "01890a5d-ac96-774b-bcce-b302099a8058",
            "userId": "alice",
            "clientId": "tab-1",
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "pipeline": "quick-processing",
            "generation": 1,
            "seq": 3,
            "time": "2026-11-21T10:00:00Z",
            "type": "photo.processing.failed",
            "data": {
                "status": "failed",
                "final": true,
                "failure": { "code": "damaged", "message": "the file ends early" },
            },
        })
    );
    assert_eq!(serde_json::from_value::<Event>(wire).unwrap(), failed);
}

#[test]
fn each_kind_has_its_word_and_its_details() {
    let queued = EventKind::Queued(Queued { priority: Priority::try_from(2).unwrap() });
    let cases = [
        (queued, "photo.processing.queued", serde_json::json!({ "priority": 2 })),
        (EventKind::Cancelled(Cancelled {}), "photo.processing.cancelled", serde_json::json!({})),
        (EventKind::Deleted(Deleted {}), "photo.deleted", serde_json::json!({})),
    ];
    for (kind, word, details) in cases {
        let told = event(kind);
        let wire = serde_json::to_value(&told).unwrap();
        assert_eq!((&wire["type"], &wire["data"]), (&word.into(), &details));
        assert_eq!(serde_json::from_value::<Event>(wire).unwrap(), told);
    }
}

#[test]
fn what_ends_an_attempt_goes_to_the_completion_channel() {
    let progress = StageProgress { stage: "check".parse().unwrap(), index: 0, progress_percent: 10 };
    let cases = [
        (EventKind::Uploaded(Uploaded { file_name: FileName::from("a".to_owned()), size_bytes: 1 }), Channel::Upload),
        (EventKind::Queued(Queued { priority: Priority::default() }), Channel::Processing),
        (EventKind::Started(Started { delivery: 1 }), Channel::Processing),
        (
            EventKind::StageSkipped(StageSkipped {
                stage: "check".parse().unwrap(),
                index: 0,
                progress_percent: 10,
                reason: "The stage is disabled.".to_owned(),
            }),
            Channel::Processing,
        ),
        (EventKind::StageStarted(progress.clone()), Channel::Processing),
        (EventKind::StageCompleted(progress), Channel::Processing),
        (EventKind::Completed(Completed { variants: vec![] }), Channel::Completion),
        (EventKind::Cancelled(Cancelled {}), Channel::Completion),
        (EventKind::Deleted(Deleted {}), Channel::Completion),
    ];
    for (kind, channel) in cases {
        assert_eq!(event(kind).channel(), channel);
    }
}

#[test]
fn rooms_carry_the_owner() {
    for kind in [EventKind::Started(Started { delivery: 1 }), EventKind::Deleted(Deleted {})] {
        let rooms: Vec<String> = event(kind).rooms().iter().map(Room::to_string).collect();
        assert_eq!(rooms, ["photo:01890a5d-ac96-774b-bcce-b302099a8058", "user:alice", "client:alice/tab-1"]);
    }
}
