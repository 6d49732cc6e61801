//! Whether photos can be stored: the folders are there, this user may write to them, and there is room.

use std::io;

use photo_core::port::{ErrorKind, PortError};
use rustix::fs::{Access, access, statvfs};

use super::{failure, layout::Layout};

/// The store counts as full below this, before it is: one photo of 50 MiB, the most that an upload has unless a platform
/// says otherwise, still fits with its variants.
const FREE_BYTES_MIN: u64 = 64 * 1024 * 1024;

/// Asks without writing, because it is asked every second.
pub(super) fn check(attempt: &str, layout: &Layout) -> Result<(), PortError> {
    let failed = |error: rustix::io::Errno| failure::of(attempt, layout.root(), io::Error::from(error));
    for bucket in layout.buckets() {
        access(bucket.unfinished(), Access::WRITE_OK | Access::EXEC_OK).map_err(failed)?;
        let disk = statvfs(&bucket.folder).map_err(failed)?;
        let free_bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
        if free_bytes < FREE_BYTES_MIN {
            return Err(no_room(attempt, layout, free_bytes));
        }
    }
    Ok(())
}

fn no_room(attempt: &str, layout: &Layout, free_bytes: u64) -> PortError {
    let mib = |bytes: u64| bytes / 1024 / 1024;
    let text = format!(
        "{attempt}: the disk of {layout} has {} MiB left, and {} are needed; free space on it, or move the folder to a \
         larger one",
        mib(free_bytes),
        mib(FREE_BYTES_MIN),
    );
    PortError::caused(ErrorKind::Unavailable, text, io::Error::from(io::ErrorKind::StorageFull))
}
