//! What owners do with photos that are there: cancel, process again, and look at what was tried.

use std::{fs, time::Duration};

use photo_core::{
    id::PhotoId,
    pipeline::{Fit, PipelineSpec, StageKind, StageSpec, ThumbnailSize, ThumbnailsSpec, ValidationSpec},
};
use photo_stack::{Stack, StackOptions, stack::StackPipeline};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::{
    once::{cut_stack, cutter, minio, redis, until_jobs_ended, until_queue_is_empty},
    scene::{Caller, LIMIT, file_part, own_stack, part, problem, small_jpeg, text, until},
};

/// Whether the photo's first job is anywhere in the queue.
async fn has_job(stack: &Stack, id: &str) -> bool {
    let job = format!("EXISTS bull:full-processing:{id}-full-processing-1");
    redis(stack).ask(&job).await.unwrap() == ":1"
}

async fn post(caller: &Caller, path: &str, body: Option<Value>) -> Response {
    let request = caller.request(Method::POST, path);
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    request.send().await.unwrap()
}

/// The outcomes of the photo's runs, oldest first; `null` of one that goes on.
async fn outcomes(caller: &Caller, id: &str) -> Value {
    let log = caller.json(&format!("/photos/{id}/log")).await;
    log["runs"].as_array().unwrap().iter().map(|run| run["outcome"].clone()).collect()
}

fn pipeline(name: &str, stages: Vec<StageKind>) -> StackPipeline {
    let stage = |kind: StageKind| {
        let name = match kind {
            StageKind::Validation(_) => "validation",
            StageKind::Thumbnails(_) => "thumbnails",
            StageKind::Metadata(_) => "metadata",
            StageKind::Optimization(_) => "optimization",
            StageKind::Watermark(_) => "watermark",
        };
        StageSpec::new(name.parse().unwrap(), kind)
    };
    let spec = PipelineSpec::of(stages.into_iter().map(stage).collect());
    StackPipeline { name: name.parse().unwrap(), spec, workers: 1 }
}

#[tokio::test]
async fn a_waiting_photo_that_is_cancelled_is_never_processed_and_its_job_leaves_the_queue() {
    let stack = own_stack().await;
    let caller = Caller::new(&stack, "alice");
    stack.workers[0].kill();
    let photo = caller.accepted("photo.jpg", &small_jpeg(1)).await;
    let id = text(&photo["id"]);
    until("its job is in the queue", LIMIT, async || has_job(&stack, id).await.then_some(())).await;
    for path in [format!("/photos/{id}/cancel"), format!("/api/photos/{id}/cancel")] {
        let reply = post(&caller, &path, None).await;
        assert_eq!(reply.status(), 200, "also a second time");
        let view: Value = reply.json().await.unwrap();
        assert_eq!((&view["status"], &view["seq"]), (&json!("cancelled"), &json!(2)));
    }
    until("its job is gone", LIMIT, async || (!has_job(&stack, id).await).then_some(())).await;
    stack.workers[0].start().await.unwrap();
    let other = caller.accepted("other.jpg", &small_jpeg(2)).await;
    assert_eq!(caller.ended(&other["id"]).await["status"], "completed");
    assert_eq!(caller.json(&format!("/photos/{id}")).await["status"], "cancelled");
    assert_eq!(outcomes(&caller, id).await, json!([]), "no worker ever took it");
    let ended = post(&caller, &format!("/photos/{}/cancel", text(&other["id"])), None).await;
    problem(ended, 409, "conflict").await;
}

#[tokio::test]
async fn a_photo_that_is_cancelled_while_it_is_processed_keeps_nothing_of_its_run() {
    let stack = cut_stack(1).await;
    let caller = Caller::new(&stack, "alice");
    let mut finish = cutter(&stack).hold("POST /internal/runs/finish ");
    let photo = caller.accepted("photo.jpg", &small_jpeg(1)).await;
    let id = text(&photo["id"]);
    finish.arrived().await.unwrap();
    assert_eq!(minio(&stack).keys("thumbnails", &format!("local/derived/{id}/")).unwrap().len(), 3);
    let reply = post(&caller, &format!("/photos/{id}/cancel"), None).await;
    assert_eq!(reply.json::<Value>().await.unwrap()["status"], "cancelled");
    finish.release();
    until_jobs_ended(&stack, "rejected", 1).await;
    until_queue_is_empty(&stack).await;
    assert_eq!(minio(&stack).keys("thumbnails", &format!("local/derived/{id}/")).unwrap(), [""; 0]);
    let view = caller.json(&format!("/photos/{id}")).await;
    assert_eq!((&view["status"], &view["variants"]), (&json!("cancelled"), &json!([])));
    assert_eq!(outcomes(&caller, id).await, json!(["cancelled"]));
}

#[tokio::test]
async fn a_completed_photo_goes_through_another_pipeline_and_shows_the_old_outputs_until_the_new_ones_are_there() {
    let size = ThumbnailSize { name: "200".parse().unwrap(), width: 200, height: 200, fit: Fit::Inside };
    let one_size = ThumbnailsSpec { sizes: vec![size], ..ThumbnailsSpec::default() };
    let mut options = StackOptions { own_servers: true, storage_cutter: true, ..StackOptions::default() };
    options.pipelines.push(pipeline("quick-processing", vec![StageKind::Thumbnails(one_size)]));
    let stack = Stack::start(&options).await.unwrap();
    let caller = Caller::new(&stack, "alice");
    let photo = caller.accepted("photo.jpg", &small_jpeg(1)).await;
    let (id, before) = (text(&photo["id"]), caller.ended(&photo["id"]).await);
    let path = format!("/photos/{id}/reprocess");

    let mut finish = cutter(&stack).hold("POST /internal/runs/finish ");
    let reply = post(&caller, &path, Some(json!({ "pipeline": "quick_processing", "priority": 1 }))).await;
    assert_eq!(reply.status(), 202);
    let again: Value = reply.json().await.unwrap();
    assert_eq!((&again["status"], &again["generation"]), (&json!("queued"), &json!(2)));
    assert_eq!((&again["pipeline"], &again["priority"]), (&json!("quick-processing"), &json!(1)));
    finish.arrived().await.unwrap();
    assert_eq!(caller.json(&format!("/photos/{id}")).await["variants"], before["variants"]);
    assert_eq!(caller.get(&format!("/photos/{id}/variants/600")).await.status(), 200);
    let refused = problem(post(&caller, &path, None).await, 409, "conflict").await;
    assert!(text(&refused["detail"]).contains("cancel it first or wait"), "{refused}");
    finish.release();

    let after = caller.ended(&photo["id"]).await;
    let names: Vec<&Value> = after["variants"].as_array().unwrap().iter().map(|variant| &variant["name"]).collect();
    assert_eq!((&after["generation"], names), (&json!(2), vec![&json!("200")]));
    assert_eq!(caller.get(&format!("/photos/{id}/variants/200")).await.status(), 200);
    problem(caller.get(&format!("/photos/{id}/variants/600")).await, 404, "not_found").await;
    let log = caller.json(&format!("/photos/{id}/log")).await;
    let runs: Vec<_> =
        log["runs"].as_array().unwrap().iter().map(|run| (&run["generation"], &run["pipeline"])).collect();
    assert_eq!(runs, [(&json!(1), &json!("full-processing")), (&json!(2), &json!("quick-processing"))]);
    // The client that names what it saw may ask as often as it likes.
    let repeated = post(&caller, &path, Some(json!({ "generation": 1 }))).await;
    assert_eq!((repeated.status().as_u16(), repeated.json::<Value>().await.unwrap()), (202, after));
}

#[tokio::test]
async fn a_failed_photo_is_processed_again_after_its_pipeline_has_other_limits() {
    let strict = ValidationSpec { max_pixels: 100, ..ValidationSpec::default() };
    let stages = |validation| vec![StageKind::Validation(validation), StageKind::Thumbnails(ThumbnailsSpec::default())];
    let pipelines = vec![pipeline("full-processing", stages(strict))];
    let stack = Stack::start(&StackOptions { pipelines, ..StackOptions::default() }).await.unwrap();
    let caller = Caller::new(&stack, "alice");
    let photo = caller.accepted("photo.jpg", &small_jpeg(1)).await;
    let (id, failed) = (text(&photo["id"]), caller.ended(&photo["id"]).await);
    assert_eq!((&failed["status"], &failed["failure"]["code"]), (&json!("failed"), &json!("too_many_pixels")));

    let wide = pipeline("full-processing", stages(ValidationSpec::default())).spec;
    let file = stack.folder().join("full-processing.yaml");
    fs::write(file, serde_json::to_vec(&wide).unwrap()).unwrap();
    stack.workers[0].start().await.unwrap();
    let again: Value = post(&caller, &format!("/api/photos/{id}/reprocess"), None).await.json().await.unwrap();
    assert_eq!((&again["status"], again.get("failure")), (&json!("queued"), None));
    let completed = caller.ended(&photo["id"]).await;
    assert_eq!((&completed["status"], &completed["generation"]), (&json!("completed"), &json!(2)));
    assert_eq!(outcomes(&caller, id).await, json!(["failed", "completed"]));
}

#[tokio::test]
async fn the_log_shows_each_attempt_with_what_its_stages_did() {
    let stack = cut_stack(1).await;
    let caller = Caller::new(&stack, "alice");
    let mut finish = cutter(&stack).hold("POST /internal/runs/finish ");
    let photo = caller.accepted("photo.jpg", &small_jpeg(1)).await;
    let id = text(&photo["id"]);
    finish.arrived().await.unwrap();
    assert_eq!(outcomes(&caller, id).await, json!([null]), "the first attempt goes on");
    stack.workers[0].kill();
    stack.workers[0].start().await.unwrap();
    caller.ended(&photo["id"]).await;
    let log = caller.json(&format!("/api/photos/{id}/log")).await;
    let runs = log["runs"].as_array().unwrap();
    let summary = |run: &Value| (run["outcome"].clone(), run["delivery"].clone(), run["generation"].clone());
    let expected = [(json!("lost"), json!(1), json!(1)), (json!("completed"), json!(2), json!(1))];
    assert_eq!(runs.iter().map(summary).collect::<Vec<_>>(), expected);
    let stages: Vec<_> =
        runs[1]["stages"].as_array().unwrap().iter().map(|stage| (&stage["stage"], &stage["status"])).collect();
    let done = &json!("completed");
    assert_eq!(stages, [(&json!("validation"), done), (&json!("thumbnails"), done)]);
    for run in runs {
        let time = |field: &str| -> jiff::Timestamp { text(&run[field]).parse().unwrap() };
        assert!(time("begunAt") <= time("endedAt"), "{run}");
    }
    drop(finish);
}

#[tokio::test]
async fn wishes_that_make_no_sense_change_nothing() {
    let stack = own_stack().await;
    let caller = Caller::new(&stack, "alice");
    let photo = caller.accepted("photo.jpg", &small_jpeg(1)).await;
    let id = text(&photo["id"]);
    let before = caller.ended(&photo["id"]).await;
    let path = format!("/photos/{id}/reprocess");
    for (body, status, code) in [
        (json!({ "pipeline": "no-such-pipeline" }), 422, "unknown_pipeline"),
        (json!({ "pipeline": "../x" }), 422, "unknown_pipeline"),
        (json!({ "priority": 0 }), 400, "invalid"),
        (json!({ "priority": "high" }), 400, "invalid"),
        (json!({ "colour": "red" }), 400, "invalid"),
        (json!([]), 400, "invalid"),
        (json!({ "generation": 7 }), 409, "conflict"),
    ] {
        problem(post(&caller, &path, Some(body)).await, status, code).await;
    }
    let garbage = caller.request(Method::POST, &path).body("{").send().await.unwrap();
    problem(garbage, 400, "invalid").await;
    let endless = caller.request(Method::POST, &path).body(vec![b' '; 3 * 1024 * 1024]).send().await.unwrap();
    problem(endless, 400, "invalid").await;
    for missing in [PhotoId::generate().to_string(), "7".to_owned()] {
        for (method, end) in
            [(Method::POST, "/reprocess"), (Method::POST, "/cancel"), (Method::GET, "/log"), (Method::DELETE, "")]
        {
            let reply = caller.request(method, &format!("/photos/{missing}{end}")).send().await.unwrap();
            problem(reply, 404, "not_found").await;
        }
    }
    assert_eq!(caller.json(&format!("/photos/{id}")).await, before);
}

#[tokio::test]
async fn an_upload_says_how_soon_its_photos_are_processed() {
    let stack = own_stack().await;
    let caller = Caller::new(&stack, "alice");
    let file = |name: &str| file_part(name, &small_jpeg(1));
    let priority = |text: &str| part("name=\"priority\"", text.as_bytes());
    let accepted = async |path: &str, parts: &[Vec<u8>]| {
        let reply = caller.upload(path, parts).await;
        assert_eq!(reply.status(), 201, "{path}");
        reply.json::<Value>().await.unwrap()["photos"][0]["priority"].clone()
    };
    assert_eq!(accepted("/photos/upload", &[file("a.jpg")]).await, 5, "what the pipeline says");
    assert_eq!(accepted("/photos/upload?priority=2", &[file("b.jpg")]).await, 2);
    assert_eq!(accepted("/photos/upload?priority=2", &[priority("9"), file("c.jpg")]).await, 9, "the part is nearer");
    problem(caller.upload("/photos/upload", &[priority("11"), file("d.jpg")]).await, 400, "invalid").await;
    let late = caller.upload("/photos/upload", &[file("e.jpg"), priority("1")]).await;
    assert_eq!(late.status(), 207, "it comes after the file that it would be for");
    let answer: Value = late.json().await.unwrap();
    assert_eq!((&answer["photos"][0]["priority"], &answer["refused"][0]["code"]), (&json!(5), &json!("invalid")));
    tokio::time::timeout(Duration::from_mins(2), until_queue_is_empty(&stack)).await.unwrap();
}
