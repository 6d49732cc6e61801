//! What is still to be told of dead letters to whoever the platform was told to call: noted in the transaction that gives
//! the photo up, so that none is forgotten.

use jiff::Timestamp;
use photo_core::{dead_letter::DeadLetter, id::PhotoId, photo::Photo, port::PortError};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{
    SqliteMetadata,
    column::{Moment, Word, to_milliseconds},
    error::StoreError,
    put_off::{HOOK_PUT_OFF_MAX, horizon},
    rows::word,
    works::Work,
    writer::Change,
};

/// A dead letter that somebody is to be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueHook {
    /// The same at each try, so that the receiver knows a repeat.
    pub id: String,
    /// Whose death it tells.
    pub photo_id: PhotoId,
    /// The JSON of its [`DeadLetter`].
    pub payload: String,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// When the photo was given up.
    pub created_at: Timestamp,
}

impl SqliteMetadata {
    /// From now on each photo that is given up is noted for [`SqliteMetadata::hooks_due`].
    pub fn note_hooks(&self) {
        self.hooks.turn_on();
    }

    /// Up to `limit` notes that are due, those that are due longest first.
    pub async fn hooks_due(&self, limit: usize, now: Timestamp) -> Result<Vec<DueHook>, PortError> {
        self.readers.read("list hooks", move |connection| due(connection, limit, now)).await
    }

    /// Forgets a note. One that is gone already is passed over.
    pub async fn hook_done(&self, id: String) -> Result<(), PortError> {
        let forget = move |change: &Change<'_>| {
            change.connection.prepare_cached("DELETE FROM hooks WHERE id = ?1")?.execute([id])?;
            Ok(())
        };
        self.writer.write("forget a hook", forget).await
    }

    /// Puts a note off until `next_at`, with the reason for the operator's eyes.
    pub async fn put_hook_off(&self, id: String, next_at: Timestamp, error: String) -> Result<(), PortError> {
        let put_off = move |change: &Change<'_>| {
            let sql = "UPDATE hooks SET attempts = attempts + 1, next_at = ?2, last_error = ?3 WHERE id = ?1";
            change.connection.prepare_cached(sql)?.execute(params![id, Moment(next_at), error])?;
            Ok(())
        };
        self.writer.write("put a hook off", put_off).await
    }
}

/// Notes that a photo has just died, if anybody wants to know.
pub(super) fn note_death(change: &Change<'_>, photo: &Photo, work: &Work) -> Result<(), StoreError> {
    let Some(failure) = photo.failure.clone().filter(|_| change.hooks) else { return Ok(()) };
    let letter = DeadLetter {
        photo_id: photo.id,
        owner: photo.sender.user.clone(),
        pipeline: photo.pipeline.clone(),
        generation: photo.generation,
        failure,
        attempts: work.attempts_failed,
        deliveries: work.deliveries,
        died_at: change.now,
    };
    let sql = "INSERT INTO hooks (id, photo_id, payload, created_at, next_at) VALUES (?1, ?2, ?3, ?4, ?4)";
    let id = format!("msg_{}", Uuid::now_v7().simple());
    let payload = serde_json::to_string(&letter)?;
    change.connection.prepare_cached(sql)?.execute(params![id, Word(photo.id), payload, Moment(change.now)])?;
    Ok(())
}

fn due(connection: &Connection, limit: usize, now: Timestamp) -> Result<Vec<DueHook>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, photo_id, payload, attempts, created_at FROM hooks \
         WHERE next_at <= ?1 OR next_at > ?2 ORDER BY next_at LIMIT ?3",
    )?;
    let now = to_milliseconds(now);
    let due = statement.query_map(params![Moment(now), horizon(now, HOOK_PUT_OFF_MAX), limit], |row| {
        let Moment(created_at) = row.get("created_at")?;
        Ok(DueHook {
            id: row.get("id")?,
            photo_id: word(row, "photo_id")?,
            payload: row.get("payload")?,
            attempts: row.get("attempts")?,
            created_at,
        })
    })?;
    Ok(due.collect::<rusqlite::Result<_>>()?)
}
