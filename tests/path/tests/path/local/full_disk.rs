//! A full disk: uploads are refused with a reason, the process stays, and goes on when there is room again.
//!
//! Where the disk can't be mounted the error is another one, so only the refusal and the recovery count.

use std::{path::Path, process::Command, time::Duration};

use photo_core::photo::PhotoStatus;
use photo_stack::local::LocalPlatform;
use reqwest::Method;
use serde_json::Value;

use super::{place, quickstart};
use crate::{
    disk::Disk,
    scene::{BOUNDARY, LIMIT, body, ended, file_part, http, small_jpeg, until},
};

/// What `photo-local` becomes of. Whoever ignores the signal of a file that grows too long gets an error instead.
fn command(disk: &Disk, folder: &Path) -> Command {
    let plain = LocalPlatform::command(folder, &[quickstart()]).unwrap();
    match disk {
        Disk::Mounted(_) => plain,
        Disk::Limited => {
            let mut command = Command::new("sh");
            command.args(["-c", r#"trap "" XFSZ; exec "$@""#, "sh"]).arg(plain.get_program()).args(plain.get_args());
            command
        }
    }
}

/// Uploads a photo; the status, and the problem if there is one.
async fn upload(platform: &LocalPlatform, seed: u8) -> (u16, Value) {
    let request = http().request(Method::POST, format!("{}/photos/upload", platform.url()));
    let request = request.bearer_auth(platform.user_token("alice", Duration::from_hours(1)).unwrap());
    let request = request.header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"));
    let reply = request.body(body(&[file_part("a.jpg", &small_jpeg(seed))])).send().await.unwrap();
    (reply.status().as_u16(), reply.json().await.unwrap())
}

#[tokio::test]
async fn uploads_are_refused_while_the_disk_is_full_and_taken_when_there_is_room() {
    let (place, _) = place();
    let disk = Disk::mount(&place.path().join("disk"));
    let folder = place.path().join("disk/platform");
    let platform = LocalPlatform::start(&command(&disk, &folder), &folder).await.unwrap();
    let photos = platform.photos_of("alice").unwrap();
    let (status, first) = upload(&platform, 1).await;
    assert_eq!(status, 201, "{first}");
    let first = photos.list().await.unwrap()[0].id;
    ended(&photos, first).await;

    let pid = platform.process.pid();
    disk.fill(pid);
    let refusal = until("uploads are refused", LIMIT, async || {
        let (status, problem) = upload(&platform, 2).await;
        (status != 201).then_some((status, problem))
    })
    .await;
    assert_eq!((refusal.0, &refusal.1["code"]), (503, &Value::from("unavailable")), "{}", refusal.1);
    if matches!(disk, Disk::Mounted(_)) {
        let detail = "The server's disk is full. Send it again when there is room.";
        assert_eq!(refusal.1["detail"], detail);
        until("readiness follows", LIMIT, async || {
            let ready = http().get(format!("{}/readyz", platform.url())).send().await.unwrap();
            (ready.status() == 503).then_some(())
        })
        .await;
        assert_eq!(upload(&platform, 3).await.1["detail"], detail, "also once it is known");
    }
    assert!(platform.process.is_running());
    photos.photo(first).await.expect("what is there is served all the same");

    disk.free(pid);
    until("uploads are taken again", LIMIT, async || (upload(&platform, 4).await.0 == 201).then_some(())).await;
    for photo in photos.list().await.unwrap() {
        assert_eq!(ended(&photos, photo.id).await.status, PhotoStatus::Completed);
    }
}
