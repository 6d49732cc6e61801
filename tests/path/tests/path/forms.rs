//! One story, told by the same documents in both forms of a platform: one process with everything embedded, and a process
//! per role on real servers.

use std::path::PathBuf;

use photo_core::photo::PhotoStatus;
pub(crate) use photo_stack::platform::Form;
use photo_stack::{Platform, photos::samples};
use reqwest::Method;
use serde_json::{Value, json};

use crate::scene::{Caller, LIMIT, file_part, problem, sample, samples_folder, text, until};

#[tokio::test]
async fn the_story_is_the_same_in_one_process() {
    story(&quickstart(Form::Embedded).await).await;
}

#[tokio::test]
async fn the_story_is_the_same_with_a_process_per_role() {
    story(&quickstart(Form::Real).await).await;
}

/// The platform of the samples in that form.
pub(crate) async fn quickstart(form: Form) -> Platform {
    let documents = ["quickstart.yaml", "quick-processing.yaml"].map(|name| samples_folder().join("..").join(name));
    Platform::start(form, &documents.map(PathBuf::from), 1).await.unwrap()
}

async fn story(platform: &Platform) {
    let (alice, bob) = (Caller::of(platform, "alice"), Caller::of(platform, "bob"));
    every_sample_ends_as_expected(&alice).await;
    let dogs = alice.accepted("dogs.jpg", &sample("dogs-sideways.jpg")).await;
    let dogs = alice.ended(&dogs["id"]).await;
    a_sideways_photo_is_described_upright(&alice, &dogs).await;
    let path = format!("/photos/{}", text(&dogs["id"]));
    for (method, path) in [(Method::GET, path.clone()), (Method::DELETE, path.clone())] {
        problem(bob.request(method, &path).send().await.unwrap(), 404, "not_found").await;
    }
    it_is_processed_again_by_another_pipeline(&alice, &path).await;
    it_is_deleted(&alice, &path).await;
    let unknown = alice.upload("/photos/upload?pipeline=nowhere", &[file_part("a.jpg", &sample("sunset.jpg"))]).await;
    problem(unknown, 422, "unknown_pipeline").await;
}

async fn every_sample_ends_as_expected(alice: &Caller) {
    let mut accepted = Vec::new();
    for sample in samples(&samples_folder()).unwrap() {
        let bytes = std::fs::read(&sample.path).unwrap();
        accepted.push((alice.accepted(&sample.name, &bytes).await["id"].clone(), sample));
    }
    for (id, sample) in accepted {
        let photo = alice.ended(&id).await;
        assert_eq!(photo["status"], sample.expected().as_str(), "{photo}");
        let log = alice.json(&format!("/photos/{}/log", text(&id))).await;
        let [run] = log["runs"].as_array().unwrap().as_slice() else { panic!("{}: {log}", sample.name) };
        let stages: Vec<_> =
            run["stages"].as_array().unwrap().iter().map(|stage| (&stage["stage"], &stage["status"])).collect();
        if sample.expected() == PhotoStatus::Completed {
            assert_eq!(names(&photo["variants"]), ["150", "300", "600", "optimized"], "{}", sample.name);
            let completed = json!("completed");
            let all = ["validation", "thumbnails", "metadata", "optimization"].map(|stage| json!(stage));
            assert_eq!(stages, all.iter().map(|stage| (stage, &completed)).collect::<Vec<_>>(), "{}", sample.name);
        } else {
            assert_eq!(stages, [(&json!("validation"), &json!("failed"))], "{}", sample.name);
            assert_eq!(photo["failure"]["code"], "damaged");
        }
    }
}

async fn a_sideways_photo_is_described_upright(alice: &Caller, dogs: &Value) {
    assert_eq!((&dogs["width"], &dogs["height"]), (&json!(1198), &json!(1800)));
    assert_eq!(dogs["metadata"]["colorSpace"], "sRGB");
    assert_eq!(dogs["metadata"]["gps"], Value::Null, "the place is not kept");
    let optimized = dogs["variants"].as_array().unwrap().iter().find(|variant| variant["role"] == "optimized").unwrap();
    assert_eq!((&optimized["width"], &optimized["height"]), (&json!(1198), &json!(1800)));
    let ratio = optimized["ratioPercent"].as_u64().unwrap();
    // It was made with the same quality by somebody else, and may come out a little longer.
    assert!((1..=105).contains(&ratio), "{ratio}");
    for variant in dogs["variants"].as_array().unwrap() {
        let reply = alice.get(text(&variant["url"])).await;
        let picture = image::load_from_memory(&reply.bytes().await.unwrap()).unwrap();
        assert_eq!(json!([picture.width(), picture.height()]), json!([variant["width"], variant["height"]]));
    }
}

async fn it_is_processed_again_by_another_pipeline(alice: &Caller, path: &str) {
    problem(alice.request(Method::POST, &format!("{path}/cancel")).send().await.unwrap(), 409, "conflict").await;
    let request = alice.request(Method::POST, &format!("{path}/reprocess"));
    let reply = request.json(&json!({ "pipeline": "quick-processing" })).send().await.unwrap();
    assert_eq!(reply.status(), 202);
    let again = until("the second generation ends", LIMIT, async || {
        Some(alice.json(path).await).filter(|photo| photo["generation"] == 2 && photo["status"] == "completed")
    });
    assert_eq!(names(&again.await["variants"]), ["300"]);
}

async fn it_is_deleted(alice: &Caller, path: &str) {
    let deleted = alice.request(Method::DELETE, path).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    problem(alice.get(path).await, 404, "not_found").await;
    let listed = alice.json("/photos?limit=200").await;
    assert!(listed["photos"].as_array().unwrap().iter().all(|photo| !path.ends_with(text(&photo["id"]))));
}

fn names(variants: &Value) -> Vec<&str> {
    variants.as_array().unwrap().iter().map(|variant| text(&variant["name"])).collect()
}
