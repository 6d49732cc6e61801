//! Whether the database's disk has room. A write alone does not tell: SQLite uses room again that its log has already.

use std::path::Path;

use super::error::StoreError;

/// The store counts as full below this, before it is: what is under way, and a checkpoint of the log, still fit.
const FREE_BYTES_MIN: u64 = 8 * 1024 * 1024;

/// How large a file system is, and how much of it may still be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskRoom {
    /// All of it, in bytes.
    pub total_bytes: u64,
    /// What is left for us, in bytes.
    pub available_bytes: u64,
}

impl DiskRoom {
    /// That of the file at `path`.
    pub(super) fn of(path: &Path) -> Result<Self, StoreError> {
        let disk = rustix::fs::statvfs(path).map_err(|error| StoreError::Disk(error.into()))?;
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        Ok(Self { total_bytes: bytes(disk.f_blocks), available_bytes: bytes(disk.f_bavail) })
    }
}

/// Asks the file system of the database at `path` whether `more_bytes` fit besides what the store needs.
pub(super) fn check(path: &Path, more_bytes: u64) -> Result<(), StoreError> {
    let needed_bytes = FREE_BYTES_MIN.saturating_add(more_bytes);
    let free_bytes = DiskRoom::of(path)?.available_bytes;
    if free_bytes < needed_bytes {
        let mib = |bytes: u64| bytes / 1024 / 1024;
        return Err(StoreError::NoRoom(format!(
            "the disk of {} has {} MiB left, and {} are needed: make its volume larger",
            path.display(),
            mib(free_bytes),
            mib(needed_bytes),
        )));
    }
    Ok(())
}
