//! Making the buckets' folders and marking the whole as one platform's: the mark is the file `.owner`.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::Path,
};

use photo_core::port::{ErrorKind, PortError};
use tempfile::Builder;

use super::{
    failure,
    layout::{Layout, UNFINISHED_MARK},
};

/// A mark is a platform's uid; what is longer is somebody else's file.
const OWNER_BYTES_MAX: u64 = 256;

/// Marks the folder, unless it is marked already, and makes the buckets that are missing.
pub(super) fn prepare(attempt: &str, layout: &Layout, owner: &str) -> Result<(), PortError> {
    let failed = |error| failure::of(attempt, layout.root(), error);
    let found = match read(&layout.owner()).map_err(failed)? {
        Some(found) => found,
        None => mark(layout, owner).map_err(failed)?,
    };
    if found != owner.as_bytes() {
        return Err(not_ours(layout, &found));
    }
    make_buckets(layout).map_err(failed)
}

fn read(mark: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut found = Vec::new();
    match File::open(mark) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        // One byte more than a mark may have tells the others.
        file => file?.take(OWNER_BYTES_MAX + 1).read_to_end(&mut found).map(|_| Some(found)),
    }
}

/// Writes the mark, whole or not at all. Returns the mark that is there then: another call may have been faster.
fn mark(layout: &Layout, owner: &str) -> io::Result<Vec<u8>> {
    let mut unfinished = Builder::new().prefix(UNFINISHED_MARK).tempfile_in(layout.root())?;
    unfinished.write_all(owner.as_bytes())?;
    unfinished.as_file().sync_all()?;
    match unfinished.persist_noclobber(layout.owner()) {
        Err(lost) if lost.error.kind() != io::ErrorKind::AlreadyExists => return Err(lost.error),
        _ => File::open(layout.root())?.sync_all()?,
    }
    Ok(read(&layout.owner())?.unwrap_or_default())
}

fn make_buckets(layout: &Layout) -> io::Result<()> {
    for bucket in layout.buckets() {
        for folder in [bucket.folder.clone(), bucket.unfinished()] {
            match fs::create_dir(&folder) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
    }
    File::open(layout.root())?.sync_all()
}

fn not_ours(layout: &Layout, found: &[u8]) -> PortError {
    let holder = if found.len() as u64 > OWNER_BYTES_MAX {
        "something that is not a platform".to_owned()
    } else {
        format!("`{}`", String::from_utf8_lossy(found))
    };
    let mark = layout.owner();
    let text = format!("{} says that the folder belongs to {holder}: choose another folder than its", mark.display());
    PortError::new(ErrorKind::Conflict, text)
}
