//! The commands beside `run`: they find the platform by its folder and act in its user's name.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    time::Duration,
};

use photo_stack::local::LocalPlatform;
use serde_json::Value;

use super::{place, start};
use crate::scene::{http, samples_folder, small_jpeg};

/// Runs a command of `photo-local` on the platform in `folder`.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(LocalPlatform::program().unwrap());
    command.args(arguments).env("PHOTO_DATA_DIR", folder).output().unwrap()
}

fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

#[tokio::test]
async fn a_token_opens_the_api_for_its_user_until_it_expires() {
    let (_place, folder) = place();
    let platform = start(&folder).await;
    let token = |arguments: &[&str]| said(&run(&folder, &[&["token"], arguments].concat())).0.trim().to_owned();
    let status = async |token: &str| {
        let request = http().get(format!("{}/photos", platform.url())).bearer_auth(token);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status(&token(&["--sub", "alice"])).await, 200);
    platform.photos_of("alice").unwrap().upload("a.jpg", small_jpeg(1)).await.unwrap();
    let list = async |token: String| -> Value {
        let request = http().get(format!("{}/photos", platform.url())).bearer_auth(token);
        request.send().await.unwrap().json().await.unwrap()
    };
    assert_eq!(list(token(&["--sub", "alice"])).await["photos"].as_array().unwrap().len(), 1);
    assert_eq!(list(token(&[])).await["photos"].as_array().unwrap().len(), 0, "another user");
    // The token of the printed address is the same user's as that of the commands.
    let log = fs::read_to_string(platform.process.log()).unwrap();
    let printed = log.split_once("/#token=").unwrap().1.lines().next().unwrap();
    assert_eq!(status(printed).await, 200);
    platform.process.kill();
    let (stdout, stderr) = said(&run(&folder, &["token"]));
    assert_eq!(stdout.trim().split('.').count(), 3, "the platform need not run: {stderr}");
}

#[tokio::test]
async fn an_upload_waits_for_its_photos_and_tells_what_became_of_them() {
    let (_place, folder) = place();
    let platform = start(&folder).await;
    let photo = |name: &str| samples_folder().join(name).to_str().unwrap().to_owned();
    let (good, broken) = (photo("brushes.webp"), photo("broken.jpg"));
    let uploaded = run(&folder, &["upload", &good]);
    let (stdout, stderr) = said(&uploaded);
    assert_eq!(uploaded.status.code(), Some(0), "{stdout}{stderr}");
    assert!(stdout.contains("completed") && stdout.contains("600 (600x472)"), "{stdout}");
    let uploaded = run(&folder, &["upload", &good, &broken, "--pipeline", "full-processing"]);
    let (stdout, _) = said(&uploaded);
    assert_eq!(uploaded.status.code(), Some(1), "one of them failed");
    assert!(stdout.contains("completed") && stdout.contains("failed") && stdout.contains("ends before"), "{stdout}");
    let uploaded = run(&folder, &["upload", &good, "--pipeline", "none-such"]);
    let (stdout, _) = said(&uploaded);
    assert_eq!(uploaded.status.code(), Some(1));
    assert!(stdout.contains("refused") && stdout.contains("There is no pipeline `none-such`"), "{stdout}");
    let uploaded = run(&folder, &["upload", &broken, "--no-wait"]);
    let (stdout, _) = said(&uploaded);
    assert_eq!(uploaded.status.code(), Some(0), "{stdout}");
    let missing = run(&folder, &["upload", &good, "no-such.jpg"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(said(&missing).1.contains("photo-local: can't read no-such.jpg: "));
    assert_eq!(platform.photos_of("me").unwrap().list().await.unwrap().len(), 4, "and nothing else was sent");
}

#[tokio::test]
async fn the_status_shows_the_newest_photos_and_the_queues() {
    let (_place, folder) = place();
    let platform = start(&folder).await;
    let (stdout, stderr) = said(&run(&folder, &["status"]));
    assert!(stdout.contains("full-processing") && stdout.contains("There are no photos yet"), "{stdout}{stderr}");
    for name in ["brushes.webp", "broken.jpg"] {
        run(&folder, &["upload", samples_folder().join(name).to_str().unwrap()]);
    }
    let (stdout, _) = said(&run(&folder, &["status"]));
    assert!(stdout.contains("brushes.webp") && stdout.contains("broken.jpg"), "{stdout}");
    let (stdout, _) = said(&run(&folder, &["status", "--limit", "1"]));
    assert!(!stdout.contains("brushes.webp") && stdout.contains("broken.jpg"), "{stdout}");
    // Without the folder, the platform is found by its address and a token.
    let (url, token) = (platform.url().to_owned(), platform.user_token("me", Duration::from_hours(1)).unwrap());
    let (stdout, stderr) = said(&run(Path::new("/none"), &["status", "--url", &url, "--token", &token]));
    assert!(stdout.contains("brushes.webp"), "{stdout}{stderr}");
    let refused = run(Path::new("/none"), &["status", "--url", &url, "--token", "wrong"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).1.contains("The token is not valid for this platform"), "{refused:?}");
}

#[tokio::test]
async fn without_a_platform_the_commands_say_how_to_start_one() {
    let (place, folder) = place();
    for arguments in [&["status"][..], &["upload", "/bin/sh"]] {
        let output = run(&folder, arguments);
        let (_, stderr) = said(&output);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("no platform runs in") && stderr.contains("photo-local -f FILE"), "{stderr}");
    }
    let mut nowhere = Command::new(LocalPlatform::program().unwrap());
    nowhere.arg("status").env_remove("PHOTO_DATA_DIR").env("XDG_DATA_HOME", place.path());
    let (_, stderr) = said(&nowhere.output().unwrap());
    assert!(stderr.contains("no platform runs: start one with `photo-local -f FILE`"), "{stderr}");
    let platform = start(&folder).await;
    platform.process.kill();
    let (_, stderr) = said(&run(&folder, &["status"]));
    assert!(stderr.contains(&format!("{} does not answer", platform.url())), "{stderr}");
}
