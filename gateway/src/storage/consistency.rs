//! Which objects that photos name are not there: listings of a bucket are joined with the rows, both in the order of photos.

use std::collections::HashSet;

use photo_adapters::sqlite::SqliteMetadata;
use photo_core::{
    blob_key::{BlobKey, BlobLocation, BucketPurpose},
    consistency::{ConsistencyReport, MissingObject},
    id::PhotoId,
    port::{BlobStore, ErrorKind, PortError},
};

/// Rows that are read at once. No photo names as many objects.
const ROWS: usize = 2_000;

/// What is missing in all buckets.
#[derive(Debug, Default)]
pub(super) struct Missing {
    pub(super) total: u64,
    pub(super) first: Vec<MissingObject>,
}

impl Missing {
    fn add(&mut self, missing: MissingObject) {
        tracing::error!(photo_id = %missing.photo_id, key = %missing.key, "a photo names an object that is not there");
        self.total += 1;
        if self.first.len() < ConsistencyReport::SHOWN {
            self.first.push(missing);
        }
    }
}

/// The comparison of one bucket, page by page of its listing.
pub(super) struct Comparison<'a> {
    store: &'a SqliteMetadata,
    blobs: &'a dyn BlobStore,
    bucket: BucketPurpose,
    /// The first photo that was not compared yet.
    from: Option<PhotoId>,
    /// What was listed of photos from there on.
    listed: HashSet<BlobKey>,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(store: &'a SqliteMetadata, blobs: &'a dyn BlobStore, bucket: BucketPurpose) -> Self {
        Self { store, blobs, bucket, from: None, listed: HashSet::new() }
    }

    /// Compares the photos that a page of the listing has left behind: the last one's objects may go on in the next page.
    pub(super) async fn page(&mut self, keys: &[BlobKey], missing: &mut Missing) -> Result<(), PortError> {
        self.listed.extend(keys.iter().cloned());
        let Some(last) = keys.last().and_then(BlobKey::photo) else { return Ok(()) };
        self.compare(Some(last), missing).await?;
        self.listed.retain(|key| key.photo() == Some(last));
        Ok(())
    }

    /// Compares the photos behind the last page.
    pub(super) async fn end(mut self, missing: &mut Missing) -> Result<(), PortError> {
        self.compare(None, missing).await
    }

    /// Compares the photos before `before`, or all that are left.
    async fn compare(&mut self, before: Option<PhotoId>, missing: &mut Missing) -> Result<(), PortError> {
        loop {
            let mut rows = self.store.named(self.bucket, self.from, before, ROWS).await?;
            let is_full = rows.len() == ROWS;
            let next = rows.last().map(|row| row.photo_id);
            if is_full {
                // The last photo's objects may not all be among them.
                rows.retain(|row| Some(row.photo_id) != next);
            }
            for row in rows {
                if !self.listed.contains(&row.key) && self.is_missing(&row).await? {
                    missing.add(row);
                }
            }
            match next {
                Some(next) if is_full => self.from = Some(next),
                _ => break,
            }
        }
        self.from = before.or(self.from);
        Ok(())
    }

    /// A listing is not of one moment: what came after its page was read is there, and what went was perhaps renounced.
    async fn is_missing(&self, row: &MissingObject) -> Result<bool, PortError> {
        let location = BlobLocation { bucket: self.bucket, key: row.key.clone() };
        match self.blobs.size(&location).await {
            Ok(_) => Ok(false),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let now = self.store.named(self.bucket, Some(row.photo_id), None, ROWS).await?;
                Ok(now.contains(row))
            }
            Err(error) => Err(error),
        }
    }
}
