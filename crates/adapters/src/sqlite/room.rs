//! Whether the database's disk has room. A write alone does not tell: SQLite uses room again that its log has already.

use std::path::Path;

use super::error::StoreError;

/// The store counts as full below this, before it is: what is under way, and a checkpoint of the log, still fit.
const FREE_BYTES_MIN: u64 = 8 * 1024 * 1024;

/// Asks the file system of the database at `path` whether `more_bytes` fit besides what the store needs.
pub(super) fn check(path: &Path, more_bytes: u64) -> Result<(), StoreError> {
    let needed_bytes = FREE_BYTES_MIN.saturating_add(more_bytes);
    let disk = rustix::fs::statvfs(path).map_err(|error| StoreError::Disk(error.into()))?;
    let free_bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
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
