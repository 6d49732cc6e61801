use std::sync::mpsc::{Receiver, Sender, channel};

use photo_core::port::ErrorKind;
use tempfile::TempDir;

use super::{super::schema::open_writer, *};

struct Opened {
    writer: Writer,
    folder: TempDir,
}

fn open() -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("photos.db");
    let (lock, connection) = (DatabaseLock::take(&path).unwrap(), open_writer(&path).unwrap());
    let writer = Writer::start(connection, lock, Clock::System, Arc::default(), HookSwitch::default()).unwrap();
    Opened { writer, folder }
}

impl Opened {
    /// The pipelines that another connection sees.
    fn committed(&self) -> Vec<String> {
        let connection = Connection::open(self.folder.path().join("photos.db")).unwrap();
        let mut statement = connection.prepare("SELECT name FROM pipelines ORDER BY name").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }
}

fn insert(change: &Change<'_>, name: &str) -> Result<(), StoreError> {
    change.connection.execute("INSERT INTO pipelines (name, in_catalogue) VALUES (?1, 1)", [name])?;
    Ok(())
}

/// A change that stops the writer until the sender is used; it tells that it has begun.
fn gate() -> (Sender<()>, Receiver<()>, impl FnOnce(&Change<'_>) -> Result<(), StoreError> + Send) {
    let (open, wait) = channel();
    let (tell, begun) = channel();
    let change = move |change: &Change<'_>| {
        tell.send(()).unwrap();
        wait.recv().unwrap();
        insert(change, "gate")
    };
    (open, begun, change)
}

/// Makes the changes in one group: they wait together behind a change that stops the writer.
async fn in_one_group<C>(opened: &Opened, changes: Vec<C>) -> Vec<Result<(), PortError>>
where
    C: FnOnce(&Change<'_>) -> Result<(), StoreError> + Send + 'static,
{
    let (open, begun, gate) = gate();
    let writer = opened.writer.clone();
    let first = tokio::spawn(async move { writer.write("wait", gate).await });
    tokio::task::spawn_blocking(move || begun.recv().unwrap()).await.unwrap();
    let count = changes.len();
    let all = futures::future::join_all(changes.into_iter().map(|change| opened.writer.write("change", change)));
    let release = async {
        while opened.writer.waiting.max_capacity() - opened.writer.waiting.capacity() < count {
            tokio::task::yield_now().await;
        }
        open.send(()).unwrap();
    };
    let (answers, ()) = futures::join!(all, release);
    first.await.unwrap().unwrap();
    answers
}

type Boxed = Box<dyn FnOnce(&Change<'_>) -> Result<(), StoreError> + Send>;

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_fails_takes_nobody_down_and_leaves_nothing() {
    let opened = open();
    let changes: Vec<Boxed> = vec![
        Box::new(|change| insert(change, "a")),
        Box::new(|change| {
            insert(change, "half")?;
            Err(StoreError::invalid("no"))
        }),
        Box::new(|change| {
            insert(change, "other half")?;
            insert(change, "a")
        }),
        Box::new(|change| insert(change, "b")),
    ];
    let answers = in_one_group(&opened, changes).await;
    let kinds: Vec<Option<ErrorKind>> =
        answers.iter().map(|answer| answer.as_ref().err().map(PortError::kind)).collect();
    assert_eq!(kinds, [None, Some(ErrorKind::Invalid), Some(ErrorKind::Unavailable), None]);
    assert_eq!(opened.committed(), ["a", "b", "gate"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_wait_together_share_one_transaction() {
    let opened = open();
    let path = opened.folder.path().join("photos.db");
    // Whatever a later change of the group sees of an earlier one, nobody else does before the commit.
    let changes: Vec<Boxed> = vec![
        Box::new(|change| insert(change, "a")),
        Box::new(move |change| {
            let count = "SELECT count(*) FROM pipelines WHERE name = 'a'";
            let inside: i64 = change.connection.query_row(count, [], |row| row.get(0))?;
            let outside: i64 = Connection::open(&path)?.query_row(count, [], |row| row.get(0))?;
            assert_eq!((inside, outside), (1, 0));
            Ok(())
        }),
    ];
    assert!(in_one_group(&opened, changes).await.iter().all(Result::is_ok));
    assert_eq!(opened.committed(), ["a", "gate"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_fails_is_unavailable_to_everybody_in_the_group() {
    let opened = open();
    // A deferred constraint is checked by COMMIT: one that is violated makes it fail.
    let violate = |change: &Change<'_>| {
        change.connection.pragma_update(None, "defer_foreign_keys", true)?;
        let sql = "INSERT INTO stage_log (run_id, place, stage, status, milliseconds) \
                   VALUES ('nobody', 0, 's', 'completed', 1)";
        change.connection.execute(sql, [])?;
        Ok(())
    };
    let changes: Vec<Boxed> = vec![Box::new(|change| insert(change, "a")), Box::new(violate)];
    let answers = in_one_group(&opened, changes).await;
    let kinds: Vec<ErrorKind> = answers.into_iter().map(|answer| answer.unwrap_err().kind()).collect();
    assert_eq!(kinds, [ErrorKind::Unavailable, ErrorKind::Unavailable]);
    assert_eq!(opened.committed(), ["gate"]);
    opened.writer.write("go on", |change| insert(change, "later")).await.unwrap();
    assert_eq!(opened.committed(), ["gate", "later"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_unavailable_and_corrupts_nothing() {
    let opened = open();
    let fill = |change: &Change<'_>| {
        let pages: i64 = change.connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        change.connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
        Ok(())
    };
    opened.writer.write("fill the disk", fill).await.unwrap();
    let big = "x".repeat(100_000);
    let refused = opened.writer.write("write", move |change| insert(change, &big)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable, "{}", refused.chain());
    let make_room =
        |change: &Change<'_>| Ok(change.connection.query_row("PRAGMA max_page_count = 1000000", [], |_| Ok(()))?);
    opened.writer.write("make room", make_room).await.unwrap();
    opened.writer.write("write", |change| insert(change, "after")).await.unwrap();
    assert_eq!(opened.committed(), ["after"]);
    let check: String = Connection::open(opened.folder.path().join("photos.db"))
        .unwrap()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok");
}
