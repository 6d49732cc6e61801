//! A full disk: uploads are refused with a reason, the process stays, and goes on when there is room again.
//!
//! The disk is a small file system in memory, which only root may mount. Others test with the greatest length of a file
//! lowered to nothing: writes fail as on a full disk, but as another error, so only the refusal and the recovery count.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use photo_core::photo::PhotoStatus;
use photo_stack::local::LocalPlatform;
use reqwest::Method;
use serde_json::Value;

use super::{place, quickstart};
use crate::scene::{BOUNDARY, LIMIT, body, ended, file_part, http, small_jpeg, until};

/// A disk that can be filled.
enum Disk {
    /// A file system of its own, and the file that fills it.
    Mounted(PathBuf),
    /// The greatest length of a file that the process may write.
    Limited,
}

impl Disk {
    /// Of 256 MiB, at `folder`.
    fn mount(folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=256m,mode=700", "photo-test"]).arg(folder);
        if mount.output().unwrap().status.success() { Self::Mounted(folder.to_owned()) } else { Self::Limited }
    }

    /// What `photo-local` becomes of. Whoever ignores the signal of a file that grows too long gets an error instead.
    fn command(&self, folder: &Path) -> Command {
        let plain = LocalPlatform::command(folder, &[quickstart()]).unwrap();
        match self {
            Self::Mounted(_) => plain,
            Self::Limited => {
                let mut command = Command::new("sh");
                command
                    .args(["-c", r#"trap "" XFSZ; exec "$@""#, "sh"])
                    .arg(plain.get_program())
                    .args(plain.get_args());
                command
            }
        }
    }

    fn fill(&self, pid: u32) {
        match self {
            Self::Mounted(folder) => {
                let filler = Command::new("dd").arg("if=/dev/zero").arg(of(folder)).arg("bs=64k").output().unwrap();
                assert!(!filler.status.success(), "it ends where the disk does");
            }
            Self::Limited => limit(pid, "0"),
        }
    }

    fn free(&self, pid: u32) {
        match self {
            Self::Mounted(folder) => fs::remove_file(folder.join("filler")).unwrap(),
            Self::Limited => limit(pid, "unlimited"),
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Self::Mounted(folder) = self {
            // Lazily: the process may have files open on it for a moment.
            drop(Command::new("umount").arg("--lazy").arg(folder).status());
        }
    }
}

fn of(folder: &Path) -> String {
    format!("of={}", folder.join("filler").display())
}

/// Sets the soft limit, which a process's own user may raise again.
fn limit(pid: u32, bytes: &str) {
    let mut prlimit = Command::new("prlimit");
    let set = prlimit.arg("--pid").arg(pid.to_string()).arg(format!("--fsize={bytes}:")).status().unwrap();
    assert!(set.success());
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
    let platform = LocalPlatform::start(&disk.command(&folder), &folder).await.unwrap();
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
