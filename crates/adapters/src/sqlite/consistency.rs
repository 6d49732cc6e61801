//! What rows name, for comparison with what there is, and what the last comparison found.

use photo_core::{
    blob_key::{BlobKey, BucketPurpose},
    consistency::{ConsistencyReport, MissingObject},
    id::PhotoId,
    port::PortError,
};
use rusqlite::{Connection, OptionalExtension, params};

use super::{SqliteMetadata, column::Word, error::StoreError};

impl SqliteMetadata {
    /// What photos name in a bucket, in the order of photos: of those from `from` on and before `before`, up to `limit`
    /// objects. Photos that are being deleted name nothing any more.
    pub async fn named(
        &self,
        bucket: BucketPurpose,
        from: Option<PhotoId>,
        before: Option<PhotoId>,
        limit: usize,
    ) -> Result<Vec<MissingObject>, PortError> {
        let read = move |connection: &Connection| named(connection, bucket, (from, before), limit);
        self.readers.read("list what photos name", read).await
    }

    /// Keeps what a sweep found, in place of what the one before did.
    pub async fn keep_report(&self, report: ConsistencyReport) -> Result<(), PortError> {
        let keep = move |change: &super::writer::Change<'_>| {
            let sql = "INSERT INTO consistency (only, report) VALUES (1, ?1) \
                 ON CONFLICT (only) DO UPDATE SET report = excluded.report";
            change.connection.prepare_cached(sql)?.execute([serde_json::to_string(&report)?])?;
            Ok(())
        };
        self.writer.write("keep the consistency report", keep).await
    }
}

/// What the last sweep found; none before the first has ended.
pub(super) fn report(connection: &Connection) -> Result<Option<ConsistencyReport>, StoreError> {
    let sql = "SELECT report FROM consistency";
    let text: Option<String> = connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

fn named(
    connection: &Connection,
    bucket: BucketPurpose,
    (from, before): (Option<PhotoId>, Option<PhotoId>),
    limit: usize,
) -> Result<Vec<MissingObject>, StoreError> {
    let sql = match bucket {
        BucketPurpose::Variants => {
            "SELECT photo_id, variants.object_key FROM variants JOIN photos ON photos.id = photo_id \
             WHERE photo_id >= ?1 AND photo_id < ?2 AND variants.bucket = ?3 AND status <> 'deleting' \
             ORDER BY photo_id LIMIT ?4"
        }
        BucketPurpose::Originals | BucketPurpose::LargeOriginals | BucketPurpose::Backups => {
            "SELECT id, object_key FROM photos WHERE id >= ?1 AND id < ?2 AND bucket = ?3 AND status <> 'deleting' \
             ORDER BY id LIMIT ?4"
        }
    };
    let from = from.map(|from| from.to_string()).unwrap_or_default();
    // Behind every id: they are hexadecimal digits and hyphens.
    let end = before.map_or_else(|| "g".to_owned(), |before| before.to_string());
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![from, end, Word(bucket), limit], |row| {
        let (Word(photo_id), Word(key)): (Word<PhotoId>, Word<BlobKey>) = (row.get(0)?, row.get(1)?);
        Ok(MissingObject { photo_id, key })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
