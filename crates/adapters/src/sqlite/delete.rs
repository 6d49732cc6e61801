//! Deleting a photo: first it is out of sight, then its objects go, at last its row. What is still to go is a table, so
//! that a crash forgets nothing.

use jiff::{SignedDuration, Timestamp};
use photo_core::{
    event::{Deleted, EventKind},
    id::{PhotoId, UserId},
    job::Job,
    photo::{Photo, PhotoStatus},
    port::{ErrorKind, PortError},
};
use rusqlite::{Connection, params};

use super::{
    SqliteMetadata,
    column::{Moment, Word, to_milliseconds},
    error::StoreError,
    event::next_event,
    outbox,
    put_off::{PUT_OFF_MAX, horizon},
    rows::{self, word},
    runs, works,
    writer::Change,
};

/// How long the worker of a fenced run may go on writing: it asks every 5 s whether its run is live, and the answer may
/// take 5 s more. A worker that stood still for longer leaves its outputs to the sweep.
const FENCED_RUN_WRITES: SignedDuration = SignedDuration::from_secs(30);

/// A photo whose objects are to be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueDeletion {
    /// Which photo.
    pub photo_id: PhotoId,
    /// How often it was tried in vain.
    pub attempts: u32,
}

impl SqliteMetadata {
    /// Up to `limit` deleted photos whose runs can no longer write, those that are due longest first.
    pub async fn deletions_due(&self, limit: usize, now: Timestamp) -> Result<Vec<DueDeletion>, PortError> {
        self.readers.read("list deletions", move |connection| due(connection, limit, now)).await
    }

    /// Photos that are deleted and still have something stored.
    pub async fn deletions_pending(&self) -> Result<u64, PortError> {
        let count = |connection: &Connection| {
            Ok(connection.prepare_cached("SELECT count(*) FROM deletions")?.query_row([], |row| row.get(0))?)
        };
        self.readers.read("count deletions", count).await
    }

    /// Puts a deletion off until `next_at`, with the reason for the operator's eyes.
    pub async fn put_deletion_off(&self, photo: PhotoId, next_at: Timestamp, error: String) -> Result<(), PortError> {
        self.writer.write("put a deletion off", move |change| put_off(change, photo, next_at, &error)).await
    }

    /// Forgets a deleted photo whose objects are gone, and tells that it is gone. A repeat changes nothing.
    pub async fn purge(&self, photo: PhotoId) -> Result<(), PortError> {
        self.writer.write("purge a photo", move |change| purge(change, photo)).await
    }
}

/// Takes a photo out of sight. Its objects are removed once no run can write any more.
pub(super) fn delete(change: &Change<'_>, owner: &UserId, id: PhotoId) -> Result<(), StoreError> {
    let found = rows::find_photo(change.connection, id)?.filter(|photo| photo.sender.user == *owner);
    match found {
        None => Err(StoreError::Refused(ErrorKind::NotFound, format!("there is no photo {id}"))),
        Some(photo) if photo.status == PhotoStatus::Deleting => Ok(()),
        Some(photo) => take_away(change, photo),
    }
}

/// Takes anybody's photo out of sight.
pub(super) fn take_away(change: &Change<'_>, mut photo: Photo) -> Result<(), StoreError> {
    let work = works::load(change.connection, &photo)?;
    runs::cancel_live(change, &photo, &work)?;
    photo.status = PhotoStatus::Deleting;
    photo.updated_at = change.now;
    works::update(change.connection, &photo, &work.settled(photo.status))?;
    rows::update_photo(change.connection, &photo)?;
    outbox::add_remove(change, &Job::of(&photo))?;
    plan(change, &photo)
}

fn plan(change: &Change<'_>, photo: &Photo) -> Result<(), StoreError> {
    let fenced = runs::last_fenced(change.connection, photo.id)?;
    let quiet = fenced.map(|fenced| fenced.saturating_add(FENCED_RUN_WRITES).unwrap_or(fenced));
    // A clock that was set back makes the wait no longer than it is from now on.
    let latest = change.now.saturating_add(FENCED_RUN_WRITES).unwrap_or(change.now);
    let due_at = quiet.unwrap_or(change.now).clamp(change.now, latest);
    change
        .connection
        .prepare_cached("INSERT INTO deletions (photo_id, due_at) VALUES (?1, ?2)")?
        .execute(params![Word(photo.id), Moment(due_at)])?;
    Ok(())
}

fn due(connection: &Connection, limit: usize, now: Timestamp) -> Result<Vec<DueDeletion>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT photo_id, attempts FROM deletions WHERE due_at <= ?1 OR due_at > ?2 \
        ORDER BY due_at LIMIT ?3",
    )?;
    let now = to_milliseconds(now);
    let due = statement.query_map(params![Moment(now), horizon(now, PUT_OFF_MAX), limit], |row| {
        Ok(DueDeletion { photo_id: word(row, "photo_id")?, attempts: row.get("attempts")? })
    })?;
    Ok(due.collect::<rusqlite::Result<_>>()?)
}

fn put_off(change: &Change<'_>, photo: PhotoId, next_at: Timestamp, error: &str) -> Result<(), StoreError> {
    change
        .connection
        .prepare_cached(
            "UPDATE deletions SET attempts = attempts + 1, due_at = ?2, last_error = ?3 WHERE photo_id = ?1",
        )?
        .execute(params![Word(photo), Moment(next_at), error])?;
    Ok(())
}

fn purge(change: &Change<'_>, id: PhotoId) -> Result<(), StoreError> {
    let found = rows::find_photo(change.connection, id)?.filter(|photo| photo.status == PhotoStatus::Deleting);
    let Some(mut photo) = found else { return Ok(()) };
    let event = next_event(&mut photo, None, EventKind::Deleted(Deleted {}), change.now);
    // Everything else that is known of the photo goes with its row; what the outbox still has to tell stays.
    change.connection.prepare_cached("DELETE FROM photos WHERE id = ?1")?.execute([Word(id)])?;
    outbox::add_event(change, &event)
}
