//! Opens the database: checks that it is sound, ours and protected, and brings its schema up to date.

use std::{fs::File, fs::TryLockError, path::Path, path::PathBuf, time::Duration};

use photo_runtime::guard::Guard;
use rusqlite::Connection;
use rusqlite_migration::{M, Migrations, SchemaVersion};

use super::{error::OpenError, mount};

/// How long a statement waits for a lock. Only a checkpoint or a foreign tool can hold one.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// Statements that a connection keeps prepared; the store has about forty.
const PREPARED_STATEMENTS: usize = 64;

pub(super) const MIGRATIONS: &[M<'static>] = &[
    M::up(include_str!("migrations/1-photos.sql")),
    M::up(include_str!("migrations/2-pipelines.sql")),
    M::up(include_str!("migrations/3-states.sql")),
    M::up(include_str!("migrations/4-sweep-and-repeats.sql")),
    M::up(include_str!("migrations/5-restored.sql")),
    M::up(include_str!("migrations/6-consistency.sql")),
    M::up(include_str!("migrations/7-dead-letters.sql")),
];

/// Keeps other processes away from the database for as long as it lives.
#[derive(Debug)]
pub(super) struct DatabaseLock {
    /// The operating system releases the lock with the file, also when the process is killed.
    _file: File,
}

impl DatabaseLock {
    /// Takes the lock of the database at `path`, which is a file beside it: `<database>.lock`.
    pub(super) fn take(path: &Path) -> Result<Self, OpenError> {
        let lock_path = with_suffix(path, ".lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(|source| OpenError::Lock { path: lock_path.clone(), source })?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(OpenError::Lock { path: lock_path, source }),
        }
    }
}

/// The file beside the one at `path` whose name goes on with `suffix`.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The one connection that writes, on a sound database of this version's schema.
pub(super) fn open_writer(path: &Path) -> Result<Connection, OpenError> {
    refuse_remote(path)?;
    let mut connection = Connection::open(path)?;
    prepare_connection(&connection)?;
    let migrations = Migrations::from_slice(MIGRATIONS);
    if let SchemaVersion::Outside(_) = migrations.current_version(&connection).map_err(OpenError::Migrate)? {
        return Err(OpenError::Newer { path: path.to_owned() });
    }
    if let Some(finding) = damage(&connection)? {
        return Err(OpenError::Damaged { path: path.to_owned(), finding });
    }
    // A file system that can't hold a write-ahead log makes SQLite choose another mode without an error.
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(OpenError::NotWal { path: path.to_owned(), mode });
    }
    // NORMAL would acknowledge commits that a power loss takes back.
    let synchronous = if Guard::Durability.stands() { "FULL" } else { "OFF" };
    connection.pragma_update(None, "synchronous", synchronous)?;
    migrations.to_latest(&mut connection).map_err(OpenError::Migrate)?;
    Ok(connection)
}

/// A tool works on a database of this version's schema only; the storage role brings it up to date.
pub(super) fn refuse_other_version(path: &Path, connection: &Connection) -> Result<(), OpenError> {
    match Migrations::from_slice(MIGRATIONS).pending_migrations(connection).map_err(OpenError::Migrate)? {
        0 => Ok(()),
        ..0 => Err(OpenError::Newer { path: path.to_owned() }),
        _ => Err(OpenError::Older { path: path.to_owned() }),
    }
}

/// The first finding of SQLite's check.
pub(super) fn damage(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let finding: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok((finding != "ok").then_some(finding))
}

/// SQLite's locks and its shared memory need a disk of this machine.
pub(super) fn refuse_remote(path: &Path) -> Result<(), OpenError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match mount::remote_file_system(folder) {
        Ok(Some(file_system)) => Err(OpenError::Remote { path: path.to_owned(), file_system }),
        Ok(None) => Ok(()),
        Err(error) => {
            tracing::warn!(%error, "the file system of the database can't be told");
            Ok(())
        }
    }
}

/// Makes a connection of the pool one that can't write.
pub(super) fn prepare_reader(connection: &Connection) -> rusqlite::Result<()> {
    prepare_connection(connection)?;
    connection.pragma_update(None, "query_only", true)
}

/// What every connection has.
pub(super) fn prepare_connection(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    connection.pragma_update(None, "foreign_keys", true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migrations_apply_to_an_empty_database() {
        Migrations::from_slice(MIGRATIONS).validate().unwrap();
    }

    #[test]
    fn a_second_lock_is_refused_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photos.db");
        let first = DatabaseLock::take(&path).unwrap();
        assert!(matches!(DatabaseLock::take(&path), Err(OpenError::InUse(_))));
        drop(first);
        DatabaseLock::take(&path).unwrap();
    }

    #[test]
    fn a_newer_schema_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photos.db");
        open_writer(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        let refusal = open_writer(&path).unwrap_err();
        assert!(refusal.to_string().contains("newer version"), "{refusal}");
        let version: i64 =
            Connection::open(&path).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        assert_eq!(version, 99);
    }

    #[test]
    fn the_writer_syncs_every_commit_and_the_reader_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photos.db");
        let writer = open_writer(&path).unwrap();
        let synchronous: i64 = writer.query_row("PRAGMA synchronous", [], |row| row.get(0)).unwrap();
        assert_eq!(synchronous, 2, "FULL");
        let reader = Connection::open(&path).unwrap();
        prepare_reader(&reader).unwrap();
        assert!(reader.execute("DELETE FROM outbox", []).is_err());
        let foreign_keys: bool = reader.query_row("PRAGMA foreign_keys", [], |row| row.get(0)).unwrap();
        assert!(foreign_keys);
    }
}
