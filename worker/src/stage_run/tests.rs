use std::time::Duration;

use photo_core::{
    event::{Event, EventKind},
    failure::FailureCode,
    image_format::ImageFormat,
    photo::VariantRole,
};
use tokio::sync::mpsc::UnboundedReceiver;

use super::*;
use crate::progress::Progress;

fn name(text: &str) -> StageName {
    text.parse().unwrap()
}

fn output(variant: &str, role: VariantRole) -> Output {
    let name = variant.parse().unwrap();
    Output { name, role, format: ImageFormat::Jpeg, width: 3, height: 2, bytes: vec![1] }
}

/// What was told, as `type stage-or-variant index progress`.
fn told(events: &mut UnboundedReceiver<Event>) -> Vec<String> {
    let mut lines = Vec::new();
    while let Ok(event) = events.try_recv() {
        lines.push(match event.kind {
            EventKind::StageStarted(it) => format!("started {} {} {}", it.stage, it.index, it.progress_percent),
            EventKind::StageCompleted(it) => format!("completed {} {} {}", it.stage, it.index, it.progress_percent),
            EventKind::StageFailed(it) => format!("failed {} {}", it.stage, it.index),
            EventKind::StageSkipped(it) => format!("skipped {} {} {}", it.stage, it.index, it.progress_percent),
            EventKind::ThumbnailGenerated(it) => format!("thumbnail {} {}", it.variant, it.index),
            other @ (EventKind::Uploaded(_)
            | EventKind::Queued(_)
            | EventKind::Started(_)
            | EventKind::Completed(_)
            | EventKind::Failed(_)
            | EventKind::Cancelled(_)
            | EventKind::Deleted(_)) => format!("{other:?}"),
        });
    }
    lines
}

#[tokio::test(start_paused = true)]
async fn each_update_becomes_a_record_an_output_and_an_event() {
    let (progress, mut events) = Progress::unlogged(4);
    let mut collector = Collector::new(progress);
    let failure = Failure::new(FailureCode::Damaged, "The file is damaged.");
    let (stage, class) = (name("read"), ErrorClass::Data);
    let failed = StageFailure { stage, failure, class, detail: "scan 3".to_owned() };
    let dimensions = Dimensions { width: 30, height: 20 };
    let start = Instant::now();
    for (milliseconds, update) in [
        (0, StageUpdate::Skipped { stage: name("check"), reason: "The stage is disabled.".to_owned() }),
        (5, StageUpdate::Started { stage: name("read") }),
        (8, StageUpdate::Measured { dimensions }),
        (25, StageUpdate::Failed { failure: failed }),
        (30, StageUpdate::Started { stage: name("small") }),
        (31, StageUpdate::Made { stage: name("small"), output: output("150", VariantRole::Thumbnail) }),
        (37, StageUpdate::Completed { stage: name("small") }),
        (40, StageUpdate::Started { stage: name("large") }),
        (41, StageUpdate::Made { stage: name("large"), output: output("optimized", VariantRole::Optimized) }),
        (41, StageUpdate::Completed { stage: name("large") }),
    ] {
        collector.note(update, start + Duration::from_millis(milliseconds));
    }
    let record = |stage: &str, status, milliseconds, error: Option<&str>| StageRecord {
        stage: name(stage),
        status,
        milliseconds,
        error: error.map(str::to_owned),
    };
    assert_eq!(
        collector.stage_log,
        [
            record("check", StageStatus::Skipped, 0, Some("The stage is disabled.")),
            record("read", StageStatus::Failed, 20, Some("The file is damaged.")),
            record("small", StageStatus::Completed, 7, None),
            record("large", StageStatus::Completed, 1, None),
        ]
    );
    assert_eq!(collector.outputs.dimensions, Some(dimensions));
    let made: Vec<_> = collector.outputs.variants.iter().map(|output| output.name.as_str()).collect();
    assert_eq!(made, ["150", "optimized"]);
    assert_eq!(
        told(&mut events),
        [
            "skipped check 0 27",
            "started read 1 27",
            "failed read 2",
            "started small 3 50",
            "thumbnail 150 4",
            "completed small 5 72",
            "started large 6 72",
            "completed large 7 95",
        ],
        "progress counts the stages that have ended, however they did, and an optimized output has no event"
    );
}
