//! Removing an object, and the folders that held nothing else.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use photo_core::port::{ErrorKind, PortError};

use super::{failure, layout::Place};

/// Removes the object where it is there. That it is gone is on the disk when this returns.
pub(super) fn delete(attempt: &str, place: &Place) -> Result<(), PortError> {
    if let Err(error) = fs::remove_file(&place.file) {
        let error = failure::of_object(attempt, &place.bucket, error);
        if error.kind() != ErrorKind::NotFound {
            return Err(error);
        }
    }
    match File::open(remove_empty_folders(place)) {
        // Another delete took this one away too, and brings that to the disk.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        folder => folder.and_then(|folder| folder.sync_all()),
    }
    .map_err(|error| failure::of(attempt, &place.bucket.root, error))
}

/// Removes the object's folders from within as far as they are empty. Returns the first that stays.
///
/// A put that needs one of them makes it again: the system refuses to remove what is not empty, and to rename into
/// what is not there, so nothing gets lost in between.
fn remove_empty_folders(place: &Place) -> &Path {
    for folder in place.folders() {
        match fs::remove_dir(folder) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            // It holds something else. Whatever else is wrong with it, an empty folder harms nobody.
            Err(_) => return folder,
        }
    }
    &place.bucket.folder
}
