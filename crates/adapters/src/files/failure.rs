//! What a failed call of the file system means to a caller, and what its text tells the operator to do.

use std::{io, path::Path};

use photo_core::port::{ErrorKind, PortError};

use super::layout::Bucket;

/// What passes, or what somebody can mend, is `Unavailable`: then the call succeeds. So is everything else.
const MEANINGS: [(io::ErrorKind, ErrorKind, &str); 5] = [
    (io::ErrorKind::StorageFull, ErrorKind::Unavailable, FULL),
    (io::ErrorKind::QuotaExceeded, ErrorKind::Unavailable, FULL),
    (
        io::ErrorKind::ReadOnlyFilesystem,
        ErrorKind::Unavailable,
        "the disk is mounted read-only; look for errors of it, and mount it for writing",
    ),
    (
        io::ErrorKind::NotFound,
        ErrorKind::Unavailable,
        "the folder is gone; bring its disk back, or restart the storage role, which makes it",
    ),
    (
        io::ErrorKind::PermissionDenied,
        ErrorKind::Denied,
        "this user may not do that; change the owner of the folder and of all below it",
    ),
];

const FULL: &str = "the disk is full; free space on it, or move the folder to a larger one";

/// The port's error for what was attempted below `root`.
pub(super) fn of(attempt: &str, root: &Path, error: io::Error) -> PortError {
    match MEANINGS.iter().find(|(cause, ..)| *cause == error.kind()) {
        Some((_, kind, advice)) => PortError::caused(*kind, format!("{attempt}: {advice} ({})", root.display()), error),
        None => PortError::caused(ErrorKind::Unavailable, attempt, error),
    }
}

/// The port's error where an object's file is not there: the object is missing, or everything is.
pub(super) fn of_object(attempt: &str, bucket: &Bucket, error: io::Error) -> PortError {
    if error.kind() == io::ErrorKind::NotFound && bucket.folder.is_dir() {
        PortError::caused(ErrorKind::NotFound, attempt, error)
    } else {
        of(attempt, &bucket.root, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_says_what_to_do_and_only_missing_rights_are_denied() {
        // The numbers of Linux, which is where they come from.
        let cases = [
            (28, ErrorKind::Unavailable, "the disk is full"),
            (122, ErrorKind::Unavailable, "the disk is full"),
            (30, ErrorKind::Unavailable, "read-only"),
            (2, ErrorKind::Unavailable, "the folder is gone"),
            (13, ErrorKind::Denied, "this user may not"),
            (5, ErrorKind::Unavailable, "storing a photo ("),
            (24, ErrorKind::Unavailable, "storing a photo ("),
        ];
        for (number, kind, text) in cases {
            let error = of("storing a photo", Path::new("/photos"), io::Error::from_raw_os_error(number));
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(text), "{error}");
        }
    }

    #[test]
    fn a_missing_object_is_told_from_a_missing_bucket() {
        let folder = tempfile::tempdir().unwrap();
        let bucket = |name: &str| Bucket { root: folder.path().to_owned(), folder: folder.path().join(name) };
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        assert_eq!(of_object("reading", &bucket(""), missing()).kind(), ErrorKind::NotFound);
        assert_eq!(of_object("reading", &bucket("gone"), missing()).kind(), ErrorKind::Unavailable);
    }
}
