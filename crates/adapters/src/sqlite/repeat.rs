//! Uploads that a client repeats because it heard no answer: the key that it sends with each try finds the first one.

use jiff::SignedDuration;
use photo_core::{
    id::PhotoId,
    idempotency::Repeatable,
    photo::{NewPhoto, Photo},
};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    column::{Moment, Word},
    error::StoreError,
    rows,
    writer::Change,
};

/// How long a key is remembered: no client repeats a request for longer.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The photo that an earlier try of the same upload made.
pub(super) fn earlier(connection: &Connection, new: &NewPhoto) -> Result<Option<Photo>, StoreError> {
    let Some(repeatable) = &new.repeatable else { return Ok(None) };
    let sql = "SELECT photo_id FROM repeatable WHERE owner = ?1 AND key = ?2 AND file = ?3";
    let found: Option<Word<PhotoId>> = connection
        .prepare_cached(sql)?
        .query_row(params![Word(&new.sender.user), Word(&repeatable.key), repeatable.file], |row| row.get(0))
        .optional()?;
    found.map_or(Ok(None), |Word(photo)| rows::find_photo(connection, photo))
}

/// Remembers an upload that may be repeated, and forgets those of long ago.
pub(super) fn remember(change: &Change<'_>, photo: &Photo, repeatable: &Repeatable) -> Result<(), StoreError> {
    let insert = "INSERT INTO repeatable (owner, key, file, photo_id, created_at) VALUES (?1, ?2, ?3, ?4, ?5)";
    change.connection.prepare_cached(insert)?.execute(params![
        Word(&photo.sender.user),
        Word(&repeatable.key),
        repeatable.file,
        Word(photo.id),
        Moment(change.now),
    ])?;
    let before = change.now.saturating_sub(REMEMBERED).unwrap_or(change.now);
    change.connection.prepare_cached("DELETE FROM repeatable WHERE created_at < ?1")?.execute([Moment(before)])?;
    Ok(())
}
