//! A copy of the database while it is in use.
//!
//! `VACUUM INTO` reads one snapshot over a connection of its own, so with a write-ahead log no commit waits for it; the
//! log grows meanwhile. SQLite's backup API would read such a snapshot too, or, step by step, begin anew whenever
//! somebody commits. And a vacuumed copy has nothing of deleted photos in free pages.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use photo_core::port::{ErrorKind, PortError};
use rusqlite::{Connection, OpenFlags};

use super::{
    SqliteMetadata,
    error::StoreError,
    room,
    schema::{damage, with_suffix},
};

/// A sound copy of the database, beside it, until this is dropped.
#[derive(Debug)]
pub struct DatabaseCopy {
    path: PathBuf,
    size_bytes: u64,
    taken_at: Timestamp,
}

impl DatabaseCopy {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its length in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// What was committed before is in it.
    pub fn taken_at(&self) -> Timestamp {
        self.taken_at
    }
}

impl Drop for DatabaseCopy {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "a copy of the database stays until the next one");
        }
    }
}

impl SqliteMetadata {
    /// Copies the database into a file beside it, and checks the copy. One at a time: the file's name is always the
    /// same, so that what a crash leaves is gone with the next copy.
    pub async fn copy(&self) -> Result<DatabaseCopy, PortError> {
        let attempt = "copy the database";
        let (database, taken_at) = (Arc::clone(&self.path), self.clock.now());
        let made = tokio::task::spawn_blocking(move || make(&database, taken_at)).await;
        made.map_err(|error| PortError::caused(ErrorKind::Unavailable, attempt, error))?
            .map_err(|error| error.during(attempt))
    }
}

fn make(database: &Path, taken_at: Timestamp) -> Result<DatabaseCopy, StoreError> {
    let path = with_suffix(database, ".copy");
    remove(&path).map_err(StoreError::Disk)?;
    room::check(database, fs::metadata(database).map_err(StoreError::Disk)?.len())?;
    // From here on whatever fails leaves no file.
    let mut copy = DatabaseCopy { path, size_bytes: 0, taken_at };
    let name = copy.path.to_str().ok_or_else(|| StoreError::Disk(io::ErrorKind::InvalidFilename.into()))?;
    let source = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    source.execute("VACUUM INTO ?1", [name])?;
    let made = Connection::open_with_flags(&copy.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    if let Some(finding) = damage(&made)? {
        return Err(StoreError::DamagedCopy(finding));
    }
    copy.size_bytes = fs::metadata(&copy.path).map_err(StoreError::Disk)?.len();
    Ok(copy)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
