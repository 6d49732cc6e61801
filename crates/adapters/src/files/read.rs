//! Finding an object.

use std::fs::{self, File};

use photo_core::port::PortError;

use super::{failure, layout::Place};

/// The object's file and its length in bytes.
pub(super) fn open(attempt: &str, place: &Place) -> Result<(File, u64), PortError> {
    let opened = File::open(&place.file).and_then(|file| {
        let size_bytes = file.metadata()?.len();
        Ok((file, size_bytes))
    });
    opened.map_err(|error| failure::of_object(attempt, &place.bucket, error))
}

/// The object's length in bytes.
pub(super) fn size(attempt: &str, place: &Place) -> Result<u64, PortError> {
    let found = fs::metadata(&place.file).map_err(|error| failure::of_object(attempt, &place.bucket, error))?;
    Ok(found.len())
}
