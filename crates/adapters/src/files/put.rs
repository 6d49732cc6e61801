//! Storing an object: written aside, brought to the disk, and only then put into its place by a rename.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
};

use photo_core::port::{ErrorKind, PortError, blob_store::BlobBody};
use tempfile::NamedTempFile;

use super::{failure, layout::Place, read};

/// How often a put is given its folders again. Each time, a delete took away the last neighbour in between.
const PLACINGS_MAX: usize = 100;

/// Stores the object whole or not at all. What was written aside is removed where the put fails.
pub(super) fn put(attempt: &str, place: &Place, body: &BlobBody) -> Result<(), PortError> {
    let failed = |error| failure::of(attempt, &place.bucket.root, error);
    let mut unfinished = NamedTempFile::new_in(place.bucket.unfinished()).map_err(failed)?;
    match body {
        BlobBody::Bytes(bytes) => unfinished.write_all(bytes).map_err(failed)?,
        BlobBody::File { path, size_bytes } => {
            let source = File::open(path).map_err(|error| of_source(attempt, error))?;
            let actual = source.metadata().map_err(|error| of_source(attempt, error))?.len();
            expect_length(attempt, *size_bytes, actual)?;
            // One byte more than was announced tells a file that grows.
            let copied = io::copy(&mut source.take(size_bytes.saturating_add(1)), unfinished.as_file_mut());
            expect_length(attempt, *size_bytes, copied.map_err(failed)?)?;
        }
    }
    unfinished.as_file().sync_all().map_err(failed)?;
    rename(unfinished, place).map_err(failed)?;
    sync_folders(place).map_err(failed)
}

/// Stores the object at `source` at `target` as well.
pub(super) fn copy(attempt: &str, source: &Place, target: &Place) -> Result<(), PortError> {
    let size_bytes = read::size(attempt, source)?;
    put(attempt, target, &BlobBody::File { path: source.file.clone(), size_bytes })
}

/// A file that is not what was announced stays so; a full table of open files does not.
fn of_source(attempt: &str, error: io::Error) -> PortError {
    let lasting = error.kind() == io::ErrorKind::NotFound;
    let kind = if lasting { ErrorKind::Invalid } else { ErrorKind::Unavailable };
    PortError::caused(kind, format!("{attempt}: reading the file to store"), error)
}

fn expect_length(attempt: &str, declared: u64, actual: u64) -> Result<(), PortError> {
    if declared == actual {
        return Ok(());
    }
    let text = format!("{attempt}: {declared} bytes were announced, the file has {actual}");
    Err(PortError::new(ErrorKind::Invalid, text))
}

/// Puts the file into its place. A delete of a neighbour may take folders away that were just made; they are made again.
fn rename(mut unfinished: NamedTempFile, place: &Place) -> io::Result<()> {
    let mut placings = 0;
    loop {
        let error = match make_folders(place) {
            Ok(()) => match unfinished.persist(&place.file) {
                Ok(_) => return Ok(()),
                Err(lost) => {
                    unfinished = lost.file;
                    lost.error
                }
            },
            Err(error) => error,
        };
        placings += 1;
        // Where the file written aside is gone as well, the disk is, and nothing may be made in its stead.
        let again = error.kind() == io::ErrorKind::NotFound && unfinished.path().is_file();
        if !again || placings == PLACINGS_MAX {
            return Err(error);
        }
    }
}

/// Makes what is missing below the bucket, never the bucket itself.
fn make_folders(place: &Place) -> io::Result<()> {
    let folders: Vec<_> = place.folders().collect();
    for folder in folders.into_iter().rev() {
        match fs::create_dir(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Brings the object's name to the disk, and with it those of its folders: another put may have made them a moment ago.
fn sync_folders(place: &Place) -> io::Result<()> {
    for folder in place.folders() {
        match File::open(folder) {
            // The object was deleted since.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            folder => folder?.sync_all()?,
        }
    }
    File::open(&place.bucket.folder)?.sync_all()
}
