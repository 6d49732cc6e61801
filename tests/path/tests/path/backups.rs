//! The drill: the database is lost, restored from its backup, and nothing that came after the backup is thrown away
//! before somebody says so.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use photo_stack::{Stack, StackOptions};
use serde_json::Value;

use crate::{
    once::minio,
    scene::{Caller, LIMIT, problem, small_jpeg, text, until},
};

/// Every row of every table but those that change by themselves: of readiness, of the sweep, and the mark of a restore.
const DUMP: &str = "
import sqlite3, sys
database = sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True)
tables = [name for (name,) in database.execute(\"SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name\")]
for table in tables:
    if table not in ('readiness', 'consistency', 'unreferenced', 'restored', 'sqlite_sequence'):
        for row in sorted(map(repr, database.execute(f'SELECT * FROM {table}'))):
            print(table, row)
";

/// Backups and sweeps every second, and a second's grace.
async fn stack() -> Stack {
    let variables = [
        ("BACKUP", "Enabled"),
        ("BACKUP_PERIOD_SECONDS", "1"),
        ("BACKUP_RETAIN_COUNT", "3"),
        ("CLEANUP", "Delete"),
        ("SWEEP_PERIOD_SECONDS", "1"),
        ("SWEEP_GRACE_SECONDS", "1"),
    ];
    let storage = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let environment = BTreeMap::from([("storage", storage)]);
    Stack::start(&StackOptions { own_servers: true, environment, ..StackOptions::default() }).await.unwrap()
}

fn database(stack: &Stack) -> PathBuf {
    stack.folder().join("metadata/photos.sqlite")
}

fn dump(path: &Path) -> String {
    let dumped = Command::new("python3").args(["-c", DUMP]).arg(path).output().unwrap();
    assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
    String::from_utf8(dumped.stdout).unwrap()
}

async fn metric(stack: &Stack, name: &str) -> u64 {
    stack.storage.metric(name).await.unwrap_or(0)
}

/// Waits until a counter of the storage role is that much higher.
async fn until_more(stack: &Stack, name: &str, more: u64) {
    let expected = metric(stack, name).await + more;
    until(&format!("{name} is {expected}"), LIMIT, async || (metric(stack, name).await >= expected).then_some(()))
        .await;
}

/// The rows that are surely in the newest backup: they were the same before it began and after it ended.
async fn backed_up(stack: &Stack) -> String {
    until("a backup of what there is", LIMIT, async || {
        let before = dump(&database(stack));
        // One may have begun before.
        until_more(stack, "photo_backups_total", 2).await;
        (dump(&database(stack)) == before).then_some(before)
    })
    .await
}

/// Photos that have been completed, with their bytes.
async fn completed(caller: &Caller, seeds: [u8; 2]) -> Vec<(String, Vec<u8>)> {
    let mut photos = Vec::new();
    for seed in seeds {
        let bytes = small_jpeg(seed);
        let photo = caller.accepted("photo.jpg", &bytes).await;
        assert_eq!(caller.ended(&photo["id"]).await["status"], "completed");
        photos.push((text(&photo["id"]).to_owned(), bytes));
    }
    photos
}

/// How many objects there are of the photos: an original and three outputs of each.
fn objects(stack: &Stack, photos: &[(String, Vec<u8>)]) -> usize {
    let keys = ["images", "thumbnails"].into_iter().flat_map(|bucket| minio(stack).keys(bucket, "local/").unwrap());
    keys.filter(|key| photos.iter().any(|(id, _)| key.contains(id))).count()
}

fn backups(stack: &Stack) -> Vec<String> {
    minio(stack).keys("backups", "local/backups/").unwrap()
}

fn restore(stack: &Stack, arguments: &[&str]) -> Output {
    stack.storage.run(&[&["restore"], arguments].concat()).unwrap()
}

fn restored(stack: &Stack, arguments: &[&str]) -> String {
    let output = restore(stack, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(stack: &Stack, arguments: &[&str]) -> String {
    let output = restore(stack, arguments);
    assert!(!output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}

async fn stop_storage(stack: &Stack) {
    stack.storage.terminate(Duration::from_secs(30)).await.unwrap();
}

/// Starts the storage role, which makes no more backups.
async fn start_without_backups(stack: &Stack) {
    stack.storage.launch_with(&[("BACKUP", "Disabled")]).unwrap();
    stack.storage.ready().await.unwrap();
}

#[tokio::test]
async fn a_lost_database_is_restored_and_what_came_after_its_backup_keeps_its_bytes() {
    let stack = stack().await;
    let caller = Caller::new(&stack, "alice");
    let known = completed(&caller, [1, 2]).await;
    let expected = backed_up(&stack).await;
    assert!(expected.contains(&known[0].0) && expected.contains("variants"), "{expected}");
    stop_storage(&stack).await;
    let kept = backups(&stack);
    assert_eq!(kept.len(), 3, "{kept:?}");

    start_without_backups(&stack).await;
    let newer = completed(&caller, [3, 4]).await;
    let in_use = refused(&stack, &["--backup", "latest", "--replace"]);
    assert!(in_use.contains("in use"), "{in_use}");
    stop_storage(&stack).await;
    for suffix in ["", "-wal", "-shm"] {
        let name = format!("{}{suffix}", database(&stack).display());
        // The role has put its log away when it ended.
        assert!(std::fs::remove_file(&name).is_ok() || !suffix.is_empty(), "{name}");
    }

    let listed = restored(&stack, &["--list"]);
    assert_eq!(listed.lines().count(), 1 + kept.len(), "{listed}");
    let told = restored(&stack, &["--backup", "latest"]);
    assert!(told.contains("restore --clear"), "{told}");
    assert_eq!(dump(&database(&stack)), expected);
    let in_the_way = refused(&stack, &["--backup", "latest"]);
    assert!(in_the_way.contains("--replace"), "{in_the_way}");

    start_without_backups(&stack).await;
    all_is_there(&caller, &known).await;
    for (id, _) in &newer {
        problem(caller.get(&format!("/photos/{id}")).await, 404, "not_found").await;
    }
    until_more(&stack, "photo_sweeps_total", 4).await;
    assert_eq!(metric(&stack, "photo_database_restored").await, 1);
    assert_eq!(metric(&stack, "photo_unreferenced_objects").await, 8);
    assert_eq!((objects(&stack, &known), objects(&stack, &newer)), (8, 8));

    restored(&stack, &["--clear"]);
    until("what nobody names is removed", LIMIT, async || (objects(&stack, &newer) == 0).then_some(())).await;
    assert_eq!(objects(&stack, &known), 8);
    all_is_there(&caller, &known).await;
}

/// Every photo has the bytes that were uploaded, and all its outputs.
async fn all_is_there(caller: &Caller, photos: &[(String, Vec<u8>)]) {
    let listed = caller.json("/photos").await;
    assert_eq!(listed["photos"].as_array().map(Vec::len), Some(photos.len()));
    for (id, bytes) in photos {
        let original = caller.get(&format!("/photos/{id}/original")).await;
        assert_eq!(original.bytes().await.unwrap(), bytes.as_slice(), "{id}");
        let photo: Value = caller.json(&format!("/photos/{id}")).await;
        assert_eq!(photo["status"], "completed");
        for variant in ["150", "300", "600"] {
            assert_eq!(caller.get(&format!("/photos/{id}/variants/{variant}")).await.status(), 200, "{id} {variant}");
        }
    }
}

/// The role starts before there is a bucket: both wait for it, and none counts it as a failure.
#[tokio::test]
async fn the_first_sweep_and_the_first_backup_wait_for_their_buckets() {
    let variables = BTreeMap::from([("BACKUP".to_owned(), "Enabled".to_owned())]);
    let environment = BTreeMap::from([("storage", variables)]);
    let options = StackOptions { own_servers: true, store_cutter: true, environment, ..StackOptions::default() };
    let stack = Stack::start(&options).await.unwrap();
    // The periods are an hour: what breaks off is not tried again in time.
    for name in ["photo_sweeps_total", "photo_backups_total"] {
        until(name, LIMIT, async || (metric(&stack, name).await == 1).then_some(())).await;
    }
    for name in ["photo_sweep_failures_total", "photo_backup_failures_total"] {
        assert_eq!(metric(&stack, name).await, 0, "{name}");
    }
    assert_eq!(backups(&stack).len(), 1);
}
