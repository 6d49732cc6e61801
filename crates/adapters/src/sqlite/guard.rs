//! The mark of a restored database. Photos that came after the copy are unknown to it, and their objects look like what
//! failed uploads leave; while the mark is there nothing is given up.

use std::path::Path;

use jiff::Timestamp;
use photo_core::{id::BackupId, port::PortError};
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};

use super::{
    SqliteMetadata,
    column::{Moment, Word},
    error::OpenError,
    schema,
};

/// Where a restored database comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restored {
    /// The copy.
    pub backup: BackupId,
    /// When it was put in place.
    pub restored_at: Timestamp,
}

impl SqliteMetadata {
    /// Where the database comes from, if it was restored and nobody has said yet that all is well.
    pub async fn restored(&self) -> Result<Option<Restored>, PortError> {
        self.readers.read("look for the mark of a restore", |connection| Ok(find(connection)?)).await
    }
}

/// Takes the mark off the database at `path`; `None` where there was none. From then on the age of objects without a
/// photo counts anew. A storage role may have the database open: this is one short transaction beside its own.
///
/// # Errors
/// There is no database, it is of another version, or somebody keeps it locked.
pub fn clear_guard(path: &Path) -> Result<Option<Restored>, OpenError> {
    let mut connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    schema::prepare_connection(&connection)?;
    schema::refuse_other_version(path, &connection)?;
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = find(&change)?;
    change.execute("DELETE FROM restored", [])?;
    if found.is_some() {
        change.execute("DELETE FROM unreferenced WHERE condemned_at IS NULL", [])?;
    }
    change.commit()?;
    Ok(found)
}

/// Marks a database as restored.
pub(super) fn mark(connection: &Connection, restored: &Restored) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO restored (id, backup_id, restored_at) VALUES (1, ?1, ?2)";
    connection.execute(sql, params![Word(&restored.backup), Moment(restored.restored_at)])?;
    Ok(())
}

/// The mark of the database.
pub(super) fn find(connection: &Connection) -> rusqlite::Result<Option<Restored>> {
    let read = |row: &rusqlite::Row<'_>| {
        let (Word(backup), Moment(restored_at)) = (row.get(0)?, row.get(1)?);
        Ok(Restored { backup, restored_at })
    };
    connection.prepare_cached("SELECT backup_id, restored_at FROM restored")?.query_row([], read).optional()
}
