//! The objects of a bucket, a page at a time, so that a large bucket keeps nobody waiting for a turn at the disk.

use std::{fmt, io, path::PathBuf};

use photo_core::{
    blob_key::BlobScope,
    port::{ErrorKind, PortError, blob_store::BlobEntry},
};
use walkdir::{DirEntry, IntoIter, WalkDir};

use super::{
    failure,
    layout::{Bucket, UNFINISHED},
};

/// Most entries of a page.
const PAGE: usize = 1_000;

/// A walk through a part of a bucket that goes on where it was.
pub(super) struct Listing {
    bucket: Bucket,
    start: PathBuf,
    walk: IntoIter,
}

impl Listing {
    /// Symbolic links are neither followed nor listed; the bucket's own folder may be one.
    pub(super) fn of(bucket: Bucket, scope: BlobScope) -> Self {
        let start = bucket.folder.join(scope.key_start());
        let walk = WalkDir::new(&start).follow_links(false).follow_root_links(scope == BlobScope::All);
        let walk = walk.sort_by_file_name().into_iter();
        Self { bucket, start, walk }
    }

    /// The next objects; none where all were listed. Files of strangers are among them, by the text of their names.
    pub(super) fn page(mut self, attempt: &str) -> Result<(Self, Vec<BlobEntry>), PortError> {
        let mut entries = Vec::new();
        while entries.len() < PAGE {
            let Some(found) = self.walk.next() else { break };
            let listed = match found {
                Ok(entry) if is_unfinished(&entry) => {
                    self.walk.skip_current_dir();
                    continue;
                }
                Ok(entry) => self.listed(&entry),
                Err(error) => Err(error),
            };
            match listed {
                Ok(listed) => entries.extend(listed),
                Err(error) => self.pass_over(attempt, error)?,
            }
        }
        Ok((self, entries))
    }

    fn listed(&self, entry: &DirEntry) -> walkdir::Result<Option<BlobEntry>> {
        if !entry.file_type().is_file() {
            return Ok(None);
        }
        let size_bytes = entry.metadata()?.len();
        let below = entry.path().strip_prefix(&self.bucket.folder).unwrap_or(entry.path());
        Ok(Some(BlobEntry { key: below.to_string_lossy().into_owned(), size_bytes }))
    }

    /// What was deleted during the walk is no longer to be listed. A bucket that is gone is no empty one.
    fn pass_over(&self, attempt: &str, error: walkdir::Error) -> Result<(), PortError> {
        let error = failure::of_object(attempt, &self.bucket, io::Error::from(error));
        if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) }
    }
}

/// Whether it is the bucket's folder for what is not whole yet.
fn is_unfinished(entry: &DirEntry) -> bool {
    entry.depth() == 1 && entry.file_type().is_dir() && entry.file_name() == UNFINISHED
}

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.start.display().fmt(f)
    }
}
