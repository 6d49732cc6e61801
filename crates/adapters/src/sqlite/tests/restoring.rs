//! Copies of a database in use, and what is put in its place.

use std::fs;

use photo_core::id::BackupId;
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use super::*;

/// Every row of every table, as text.
fn dump(path: &Path) -> Vec<String> {
    let connection = Connection::open(path).unwrap();
    let tables =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('restored', 'readiness') ORDER BY name";
    let mut tables = connection.prepare(tables).unwrap();
    let names: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let rows = names.iter().flat_map(|name| {
        let mut select = connection.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let columns = select.column_count();
        let row = |row: &rusqlite::Row<'_>| {
            let values: rusqlite::Result<Vec<_>> =
                (0..columns).map(|column| row.get::<_, rusqlite::types::Value>(column)).collect();
            Ok(format!("{name}: {:?}", values?))
        };
        let mut rows: Vec<String> = select.query_map([], row).unwrap().map(Result::unwrap).collect();
        rows.sort_unstable();
        rows
    });
    rows.collect()
}

fn restored(opened: &Opened) -> Restored {
    Restored { backup: BackupId::after(None, opened.clock_now()), restored_at: to_milliseconds(opened.clock_now()) }
}

/// Puts the copy in the place of a new database, `name`.
fn place(opened: &Opened, copy: &Path, name: &str) -> Result<Option<std::path::PathBuf>, RestoreError> {
    let target = RestoreTarget::claim(&opened.folder.path().join(name), true)?;
    fs::copy(copy, target.unfinished()).unwrap();
    target.restore(&restored(opened))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_copy_during_a_stream_of_commits_is_of_one_moment() {
    let opened = open();
    let first = opened.accept(&sample::pipeline()).await;
    let enough = CancellationToken::new();
    let commits = {
        let (store, enough) = (opened.store.clone(), enough.clone());
        tokio::spawn(async move {
            let mut accepted = 1;
            while !enough.is_cancelled() {
                store.accept(&sample::new_photo(&sample::owner(), &first.pipeline)).await.unwrap();
                accepted += 1;
            }
            accepted
        })
    };
    let mut copied = Vec::new();
    for round in 0..20 {
        let copy = opened.store.copy().await.unwrap();
        let kept = opened.folder.path().join(format!("{round}.db"));
        fs::copy(copy.path(), &kept).unwrap();
        copied.push(kept);
    }
    enough.cancel();
    let accepted: i64 = commits.await.unwrap();
    let mut before = 0;
    for path in copied {
        let connection = Connection::open(&path).unwrap();
        let count = |table: &str| -> i64 {
            connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
        };
        let photos = count("photos");
        assert_eq!((count("works"), count("outbox")), (photos, 2 * photos), "each with its work and its two entries");
        assert!(before <= photos && photos <= accepted, "{before} before, {photos} here, {accepted} at the end");
        before = photos;
    }
    assert!(before > 1, "commits went on while it was copied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_database_has_every_row_of_the_copy_and_its_mark() {
    let opened = open();
    for _ in 0..3 {
        opened.accept(&sample::pipeline()).await;
    }
    let copy = opened.store.copy().await.unwrap();
    let expected = dump(copy.path());
    assert!(expected.len() > 10);
    let mark = restored(&opened);
    let target = RestoreTarget::claim(&opened.folder.path().join("other.db"), false).unwrap();
    fs::copy(copy.path(), target.unfinished()).unwrap();
    assert_eq!(target.restore(&mark).unwrap(), None);
    let path = opened.folder.path().join("other.db");
    assert_eq!(dump(&path), expected);
    let config = SqliteConfig { path: path.clone(), ..config(&opened.folder) };
    let store = SqliteMetadata::open(&config, Clock::Manual(opened.clock.clone())).unwrap();
    assert_eq!(store.restored().await.unwrap(), Some(mark));
    assert_eq!(opened.store.restored().await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_in_use_or_in_the_way_is_not_replaced() {
    let opened = open();
    let path = config(&opened.folder).path;
    let in_use = RestoreTarget::claim(&path, true).unwrap_err();
    assert!(matches!(in_use, RestoreError::Open(OpenError::InUse(_))), "{in_use}");
    let other = opened.folder.path().join("other.db");
    fs::write(&other, "somebody's").unwrap();
    let in_the_way = RestoreTarget::claim(&other, false).unwrap_err();
    assert!(matches!(&in_the_way, RestoreError::Exists(path) if *path == other), "{in_the_way}");
    assert_eq!(fs::read(&other).unwrap(), b"somebody's");
}

/// Its process was killed: what it committed last is only in the log beside it.
#[tokio::test(flavor = "multi_thread")]
async fn the_database_that_is_replaced_is_kept_with_all_that_it_committed() {
    let opened = open();
    opened.accept(&sample::pipeline()).await;
    let copy = opened.store.copy().await.unwrap();
    opened.accept(&sample::pipeline()).await;
    let killed = opened.folder.path().join("killed.db");
    let old = config(&opened.folder).path;
    for suffix in ["", "-wal", "-shm"] {
        fs::copy(schema::with_suffix(&old, suffix), schema::with_suffix(&killed, suffix)).unwrap();
    }
    assert!(fs::metadata(schema::with_suffix(&killed, "-wal")).unwrap().len() > 0);
    let kept = place(&opened, copy.path(), "killed.db").unwrap().unwrap();
    assert_eq!(dump(&killed), dump(copy.path()));
    assert_eq!(dump(&kept), dump(&old));
    assert_ne!(dump(&kept), dump(&killed));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_database_of_ours_is_not_put_in_place() {
    let opened = open();
    let copy = opened.store.copy().await.unwrap();
    let whole = fs::read(copy.path()).unwrap();
    let newer = opened.folder.path().join("newer");
    fs::copy(copy.path(), &newer).unwrap();
    Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let newer = fs::read(newer).unwrap();
    let existing = opened.folder.path().join("existing.db");
    for (bad, told) in [
        (&whole[..whole.len() / 2], "is not a database of this program"),
        (&b"<html>not found</html>"[..], "is not a database of this program"),
        (&b""[..], "no tables of ours"),
        (&newer[..], "newer version"),
    ] {
        fs::write(&existing, "as it was").unwrap();
        let file = opened.folder.path().join("bad");
        fs::write(&file, bad).unwrap();
        let refusal = place(&opened, &file, "existing.db").unwrap_err().to_string();
        assert!(refusal.contains(told), "{refusal}");
        assert_eq!(fs::read(&existing).unwrap(), b"as it was");
    }
    let left: Vec<_> = fs::read_dir(opened.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("restoring")), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_before_it_is_filled() {
    let opened = open();
    let refusal = room::check(&config(&opened.folder).path, u64::MAX).unwrap_err();
    assert_eq!(refusal.reason(), photo_core::port::Reason::Full);
}
