//! What is still to be told to the queue and the event log, in the order of each photo.

use std::time::Duration;

use jiff::Timestamp;
use photo_core::{event::Event, id::PhotoId, job::Job};
use photo_runtime::guard::Guard;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    catalogue,
    column::{Moment, Word},
    error::StoreError,
    put_off::{PUT_OFF_MAX, horizon},
    rows::{PHOTO_COLUMNS, photo_of},
    writer::Change,
};

/// An entry that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// For [`super::SqliteMetadata::outbox_done`] and [`super::SqliteMetadata::outbox_retry`].
    pub id: i64,
    /// Whose order it keeps.
    pub photo_id: PhotoId,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// What is to be told.
    pub item: OutboxItem,
}

/// What an entry tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutboxItem {
    /// To the event log.
    Event(Box<Event>),
    /// To the queue.
    Enqueue(Job),
    /// To the queue: the job is to be worked on no more.
    RemoveJob(Job),
}

/// An entry's kind, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Event,
    Enqueue,
    Reenqueue,
    Remove,
}

pub(super) fn add_event(change: &Change<'_>, event: &Event) -> Result<(), StoreError> {
    add(change, event.photo_id, Kind::Event, &serde_json::to_string(event)?)
}

pub(super) fn add_enqueue(change: &Change<'_>, job: &Job) -> Result<(), StoreError> {
    add(change, job.photo_id, Kind::Enqueue, &serde_json::to_string(job)?)
}

/// The job is named whole, so that the queue's name of it is made in one place.
pub(super) fn add_remove(change: &Change<'_>, job: &Job) -> Result<(), StoreError> {
    add(change, job.photo_id, Kind::Remove, &serde_json::to_string(job)?)
}

fn add(change: &Change<'_>, photo: PhotoId, kind: Kind, payload: &str) -> Result<(), StoreError> {
    if !Guard::Outbox.stands() {
        return Ok(());
    }
    // Due at once, whatever the clock says later.
    change
        .connection
        .prepare_cached("INSERT INTO outbox (photo_id, kind, payload, created_at, next_at) VALUES (?1, ?2, ?3, ?4, 0)")?
        .execute(params![Word(photo), Word(kind), payload, Moment(change.now)])?;
    change.outbox_filled();
    Ok(())
}

/// The oldest due entries; of each photo at most its first.
pub(super) fn due(connection: &Connection, limit: usize, now: Timestamp) -> Result<Vec<OutboxEntry>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, photo_id, attempts, kind, payload FROM outbox AS entry WHERE (next_at <= ?1 OR next_at > ?2) \
         AND NOT EXISTS (SELECT 1 FROM outbox WHERE photo_id = entry.photo_id AND id < entry.id) \
         ORDER BY id LIMIT ?3",
    )?;
    let mut rows = statement.query(params![Moment(now), horizon(now, PUT_OFF_MAX), limit])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(entry_of(row)?);
    }
    Ok(entries)
}

fn entry_of(row: &Row<'_>) -> Result<OutboxEntry, StoreError> {
    let Word(photo_id) = row.get("photo_id")?;
    let Word(kind) = row.get("kind")?;
    let payload = row.get_ref("payload")?.as_str().map_err(rusqlite::Error::from)?;
    let item = match kind {
        Kind::Event => OutboxItem::Event(serde_json::from_str(payload)?),
        Kind::Enqueue | Kind::Reenqueue => OutboxItem::Enqueue(serde_json::from_str(payload)?),
        Kind::Remove => OutboxItem::RemoveJob(serde_json::from_str(payload)?),
    };
    Ok(OutboxEntry { id: row.get("id")?, photo_id, attempts: row.get("attempts")?, item })
}

/// Removes entries that were told, and counts the jobs among them.
pub(super) fn done(change: &Change<'_>, ids: &[i64]) -> Result<(), StoreError> {
    let mut delete = change.connection.prepare_cached("DELETE FROM outbox WHERE id = ?1 RETURNING kind, payload")?;
    for id in ids {
        let removed = delete
            .query_row([id], |row| Ok((row.get::<_, Word<Kind>>("kind")?, row.get::<_, String>("payload")?)))
            .optional()?;
        if let Some((Word(Kind::Enqueue), payload)) = removed {
            let job: Job = serde_json::from_str(&payload)?;
            catalogue::count_enqueued(change.connection, &job.pipeline)?;
        }
        // The photo's next entry is due now.
        change.outbox_filled();
    }
    Ok(())
}

/// Puts an entry off.
pub(super) fn retry(change: &Change<'_>, id: i64, next_at: Timestamp, error: &str) -> Result<(), StoreError> {
    change
        .connection
        .prepare_cached("UPDATE outbox SET attempts = attempts + 1, next_at = ?2, last_error = ?3 WHERE id = ?1")?
        .execute(params![id, Moment(next_at), error])?;
    Ok(())
}

/// How long the oldest entry has been waiting.
pub(super) fn oldest_age(connection: &Connection, now: Timestamp) -> Result<Option<Duration>, StoreError> {
    let created: Option<Moment> = connection
        .prepare_cached("SELECT created_at FROM outbox ORDER BY id LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(created.map(|Moment(created)| Duration::try_from(now.duration_since(created)).unwrap_or_default()))
}

/// The jobs of open photos after `after`, by photo.
pub(super) fn open_jobs(connection: &Connection, after: Option<PhotoId>, limit: usize) -> Result<Vec<Job>, StoreError> {
    let sql = format!(
        "SELECT {PHOTO_COLUMNS} FROM photos WHERE (id, generation) IN (SELECT photo_id, generation FROM works \
         WHERE status IN ('queued', 'processing') AND photo_id > ?1 ORDER BY photo_id LIMIT ?2) ORDER BY id"
    );
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let mut statement = connection.prepare_cached(&sql)?;
    let jobs = statement.query_map(params![after, limit], |row| photo_of(row).map(|photo| Job::of(&photo)))?;
    Ok(jobs.collect::<rusqlite::Result<_>>()?)
}

/// Adds an entry for each open photo after `after`, up to `limit` of them. Returns how many were added, and where to
/// go on.
pub(super) fn reopen(
    change: &Change<'_>,
    after: Option<PhotoId>,
    limit: usize,
) -> Result<(usize, Option<PhotoId>), StoreError> {
    let jobs = open_jobs(change.connection, after, limit)?;
    let added = enqueue_again(change, &jobs)?;
    let next = if jobs.len() == limit { jobs.last().map(|job| job.photo_id) } else { None };
    Ok((added, next))
}

/// Adds an entry for each of these jobs whose photo has none. Returns how many were added.
pub(super) fn enqueue_again(change: &Change<'_>, jobs: &[Job]) -> Result<usize, StoreError> {
    let mut pending = change.connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM outbox WHERE photo_id = ?1 AND kind IN ('enqueue', 'reenqueue'))",
    )?;
    let mut added = 0;
    for job in jobs {
        if !pending.query_row([Word(job.photo_id)], |row| row.get(0))? {
            add(change, job.photo_id, Kind::Reenqueue, &serde_json::to_string(job)?)?;
            added += 1;
        }
    }
    Ok(added)
}
