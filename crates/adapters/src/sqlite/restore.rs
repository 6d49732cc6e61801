//! Putting a copy in the database's place: checked and marked beside it, then renamed, so that a crash leaves the one or
//! the other.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use rusqlite::Connection;
use rusqlite_migration::{Migrations, SchemaVersion};

use super::{
    error::OpenError,
    guard::{self, Restored},
    schema::{self, DatabaseLock, MIGRATIONS, with_suffix},
};

/// Why a copy was not put in place. The database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The database is in use, or can't be there.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is a database.
    #[error("{0} exists: to keep it beside the restored one, add --replace")]
    Exists(PathBuf),
    /// The file is no copy of a database of ours.
    #[error("the backup is not a database of this program: {0}")]
    NotADatabase(String),
    /// The file system refuses.
    #[error("cannot {doing} {path}")]
    File {
        /// What was attempted.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// The place of a database that nobody else uses.
#[derive(Debug)]
pub struct RestoreTarget {
    database: PathBuf,
    unfinished: PathBuf,
    _lock: DatabaseLock,
}

impl RestoreTarget {
    /// Takes the place of the database at `path`. Where there is one already, `replace` is needed.
    ///
    /// # Errors
    /// As [`RestoreError`] tells.
    pub fn claim(path: &Path, replace: bool) -> Result<Self, RestoreError> {
        schema::refuse_remote(path)?;
        let lock = DatabaseLock::take(path)?;
        if path.exists() && !replace {
            return Err(RestoreError::Exists(path.to_owned()));
        }
        Ok(Self { database: path.to_owned(), unfinished: with_suffix(path, ".restoring"), _lock: lock })
    }

    /// Where the copy is to be written.
    pub fn unfinished(&self) -> &Path {
        &self.unfinished
    }

    /// Puts the written copy in place, marked as restored. Returns where the database is kept that was there before.
    /// Blocks while it does.
    ///
    /// # Errors
    /// As [`RestoreError`] tells; the copy is removed then.
    pub fn restore(self, restored: &Restored) -> Result<Option<PathBuf>, RestoreError> {
        finish_copy(&self.unfinished, restored)?;
        let kept = with_suffix(&self.database, &format!(".before-{}", restored.backup));
        let replaced = set_aside(&self.database, &kept)?;
        fs::rename(&self.unfinished, &self.database).map_err(failed("put into place", &self.database))?;
        sync_folder(&self.database)?;
        Ok(replaced.then_some(kept))
    }
}

impl Drop for RestoreTarget {
    fn drop(&mut self) {
        match fs::remove_file(&self.unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, path = %self.unfinished.display(), "an unfinished restore stays");
            }
            _ => {}
        }
    }
}

/// Checks the copy, brings its schema up to date, marks it, and brings it to the disk.
fn finish_copy(path: &Path, restored: &Restored) -> Result<(), RestoreError> {
    let mut connection = Connection::open(path).map_err(OpenError::from)?;
    match schema::damage(&connection) {
        Ok(None) => {}
        Ok(Some(finding)) => return Err(RestoreError::NotADatabase(finding)),
        Err(error) => return Err(RestoreError::NotADatabase(error.to_string())),
    }
    let migrations = Migrations::from_slice(MIGRATIONS);
    match migrations.current_version(&connection).map_err(OpenError::Migrate)? {
        SchemaVersion::Inside(_) => {}
        SchemaVersion::NoneSet => return Err(RestoreError::NotADatabase("it has no tables of ours".to_owned())),
        SchemaVersion::Outside(_) => return Err(OpenError::Newer { path: path.to_owned() }.into()),
    }
    // One file, without a log beside it that the rename would leave behind.
    let mark = |connection: &mut Connection| {
        connection.pragma_update(None, "journal_mode", "DELETE")?;
        migrations.to_latest(connection).map_err(OpenError::Migrate)?;
        guard::mark(connection, restored).map_err(OpenError::from)
    };
    mark(&mut connection)?;
    connection.close().map_err(|(_, error)| OpenError::from(error))?;
    File::open(path).and_then(|file| file.sync_all()).map_err(failed("bring to the disk", path))
}

/// Keeps the database that is in the way as `kept`, with its log. It stays in its place until the rename takes that; a
/// log must not: SQLite would add it to the restored database.
fn set_aside(database: &Path, kept: &Path) -> Result<bool, RestoreError> {
    let exists = database.exists();
    if exists {
        settle(database);
        match fs::hard_link(database, kept) {
            // An earlier attempt came as far as this.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_same(database, kept) => {}
            linked => linked.map_err(failed("keep the database as", kept))?,
        }
    }
    let log = with_suffix(database, "-wal");
    if log.exists() {
        let kept_log = with_suffix(kept, "-wal");
        fs::rename(&log, &kept_log).map_err(failed("keep the database's log as", &kept_log))?;
    }
    let index = with_suffix(database, "-shm");
    if index.exists() {
        fs::remove_file(&index).map_err(failed("remove", &index))?;
    }
    sync_folder(database)?;
    Ok(exists)
}

/// Brings the log of a database whose process was killed into its file. One that can't be opened any more is kept with
/// its log beside it.
fn settle(database: &Path) {
    let settled = Connection::open(database).and_then(|connection| {
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        connection.close().map_err(|(_, error)| error)
    });
    if let Err(error) = settled {
        tracing::warn!(%error, "the database that is replaced can't be read: it is kept as it is");
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    let id = |path| fs::metadata(path).map(|found| (found.dev(), found.ino()));
    matches!((id(one), id(other)), (Ok(one), Ok(other)) if one == other)
}

fn sync_folder(database: &Path) -> Result<(), RestoreError> {
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("bring to the disk", folder))
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> RestoreError {
    let path = path.to_owned();
    move |source| RestoreError::File { doing, path, source }
}
