//! Photos as rows: the only place that knows their columns.

use photo_core::{
    blob_key::BlobLocation,
    failure::Failure,
    id::{PhotoId, UserId},
    photo::{Dimensions, Original, Photo, PhotoStatus, Sender, Variant},
    port::ErrorKind,
    priority::Priority,
};
use rusqlite::{Connection, OptionalExtension, Row, named_params, types::FromSqlError};

use super::{
    column::{Moment, Word},
    error::StoreError,
};

/// A photo's columns, for `SELECT`.
pub(super) const PHOTO_COLUMNS: &str = "id, owner, client_id, session_id, traceparent, file_name, bucket, object_key, \
     format, size_bytes, sha256, pipeline, priority, generation, status, seq, width, height, metadata, finished_run, \
     failure_code, failure_message, created_at, updated_at, (SELECT next_attempt_at FROM works \
     WHERE photo_id = photos.id AND generation = photos.generation) AS next_attempt_at";

/// The photo of a row with [`PHOTO_COLUMNS`], without its variants.
pub(super) fn photo_of(row: &Row<'_>) -> rusqlite::Result<Photo> {
    let dimensions = match (row.get("width")?, row.get("height")?) {
        (Some(width), Some(height)) => Some(Dimensions { width, height }),
        (None, _) | (_, None) => None,
    };
    Ok(Photo {
        id: word(row, "id")?,
        sender: Sender {
            user: word(row, "owner")?,
            client_id: optional_word(row, "client_id")?,
            session_id: optional_word(row, "session_id")?,
            traceparent: word(row, "traceparent")?,
        },
        file_name: word(row, "file_name")?,
        original: Original {
            location: BlobLocation { bucket: word(row, "bucket")?, key: word(row, "object_key")? },
            format: word(row, "format")?,
            size_bytes: row.get("size_bytes")?,
            sha256: word(row, "sha256")?,
        },
        pipeline: word(row, "pipeline")?,
        priority: priority(row)?,
        generation: row.get("generation")?,
        status: word(row, "status")?,
        seq: row.get("seq")?,
        dimensions,
        metadata: json(row, "metadata")?,
        variants: Vec::new(),
        finished_run: optional_word(row, "finished_run")?,
        next_attempt_at: row.get::<_, Option<Moment>>("next_attempt_at")?.map(|Moment(time)| time),
        failure: failure_of(row)?,
        created_at: moment(row, "created_at")?,
        updated_at: moment(row, "updated_at")?,
    })
}

/// The value of a column of [`Word`]s.
pub(super) fn word<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    row.get::<_, Word<T>>(column).map(|Word(value)| value)
}

/// The failure in the columns `failure_code` and `failure_message`.
pub(super) fn failure_of(row: &Row<'_>) -> rusqlite::Result<Option<Failure>> {
    Ok(match (optional_word(row, "failure_code")?, row.get("failure_message")?) {
        (Some(code), Some(message)) => Some(Failure { code, message }),
        (None, _) | (_, None) => None,
    })
}

/// The value of a column of [`Word`]s that may be empty.
pub(super) fn optional_word<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: &str,
) -> rusqlite::Result<Option<T>> {
    row.get::<_, Option<Word<T>>>(column).map(|word| word.map(|Word(value)| value))
}

fn priority(row: &Row<'_>) -> rusqlite::Result<Priority> {
    let number: u8 = row.get("priority")?;
    Priority::try_from(number).map_err(|error| FromSqlError::other(error).into())
}

/// The value of a column of JSON.
fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| serde_json::from_str(&text).map_err(|error| FromSqlError::other(error).into())).transpose()
}

fn moment(row: &Row<'_>, column: &str) -> rusqlite::Result<jiff::Timestamp> {
    row.get::<_, Moment>(column).map(|Moment(time)| time)
}

/// Any owner's photo, without its variants: for the store's own use.
pub(super) fn find_photo(connection: &Connection, id: PhotoId) -> Result<Option<Photo>, StoreError> {
    let sql = format!("SELECT {PHOTO_COLUMNS} FROM photos WHERE id = ?1");
    Ok(connection.prepare_cached(&sql)?.query_row([Word(id)], photo_of).optional()?)
}

/// A photo of an owner that is not being deleted, without its variants.
pub(super) fn find_own(connection: &Connection, owner: &UserId, id: PhotoId) -> Result<Photo, StoreError> {
    let own = |photo: &Photo| photo.sender.user == *owner && photo.status != PhotoStatus::Deleting;
    let found = find_photo(connection, id)?.filter(own);
    found.ok_or_else(|| StoreError::Refused(ErrorKind::NotFound, format!("there is no photo {id}")))
}

/// Stores a photo that is not there yet.
pub(super) fn insert_photo(connection: &Connection, photo: &Photo) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO photos (id, owner, client_id, session_id, traceparent, file_name, bucket, object_key, format, \
             size_bytes, sha256, pipeline, priority, generation, status, seq, created_at, updated_at) \
             VALUES (:id, :owner, :client_id, :session_id, :traceparent, :file_name, :bucket, :object_key, :format, \
             :size_bytes, :sha256, :pipeline, :priority, :generation, :status, :seq, :created_at, :updated_at)",
        )?
        .execute(named_params! {
            ":id": Word(photo.id),
            ":owner": Word(&photo.sender.user),
            ":client_id": photo.sender.client_id.as_ref().map(Word),
            ":session_id": photo.sender.session_id.as_ref().map(Word),
            ":traceparent": Word(&photo.sender.traceparent),
            ":file_name": Word(&photo.file_name),
            ":bucket": Word(photo.original.location.bucket),
            ":object_key": Word(&photo.original.location.key),
            ":format": Word(photo.original.format),
            ":size_bytes": photo.original.size_bytes,
            ":sha256": Word(&photo.original.sha256),
            ":pipeline": Word(&photo.pipeline),
            ":priority": photo.priority.get(),
            ":generation": photo.generation,
            ":status": Word(photo.status),
            ":seq": photo.seq,
            ":created_at": Moment(photo.created_at),
            ":updated_at": Moment(photo.updated_at),
        })?;
    Ok(())
}

/// Stores what changes about a photo: its state, not what was uploaded.
pub(super) fn update_photo(connection: &Connection, photo: &Photo) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE photos SET pipeline = :pipeline, priority = :priority, generation = :generation, \
             status = :status, seq = :seq, width = :width, height = :height, \
             metadata = :metadata, finished_run = :finished_run, failure_code = :failure_code, failure_message = :failure_message, \
             updated_at = :updated_at WHERE id = :id",
        )?
        .execute(named_params! {
            ":id": Word(photo.id),
            ":pipeline": Word(&photo.pipeline),
            ":priority": photo.priority.get(),
            ":generation": photo.generation,
            ":status": Word(photo.status),
            ":seq": photo.seq,
            ":width": photo.dimensions.map(|dimensions| dimensions.width),
            ":height": photo.dimensions.map(|dimensions| dimensions.height),
            ":metadata": photo.metadata.as_ref().map(serde_json::to_string).transpose()?,
            ":finished_run": photo.finished_run.map(Word),
            ":failure_code": photo.failure.as_ref().map(|failure| Word(failure.code)),
            ":failure_message": photo.failure.as_ref().map(|failure| &failure.message),
            ":updated_at": Moment(photo.updated_at),
        })?;
    Ok(())
}

/// The photo with its outputs, by name.
pub(super) fn with_variants(connection: &Connection, photo: Photo) -> Result<Photo, StoreError> {
    if photo.finished_run.is_none() {
        return Ok(photo);
    }
    let variants = connection
        .prepare_cached(
            "SELECT name, role, bucket, object_key, format, width, height, size_bytes, sha256 FROM variants \
             WHERE photo_id = ?1 ORDER BY name",
        )?
        .query_map([Word(photo.id)], |row| {
            Ok(Variant {
                name: word(row, "name")?,
                role: word(row, "role")?,
                location: BlobLocation { bucket: word(row, "bucket")?, key: word(row, "object_key")? },
                format: word(row, "format")?,
                width: row.get("width")?,
                height: row.get("height")?,
                size_bytes: row.get("size_bytes")?,
                sha256: word(row, "sha256")?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Photo { variants, ..photo })
}
