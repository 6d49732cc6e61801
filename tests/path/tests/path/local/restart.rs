//! Stopping and dying: what was accepted is processed by the next process, however the one before ended.

use std::{fs, time::Duration};

use futures::future::try_join_all;
use photo_core::photo::PhotoStatus;
use photo_stack::{local::LocalPlatform, photos::Photos};

use super::{place, start};
use crate::scene::{LIMIT, ended, http, jpeg, sample, small_jpeg, until};

/// Photos that take a moment each, so that some are open when the process ends.
const PHOTOS: u8 = 24;

/// Uploads them all, and returns when the first has ended and others have not.
async fn half_way(platform: &LocalPlatform) -> Photos {
    let photos = platform.photos_of("alice").unwrap();
    // Made before and sent together: the platform must not keep up.
    let files: Vec<Vec<u8>> = (0..PHOTOS).map(|seed| jpeg(3000, 2000, seed)).collect();
    try_join_all(files.into_iter().map(|file| photos.upload("large.jpg", file))).await.unwrap();
    until("the first photo has ended", LIMIT, async || {
        let list = photos.list().await.unwrap();
        list.iter().any(|photo| photo.status.is_terminal()).then_some(())
    })
    .await;
    photos
}

async fn all_complete(photos: &Photos) {
    let list = photos.list().await.unwrap();
    assert_eq!(list.len(), usize::from(PHOTOS));
    for photo in list {
        let photo = ended(photos, photo.id).await;
        assert_eq!((photo.status, photo.variants.len()), (PhotoStatus::Completed, 4), "{:?}", photo.failure);
    }
}

#[tokio::test]
async fn a_killed_platform_goes_on_where_it_was() {
    let (_place, folder) = place();
    let platform = start(&folder).await;
    let photos = half_way(&platform).await;
    let open = photos.list().await.unwrap().iter().filter(|photo| !photo.status.is_terminal()).count();
    platform.process.kill();
    assert!(open > 0, "the platform was too quick for this test");
    assert!(folder.join("running.json").is_file(), "a killed process takes nothing back");
    let platform = start(&folder).await;
    all_complete(&platform.photos_of("alice").unwrap()).await;
}

#[tokio::test]
async fn a_platform_that_is_asked_to_end_finishes_its_runs_and_ends_with_zero() {
    let (_place, folder) = place();
    let platform = start(&folder).await;
    half_way(&platform).await;
    let status = platform.process.terminate(LIMIT).await.unwrap();
    assert_eq!(status.code(), Some(0), "{}", platform.process.log_tail(20));
    assert!(!folder.join("running.json").exists(), "nobody is sent to a platform that has ended");
    assert_eq!(fs::read_dir(folder.join("spool")).unwrap().count(), 0);
    let said = fs::read_to_string(platform.process.log()).unwrap();
    assert!(!said.contains("leases will run out") && !said.contains("handed back"), "{said}");
    let platform = start(&folder).await;
    all_complete(&platform.photos_of("alice").unwrap()).await;
}

#[tokio::test]
async fn no_upload_comes_in_after_the_signal() {
    let (_place, folder) = place();
    let platform = start(&folder).await;
    half_way(&platform).await;
    platform.process.terminate(LIMIT).await.unwrap();
    assert!(http().get(format!("{}/livez", platform.url())).timeout(Duration::from_secs(5)).send().await.is_err());
}

#[tokio::test]
async fn a_killed_platform_keeps_what_it_has_made() {
    let (_place, folder) = place();
    let platform = start(&folder).await;
    let photos = platform.photos_of("alice").unwrap();
    let id = photos.upload("brushes.webp", sample("brushes.webp")).await.unwrap().id;
    let before = ended(&photos, id).await;
    let key = fs::read_to_string(folder.join("user-token.key")).unwrap();
    // An upload that the process was receiving when it was killed.
    fs::write(folder.join("spool/.tmp1"), small_jpeg(1)).unwrap();
    platform.process.kill();
    let platform = start(&folder).await;
    assert_eq!(fs::read_to_string(folder.join("user-token.key")).unwrap(), key, "tokens stay valid");
    assert_eq!(fs::read_dir(folder.join("spool")).unwrap().count(), 0, "scratch is cleared");
    let photos = platform.photos_of("alice").unwrap();
    let after = photos.photo(id).await.unwrap();
    assert_eq!((after.seq, after.variants.len()), (before.seq, before.variants.len()));
    for variant in &after.variants {
        assert_eq!(photos.bytes_of(variant).await.unwrap().len() as u64, variant.size_bytes);
    }
}
