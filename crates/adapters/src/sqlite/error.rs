//! What can go wrong in the store, and which kind of port error it is to the caller.

use std::path::PathBuf;

use photo_core::port::{ErrorKind, PortError, Reason};
use rusqlite::{ErrorCode, ffi};

/// Why the store does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the database open.
    #[error("{0} is in use by another process: exactly one storage role may run")]
    InUse(PathBuf),
    /// The lock file can't be made.
    #[error("cannot make the lock file {path}")]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is on a remote file system.
    #[error("{path} is on `{file_system}`, where SQLite loses data: use a local disk (a ReadWriteOnce block volume)")]
    Remote {
        /// The database.
        path: PathBuf,
        /// The file system's type.
        file_system: String,
    },
    /// The file's system can't hold a write-ahead log.
    #[error("{path} is on a file system without write-ahead log (SQLite chose `{mode}`): use a local disk")]
    NotWal {
        /// The database.
        path: PathBuf,
        /// The journal mode that SQLite chose.
        mode: String,
    },
    /// The file was written by a newer version of this program.
    #[error("{path} was written by a newer version of this program: run that version, or restore a backup made before")]
    Newer {
        /// The database.
        path: PathBuf,
    },
    /// The file was written by an older version of this program.
    #[error("{path} was written by an older version of this program: start the storage role of this version first")]
    Older {
        /// The database.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error("{path} is damaged: {finding}; restore a backup")]
    Damaged {
        /// The database.
        path: PathBuf,
        /// The first finding of SQLite's check.
        finding: String,
    },
    /// The schema can't be brought up to date.
    #[error("cannot migrate the database")]
    Migrate(#[source] rusqlite_migration::Error),
    /// SQLite refused.
    #[error("cannot open the database")]
    Sqlite(#[from] rusqlite::Error),
    /// No thread for the writer.
    #[error("cannot start the writer thread")]
    Thread(#[source] std::io::Error),
    /// No pool for the readers.
    #[error("cannot make the pool of readers")]
    Pool(#[from] deadpool_sqlite::BuildError),
}

/// Why a change or a read failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    /// The request itself is at fault.
    #[error("{1}")]
    Refused(ErrorKind, String),
    /// SQLite is.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// There is less room than the store needs.
    #[error("{0}")]
    NoRoom(String),
    /// The disk can't be asked.
    #[error("the disk of the database can't be asked")]
    Disk(#[source] std::io::Error),
    /// A copy that SQLite finds damaged.
    #[error("the copy of the database is damaged: {0}")]
    DamagedCopy(String),
    /// A payload that has no JSON form, or that is none.
    #[error("a payload of the outbox is not what was stored")]
    Payload(#[from] serde_json::Error),
}

impl StoreError {
    pub(super) fn invalid(text: impl Into<String>) -> Self {
        Self::Refused(ErrorKind::Invalid, text.into())
    }

    pub(super) fn conflict(text: impl Into<String>) -> Self {
        Self::Refused(ErrorKind::Conflict, text.into())
    }

    /// What it means to those who run the platform.
    pub(super) fn reason(&self) -> Reason {
        match self {
            Self::Sqlite(error) => reason_of(error),
            Self::NoRoom(_) => Reason::Full,
            Self::Refused(..) | Self::Disk(_) | Self::DamagedCopy(_) | Self::Payload(_) => Reason::Other,
        }
    }

    /// The port's error, with what was attempted.
    pub(super) fn during(self, attempt: &'static str) -> PortError {
        match self {
            Self::Refused(kind, text) => PortError::new(kind, text),
            Self::Sqlite(error) => {
                let (kind, reason) = (kind_of(&error), reason_of(&error));
                PortError::caused(kind, attempt, error).because(reason)
            }
            Self::NoRoom(text) => PortError::new(ErrorKind::Unavailable, text).because(Reason::Full),
            Self::Disk(error) => PortError::caused(ErrorKind::Unavailable, attempt, error),
            Self::DamagedCopy(_) => PortError::caused(ErrorKind::Corrupt, attempt, self),
            Self::Payload(error) => PortError::caused(ErrorKind::Corrupt, attempt, error),
        }
    }
}

/// Full disks, failing disks and locks pass; what can't be read back will not. Anything else is out of order for now,
/// and `Unavailable` makes nobody drop work.
fn kind_of(error: &rusqlite::Error) -> ErrorKind {
    if let rusqlite::Error::FromSqlConversionFailure(..)
    | rusqlite::Error::IntegralValueOutOfRange(..)
    | rusqlite::Error::InvalidColumnType(..) = error
    {
        return ErrorKind::Corrupt;
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => ErrorKind::Corrupt,
        Some(ErrorCode::TooBig) => ErrorKind::Invalid,
        _ => ErrorKind::Unavailable,
    }
}

/// What SQLite's failure means to those who run the platform.
pub(super) fn reason_of(error: &rusqlite::Error) -> Reason {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Reason::Full,
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Reason::AccessDenied,
        Some(ErrorCode::CannotOpen) => Reason::Missing,
        _ => Reason::Other,
    }
}

/// Whether the disk said that it could not keep what was written.
pub(super) fn is_unsynced(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    matches!(code, Some(ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC))
}

#[cfg(test)]
mod tests {
    use photo_runtime::disk;

    use super::*;

    #[test]
    fn a_full_disk_is_told_apart() {
        let during = |code| {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            StoreError::from(error).during("accept a photo")
        };
        let full = during(ffi::SQLITE_FULL);
        assert!(disk::is_full(&full) && full.kind() == ErrorKind::Unavailable, "{full}");
        assert_eq!(during(ffi::SQLITE_READONLY).reason(), Reason::AccessDenied);
        let unsynced = |code| is_unsynced(&rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
        assert!(unsynced(ffi::SQLITE_IOERR_FSYNC) && !unsynced(ffi::SQLITE_FULL) && !unsynced(ffi::SQLITE_IOERR_WRITE));
        let failing = during(ffi::SQLITE_IOERR_WRITE);
        assert!(!disk::is_full(&failing) && failing.kind() == ErrorKind::Unavailable, "{failing}");
    }
}
