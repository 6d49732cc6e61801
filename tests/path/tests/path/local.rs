//! The platform in one process, as a person starts it from the samples.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use photo_core::photo::PhotoStatus;
use photo_stack::{
    figures::{Figure, Goal},
    live::Live,
    local::LocalPlatform,
    photos::samples,
};
use serde_json::json;
use tempfile::TempDir;
use tokio::time::Instant;

use crate::scene::{ended, http, samples_folder, small_jpeg};

mod commands;
mod full_disk;
mod pipelines;
mod refusals;
mod restart;

/// The sample that is a whole platform.
fn quickstart() -> PathBuf {
    samples_folder().join("../quickstart.yaml")
}

/// A place for a platform's folder and its log.
pub(crate) fn place() -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("platform");
    (place, folder)
}

/// The quickstart on `folder`, ready.
pub(crate) async fn start(folder: &Path) -> LocalPlatform {
    let command = LocalPlatform::command(folder, &[quickstart()]).unwrap();
    LocalPlatform::start(&command, folder).await.unwrap()
}

#[tokio::test]
async fn the_quickstart_completes_the_sample_photos() {
    let (_place, folder) = place();
    let platform = start(&folder).await;
    let photos = platform.photos_of("alice").unwrap();
    for sample in samples(&samples_folder()).unwrap() {
        let accepted = photos.upload(&sample.name, std::fs::read(&sample.path).unwrap()).await.unwrap();
        let photo = ended(&photos, accepted.id).await;
        assert_eq!(photo.status, sample.expected(), "{}: {:?}", sample.name, photo.failure);
        let mut names: Vec<&str> = photo.variants.iter().map(|variant| variant.name.as_str()).collect();
        names.retain(|name| ["150", "300", "600"].contains(name));
        assert_eq!(names.len(), if photo.status == PhotoStatus::Completed { 3 } else { 0 }, "{}", sample.name);
        for variant in &photo.variants {
            assert_eq!(photos.bytes_of(variant).await.unwrap().len() as u64, variant.size_bytes);
        }
    }
    assert_eq!(platform.photos_of("bob").unwrap().list().await.unwrap().len(), 0);
}

#[tokio::test]
async fn one_port_serves_the_page_the_probes_and_the_metrics() {
    let (_place, folder) = place();
    let platform = start(&folder).await;
    let photos = platform.photos_of("alice").unwrap();
    ended(&photos, photos.upload("a.jpg", small_jpeg(1)).await.unwrap().id).await;
    let http = http();
    let get = async |path: &str| http.get(format!("{}{path}", platform.url())).send().await.unwrap();
    for (path, part) in [("/", "<!doctype html>"), ("/livez", "ok"), ("/readyz", "ok"), ("/health", "\"healthy\"")] {
        let reply = get(path).await;
        assert_eq!(reply.status(), 200, "{path}");
        let text = reply.text().await.unwrap();
        assert!(text.to_lowercase().contains(part), "{path}: {text}");
    }
    let metrics = get("/metrics").await.text().await.unwrap();
    for series in [
        "photo_uploads_accepted_total 1",
        "photo_worker_jobs_total{outcome=\"completed\"} 1",
        "photo_eventbus_events_total",
        "photo_outbox_relayed_total",
        "photo_http_requests_total{method=\"POST\",route=\"/photos/upload\",status=\"201\"} 1",
    ] {
        assert!(metrics.contains(series), "{series}: {metrics}");
    }
}

#[tokio::test]
async fn events_are_told_live_on_the_same_port() {
    let (_place, folder) = place();
    let platform = start(&folder).await;
    let mut live =
        Live::connect(platform.url(), &platform.user_token("alice", Duration::from_hours(1)).unwrap()).await.unwrap();
    live.emit("subscribe:user", json!({})).await;
    assert_eq!(live.event().await.unwrap().unwrap().0, "subscribed");
    let photos = platform.photos_of("alice").unwrap();
    let id = photos.upload("a.jpg", small_jpeg(2)).await.unwrap().id;
    let mut heard = Vec::new();
    while heard.last().is_none_or(|kind| kind != "photo.processing.completed") {
        let (name, event) = live.event().await.unwrap().expect("the connection stays open");
        assert!(["upload.event", "processing.event", "completion.event"].contains(&name.as_str()), "{name}");
        assert_eq!(event["photoId"], json!(id), "{event}");
        heard.push(event["type"].as_str().unwrap().to_owned());
    }
    assert_eq!(heard.first().map(String::as_str), Some("photo.uploaded"), "{heard:?}");
    assert!(heard.iter().any(|kind| kind == "photo.thumbnail.generated"), "{heard:?}");
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "figures are read from the test's output")]
async fn a_start_is_measured() {
    let (_place, folder) = place();
    let began = Instant::now();
    let platform = start(&folder).await;
    let milliseconds = f64::from(u32::try_from(began.elapsed().as_millis()).unwrap());
    let kib = u32::try_from(platform.process.rss_bytes().unwrap() / 1024).unwrap();
    let said = std::fs::read_to_string(platform.process.log()).unwrap();
    assert!(said.contains(&format!("Open       {}/#token=", platform.url())), "{said}");
    assert!(said.contains("started in ") && said.contains("Folder     "), "{said}");
    for figure in [
        Figure { name: "local_ready_ms", value: milliseconds, unit: "ms", goal: Goal::AtMost(1000.0) },
        Figure { name: "local_idle_rss_mib", value: f64::from(kib) / 1024.0, unit: "MiB", goal: Goal::AtMost(64.0) },
    ] {
        println!("{figure}");
    }
}
