//! Several pipelines: each has its worker, and one that goes away leaves its photos until it comes back.

use std::{fs, path::PathBuf, time::Duration};

use photo_core::{photo::PhotoStatus, pipeline::PipelineName};
use photo_stack::local::LocalPlatform;
use serde_json::Value;

use super::{place, quickstart, start};
use crate::scene::{LIMIT, ended, http, jpeg, samples_folder, small_jpeg, until};

const PHOTOS: u8 = 12;

fn quick_processing() -> PathBuf {
    samples_folder().join("../quick-processing.yaml")
}

#[tokio::test]
async fn a_pipeline_that_goes_away_leaves_its_photos_until_it_comes_back() {
    let (place, folder) = place();
    let both = LocalPlatform::command(&folder, &[quickstart(), quick_processing()]).unwrap();
    let platform = LocalPlatform::start(&both, &folder).await.unwrap();
    let photos = platform.photos_of("alice").unwrap();
    let quick: PipelineName = "quick-processing".parse().unwrap();
    let files: Vec<PathBuf> = (0..PHOTOS).map(|seed| place.path().join(format!("{seed}.jpg"))).collect();
    for (seed, file) in (0..PHOTOS).zip(&files) {
        fs::write(file, jpeg(3000, 2000, seed)).unwrap();
    }
    let uploads = files.iter().map(|file| photos.upload_file(file, Some(&quick), |_| ()));
    let accepted = futures::future::try_join_all(uploads).await.unwrap();
    until("one has ended", LIMIT, async || {
        photos.list().await.unwrap().iter().any(|photo| photo.status.is_terminal()).then_some(())
    })
    .await;
    platform.process.kill();

    let platform = start(&folder).await;
    let said = fs::read_to_string(platform.process.log()).unwrap();
    assert!(said.contains("photos wait for the pipeline `quick-processing`, which is not declared any more"), "{said}");
    let photos = platform.photos_of("alice").unwrap();
    let refused = photos.upload_file(&files[0], Some(&quick), |_| ()).await.unwrap_err();
    assert!(refused.to_string().contains("There is no pipeline `quick-processing`"), "{refused}");
    let other = ended(&photos, photos.upload("a.jpg", small_jpeg(1)).await.unwrap().id).await;
    assert_eq!((other.pipeline.as_str(), other.variants.len()), ("full-processing", 4));
    platform.process.kill();

    let platform = LocalPlatform::start(&both, &folder).await.unwrap();
    let photos = platform.photos_of("alice").unwrap();
    for photo in accepted {
        let photo = ended(&photos, photo.id).await;
        let names: Vec<&str> = photo.variants.iter().map(|variant| variant.name.as_str()).collect();
        assert_eq!((photo.status, names), (PhotoStatus::Completed, vec!["300"]), "{:?}", photo.failure);
    }
    let request = http()
        .get(format!("{}/pipelines", platform.url()))
        .bearer_auth(platform.user_token("alice", Duration::from_hours(1)).unwrap());
    let listed: Value = request.send().await.unwrap().json().await.unwrap();
    let names: Vec<&Value> = listed["pipelines"].as_array().unwrap().iter().map(|pipeline| &pipeline["name"]).collect();
    assert_eq!(names, ["full-processing", "quick-processing"]);
}
