//! Pipelines of every shape on the real worker: which events a photo brings, in which order, and what is left of it.

use photo_core::pipeline::{
    Fit, MetadataSpec, OnFailure, OptimizationSpec, PipelineSpec, StageKind, StageSpec, StageState, ThumbnailSize,
    ThumbnailsSpec, ValidationSpec,
};
use photo_stack::{Stack, StackOptions, stack::StackPipeline};
use serde_json::Value;

use crate::{
    hostile,
    scene::{Caller, file_part, jpeg, text},
    told::{Told, as_lines},
};

/// A pipeline, a photo, and what must become of it.
struct Row {
    name: &'static str,
    stages: Vec<StageSpec>,
    photo: Vec<u8>,
    status: &'static str,
    /// As [`as_lines`] tells them.
    events: &'static [&'static str],
    /// `name widthxheight`.
    outputs: &'static [&'static str],
    /// `stage status`, and why after a colon.
    log: &'static [&'static str],
}

fn stage(name: &str, kind: StageKind) -> StageSpec {
    StageSpec::new(name.parse().unwrap(), kind)
}

fn validation() -> StageSpec {
    stage("validation", StageKind::Validation(ValidationSpec::default()))
}

fn thumbnails() -> StageSpec {
    stage("thumbnails", StageKind::Thumbnails(sizes(&[("small", 100, 100, Fit::Inside)])))
}

fn metadata() -> StageSpec {
    stage("metadata", StageKind::Metadata(MetadataSpec::default()))
}

fn optimization() -> StageSpec {
    stage("optimization", StageKind::Optimization(OptimizationSpec::default()))
}

fn sizes(sizes: &[(&str, u16, u16, Fit)]) -> ThumbnailsSpec {
    let size = |&(name, width, height, fit): &(&str, u16, u16, Fit)| {
        let name = name.parse().unwrap();
        ThumbnailSize { name, width, height, fit }
    };
    ThumbnailsSpec { sizes: sizes.iter().map(size).collect(), ..ThumbnailsSpec::default() }
}

fn disabled(mut stage: StageSpec) -> StageSpec {
    stage.state = StageState::Disabled;
    stage
}

fn skipping(mut stage: StageSpec) -> StageSpec {
    stage.on_failure = OnFailure::Skip;
    stage
}

fn after(on: &str, mut stage: StageSpec) -> StageSpec {
    stage.depends_on.push(on.parse().unwrap());
    stage
}

/// With a second, where [`slow`] takes several.
fn hurried(mut stage: StageSpec) -> StageSpec {
    stage.timeout_seconds = 1;
    stage
}

fn good() -> Vec<u8> {
    jpeg(400, 300, 1)
}

/// The first half of a photo.
fn cut_off() -> Vec<u8> {
    let whole = good();
    whole[..whole.len() / 2].to_vec()
}

/// Seconds of work in 8 kB.
fn slow() -> Vec<u8> {
    hostile::progressive_jpeg(7500, 99)
}

fn whole_runs() -> Vec<Row> {
    vec![
        Row {
            name: "every-type",
            stages: vec![validation(), metadata(), after("validation", thumbnails()), optimization()],
            photo: good(),
            status: "completed",
            events: &[
                "started validation 5",
                "completed validation 27",
                "started metadata 27",
                "completed metadata 50",
                "started thumbnails 50",
                "thumbnail small",
                "completed thumbnails 72",
                "started optimization 72",
                "completed optimization 95",
                "completed",
            ],
            outputs: &["optimized 400x300", "small 100x75"],
            log: &["validation completed", "metadata completed", "thumbnails completed", "optimization completed"],
        },
        Row {
            name: "validation-only",
            stages: vec![validation()],
            photo: good(),
            status: "completed",
            events: &["started validation 5", "completed validation 95", "completed"],
            outputs: &[],
            log: &["validation completed"],
        },
        Row {
            name: "renamed-sizes",
            stages: vec![stage(
                "pictures",
                StageKind::Thumbnails(sizes(&[
                    ("square", 64, 64, Fit::Cover),
                    ("wide", 200, 40, Fit::Cover),
                    ("tiny", 16, 16, Fit::Inside),
                    ("huge", 8000, 8000, Fit::Inside),
                ])),
            )],
            photo: good(),
            status: "completed",
            events: &[
                "started pictures 5",
                "thumbnail huge",
                "thumbnail wide",
                "thumbnail square",
                "thumbnail tiny",
                "completed pictures 95",
                "completed",
            ],
            outputs: &["huge 400x300", "square 64x64", "tiny 16x12", "wide 200x40"],
            log: &["pictures completed"],
        },
    ]
}

fn skipped_stages() -> Vec<Row> {
    vec![
        Row {
            name: "disabled-stage",
            stages: vec![validation(), disabled(thumbnails()), optimization()],
            photo: good(),
            status: "completed",
            events: &[
                "started validation 5",
                "completed validation 35",
                "skipped thumbnails 65",
                "started optimization 65",
                "completed optimization 95",
                "completed",
            ],
            outputs: &["optimized 400x300"],
            log: &["validation completed", "thumbnails skipped: The stage is disabled.", "optimization completed"],
        },
        Row {
            name: "dependent-of-skipped",
            stages: vec![disabled(validation()), after("validation", metadata()), after("metadata", thumbnails())],
            photo: good(),
            status: "completed",
            events: &["skipped validation 35", "skipped metadata 65", "skipped thumbnails 95", "completed"],
            outputs: &[],
            log: &[
                "validation skipped: The stage is disabled.",
                "metadata skipped: It depends on `validation`, which was skipped.",
                "thumbnails skipped: It depends on `metadata`, which was skipped.",
            ],
        },
    ]
}

const CUT_OFF: &str =
    "The file ends before the picture does: it was probably cut off during a copy or an earlier upload.";

fn failing_stages() -> Vec<Row> {
    vec![
        Row {
            name: "failure-skips",
            stages: vec![skipping(validation()), metadata(), after("validation", thumbnails())],
            photo: cut_off(),
            status: "completed",
            events: &[
                "started validation 5",
                "failed validation damaged",
                "started metadata 35",
                "completed metadata 65",
                "skipped thumbnails 95",
                "completed",
            ],
            outputs: &[],
            log: &[
                "validation failed: CUT_OFF",
                "metadata completed",
                "thumbnails skipped: It depends on `validation`, which failed.",
            ],
        },
        Row {
            name: "failure-fails",
            stages: vec![metadata(), validation(), thumbnails()],
            photo: cut_off(),
            status: "failed",
            events: &[
                "started metadata 5",
                "completed metadata 35",
                "started validation 35",
                "failed validation damaged",
                "failed",
            ],
            outputs: &[],
            log: &["metadata completed", "validation failed: CUT_OFF"],
        },
    ]
}

fn late_stages() -> Vec<Row> {
    vec![
        Row {
            name: "timeout-skips",
            stages: vec![skipping(hurried(validation())), metadata(), after("validation", thumbnails())],
            photo: slow(),
            status: "completed",
            events: &[
                "started validation 5",
                "failed validation timed_out",
                "started metadata 35",
                "completed metadata 65",
                "skipped thumbnails 95",
                "completed",
            ],
            outputs: &[],
            log: &[
                "validation failed: This stage took longer than the 1 s that it may take.",
                "metadata completed",
                "thumbnails skipped: It depends on `validation`, which failed.",
            ],
        },
        Row {
            name: "timeout-fails",
            stages: vec![metadata(), hurried(validation()), thumbnails()],
            photo: slow(),
            status: "dead",
            events: &[
                "started metadata 5",
                "completed metadata 35",
                "started validation 35",
                "failed validation timed_out",
                "dead",
            ],
            outputs: &[],
            log: &["metadata completed", "validation failed: This stage took longer than the 1 s that it may take."],
        },
    ]
}

impl Row {
    fn pipeline(&self) -> StackPipeline {
        let mut spec = PipelineSpec::of(self.stages.clone());
        spec.queue.job_options.attempts = 1;
        spec.worker.concurrency = 1;
        StackPipeline { name: self.name.parse().unwrap(), spec, workers: 1 }
    }

    async fn upload(&self, caller: &Caller) -> String {
        let path = format!("/photos/upload?pipeline={}", self.name);
        let reply = caller.upload(&path, &[file_part("photo.jpg", &self.photo)]).await;
        let answer: Value = reply.json().await.unwrap();
        text(&answer["photos"][0]["id"]).to_owned()
    }

    async fn check(&self, caller: &Caller, told: &mut Told, id: &str) {
        assert_eq!(as_lines(told.until_ended(id).await), self.events, "{}", self.name);
        let photo = caller.json(&format!("/photos/{id}")).await;
        assert_eq!(photo["status"], self.status, "{}: {photo}", self.name);
        let mut outputs: Vec<String> = photo["variants"].as_array().unwrap().iter().map(output).collect();
        outputs.sort();
        assert_eq!(outputs, self.outputs, "{}", self.name);
        let log = caller.json(&format!("/photos/{id}/log")).await;
        let runs = log["runs"].as_array().unwrap();
        assert_eq!(runs.len(), 1, "{}: {log}", self.name);
        let records: Vec<String> = runs[0]["stages"].as_array().unwrap().iter().map(record).collect();
        let expected: Vec<String> = self.log.iter().map(|line| line.replace("CUT_OFF", CUT_OFF)).collect();
        assert_eq!(records, expected, "{}", self.name);
    }
}

fn output(variant: &Value) -> String {
    format!("{} {}x{}", text(&variant["name"]), variant["width"], variant["height"])
}

fn record(record: &Value) -> String {
    let (stage, status) = (text(&record["stage"]), text(&record["status"]));
    let milliseconds = record["milliseconds"].as_u64().unwrap();
    assert!(status != "skipped" || milliseconds == 0, "{record}");
    let why = record["error"].as_str().map(|why| format!(": {why}")).unwrap_or_default();
    if why.contains("took longer") {
        assert!(milliseconds >= 1000, "{record}");
    }
    format!("{stage} {status}{why}")
}

#[tokio::test]
async fn every_pipeline_tells_and_leaves_exactly_what_its_spec_says() {
    let rows: Vec<Row> =
        [whole_runs(), skipped_stages(), failing_stages(), late_stages()].into_iter().flatten().collect();
    let pipelines = rows.iter().map(Row::pipeline).collect();
    let stack = Stack::start(&StackOptions { pipelines, ..StackOptions::default() }).await.unwrap();
    let caller = Caller::new(&stack, "alice");
    let mut told = Told::of(&stack, "alice").await;
    let mut ids = Vec::new();
    for row in &rows {
        ids.push(row.upload(&caller).await);
    }
    for (row, id) in rows.iter().zip(&ids) {
        row.check(&caller, &mut told, id).await;
    }
}
