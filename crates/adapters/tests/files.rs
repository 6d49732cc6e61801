//! What only another process can show of the store in files: a SIGKILL at any moment, what is on the disk when a call
//! returns, and a disk that is full or read-only. Each test starts this program again as a child, to run one test that is
//! ignored otherwise.
#![expect(clippy::unwrap_used, reason = "a test's own functions end it as its body does")]

use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Write},
    path::Path,
    process::Command,
    time::Duration,
};

use futures::{TryStreamExt, future::join_all};
use photo_adapters::files::{FilesBlobStore, FilesConfig};
use photo_core::{
    blob_key::{BlobKey, BlobLocation, BlobScope, BucketPurpose},
    id::{PhotoId, UploadId},
    image_format::ImageFormat,
    port::{BlobStore, ErrorKind, PortError, blob_store::BlobBody},
};
use photo_stack::process::Process;

/// What has the program run one test that is ignored otherwise.
const ALONE: [&str; 3] = ["--ignored", "--exact", "--nocapture"];

const MIB: usize = 1024 * 1024;

/// Lies in the folder in which a child works, so that its test does nothing when somebody else runs it.
const MARK: &str = "made-by-the-tests-of-files";

const PHOTO: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const UPLOAD: &str = "01890a5d-ac96-774b-bcce-b302099a8058";

/// How many objects each child has stored at least when it is killed.
const ENOUGH: usize = 25;

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill_and_nothing_is_there_by_halves() {
    let folder = marked_folder();
    let log = folder.path().join("log");
    let stored = || -> Vec<BlobKey> {
        let log = fs::read_to_string(&log).unwrap_or_default();
        let whole_lines = log.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        whole_lines.filter_map(|line| line.split_once("stored ")?.1.trim_end().parse().ok()).collect()
    };
    for round in 1..=4 {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(ALONE).arg("puts_until_it_is_killed").current_dir(&folder);
        let child = Process::start("a store in files", &command, &log).unwrap();
        let enough = || async { stored().len() >= round * ENOUGH };
        child.wait_until(Duration::from_mins(2), enough).await.unwrap();
        child.kill();

        let store = store(folder.path());
        for key in stored() {
            assert!(read(&store, key.clone()).await.unwrap() == content(&key), "{key} was stored");
        }
        for entry in store.list(BucketPurpose::Originals, BlobScope::All).await.unwrap() {
            let key: BlobKey = entry.key.parse().unwrap();
            assert!(read(&store, key.clone()).await.unwrap() == content(&key), "{key} is there by halves");
        }
        let unfinished = fs::read_dir(folder.path().join("photos/images/.unfinished")).unwrap();
        assert_eq!(unfinished.count(), 0);
    }
}

#[tokio::test]
#[ignore = "it is killed by what_was_acknowledged_survives_a_kill_and_nothing_is_there_by_halves"]
async fn puts_until_it_is_killed() {
    if !Path::new(MARK).exists() {
        return;
    }
    let store = store(Path::new(""));
    store.prepare("one").await.unwrap();
    let put_on = async || {
        for _ in 0..10_000 {
            let key = BlobKey::Original { photo: PhotoId::generate(), upload: UploadId::generate() };
            let body = BlobBody::Bytes(content(&key).into());
            store.put(&location(key.clone()), ImageFormat::Jpeg.into(), &body).await.unwrap();
            writeln!(io::stdout(), "stored {key}").unwrap();
        }
    };
    join_all((0..6).map(|_| put_on())).await;
}

/// The kernel keeps what was written through a SIGKILL, but not through a power loss: only the order of calls tells.
#[test]
fn a_put_and_a_delete_are_on_the_disk_when_they_return() {
    let folder = marked_folder();
    let child = Command::new("strace")
        .args(["-f", "-y", "-e", "trace=fsync,/^rename,/^unlink", "-o", "trace"])
        .arg(env::current_exe().unwrap())
        .args(ALONE)
        .arg("puts_and_deletes_one_object")
        .current_dir(&folder)
        .output()
        .expect("strace is there");
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    let trace = fs::read_to_string(folder.path().join("trace")).unwrap();
    let calls: Vec<String> = trace.lines().filter_map(call_on_images).collect();
    let (photo, object) = (format!("images/originals/{PHOTO}"), format!("images/originals/{PHOTO}/{UPLOAD}"));
    let expected = [
        "fsync images/.unfinished".to_owned(),
        format!("rename {object}"),
        format!("fsync {photo}"),
        "fsync images/originals".to_owned(),
        "fsync images".to_owned(),
        format!("unlink {object}"),
        "fsync images".to_owned(),
    ];
    assert_eq!(calls, expected, "{trace}");
}

#[tokio::test]
#[ignore = "a_put_and_a_delete_are_on_the_disk_when_they_return traces it"]
async fn puts_and_deletes_one_object() {
    if !Path::new(MARK).exists() {
        return;
    }
    let store = store(Path::new(""));
    store.prepare("one").await.unwrap();
    let location = location(BlobKey::Original { photo: PHOTO.parse().unwrap(), upload: UPLOAD.parse().unwrap() });
    store.put(&location, ImageFormat::Jpeg.into(), &BlobBody::Bytes(vec![7; MIB].into())).await.unwrap();
    store.delete(&location).await.unwrap();
}

/// A line of a trace as the name of the call and the path that it is about, in the folder of the photos. Lines look like
/// `4711 fsync(9</…/photos/images>) = 0` and `4711 rename("…/photos/images/a", "…/photos/images/b") = 0`.
fn call_on_images(line: &str) -> Option<String> {
    let (_, call) = line.split_once(' ')?;
    let (name, arguments) = call.trim_start().split_once('(')?;
    let path = arguments.rsplit('"').nth(1).or_else(|| arguments.split(['<', '>']).nth(1))?;
    let (_, path) = path.split_once("photos/").filter(|(_, path)| path.starts_with("images"))?;
    // The name of a file that is not whole yet is random. Some machines remove folders by the call for files.
    let path = path.split_once("/.tmp").map_or(path, |(folder, _)| folder);
    let name = ["rename", "unlink", name].into_iter().find(|known| name.starts_with(known))?;
    (!arguments.contains("AT_REMOVEDIR")).then(|| format!("{name} {path}"))
}

#[test]
fn a_full_disk_and_a_read_only_one_say_what_to_do() {
    let folder = marked_folder();
    fs::create_dir(folder.path().join("photos")).unwrap();
    // A user without rights may mount, too, in a namespace of its own.
    let child = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-ec"])
        .arg("mount -t tmpfs -o size=80m tmpfs photos; exec \"$0\" \"$@\"")
        .arg(env::current_exe().unwrap())
        .args(ALONE)
        .arg("fills_its_disk")
        .current_dir(&folder)
        .output()
        .expect("unshare of util-linux is there");
    let output = String::from_utf8_lossy(&[child.stdout, child.stderr].concat()).into_owned();
    assert!(child.status.success() && output.contains("1 passed"), "{output}");
}

#[tokio::test]
#[ignore = "a_full_disk_and_a_read_only_one_say_what_to_do gives it a disk of 80 MiB"]
async fn fills_its_disk() {
    if !Path::new(MARK).exists() {
        return;
    }
    let store = store(Path::new(""));
    store.prepare("one").await.unwrap();
    store.ready().await.unwrap();
    let put = async |size_bytes| {
        let location = location(BlobKey::Original { photo: PhotoId::generate(), upload: UploadId::generate() });
        let body = BlobBody::Bytes(vec![7; size_bytes].into());
        let put = store.put(&location, ImageFormat::Jpeg.into(), &body).await;
        put.map(|()| location.clone()).map_err(|error| (error, location))
    };

    let first = put(30 * MIB).await.unwrap();
    let error = store.ready().await.unwrap_err();
    assert!(error.to_string().contains("MiB left, and 64 are needed; free space on it"), "{error}");
    let (error, location) = put(60 * MIB).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("the disk is full; free space on it"), "{error}");
    assert_eq!(store.size(&location).await.unwrap_err().kind(), ErrorKind::NotFound);
    put(MIB).await.unwrap();
    store.delete(&first).await.unwrap();
    store.ready().await.unwrap();

    let remounted = Command::new("mount").args(["-o", "remount,ro", "photos"]).status().unwrap();
    assert!(remounted.success());
    let error = store.ready().await.unwrap_err();
    assert!(error.to_string().contains("the disk is mounted read-only; look for errors"), "{error}");
    let (error, _) = put(1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("read-only"), "{error}");
}

fn marked_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(MARK), "").unwrap();
    folder
}

fn store(folder: &Path) -> FilesBlobStore {
    FilesBlobStore::open(&FilesConfig { path: folder.join("photos") }).unwrap()
}

fn location(key: BlobKey) -> BlobLocation {
    BlobLocation { bucket: BucketPurpose::Originals, key }
}

async fn read(store: &FilesBlobStore, key: BlobKey) -> Result<Vec<u8>, PortError> {
    Ok(store.get(&location(key)).await?.chunks.try_collect::<Vec<_>>().await?.concat())
}

/// Up to 3 MiB that only this key has, so that no other content passes for it.
fn content(key: &BlobKey) -> Vec<u8> {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    let seed = hasher.finish();
    let words = usize::try_from(seed % (3 * MIB as u64 / 8)).unwrap();
    (0..words as u64).flat_map(|n| seed.wrapping_add(n).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()).collect()
}
