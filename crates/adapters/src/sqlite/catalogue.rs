//! The pipelines that take photos, and the totals of all pipelines that ever did. Totals never fall.

use photo_core::{
    pipeline::{CatalogueEntry, PipelineName, PipelineState, QueueSpec},
    port::metadata_store::PipelineCounts,
};
use rusqlite::{Connection, OptionalExtension, params};

use super::{column::Word, error::StoreError, rows::word, writer::Change};

/// What a pipeline has done since the store was made.
#[derive(Debug, Clone, PartialEq)]
pub struct PipelineTotals {
    /// Which pipeline.
    pub pipeline: PipelineName,
    /// Whether it takes photos; the totals of one that was removed are kept.
    pub in_catalogue: bool,
    /// Jobs that were handed to the queue, repetitions apart.
    pub enqueued_total: u64,
    /// Photos that ended well.
    pub completed_total: u64,
    /// Photos that ended as `failed` or `dead`.
    pub failed_total: u64,
    /// Seconds between the begin and the end of runs.
    pub busy_seconds_total: f64,
}

/// How a run ended, as the totals count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Completed,
    Failed,
    /// Another run follows.
    None,
}

/// How the jobs of a pipeline are queued, if it takes photos.
pub(super) fn open_queue(connection: &Connection, pipeline: &PipelineName) -> Result<Option<QueueSpec>, StoreError> {
    let found = connection
        .prepare_cached("SELECT queue FROM pipelines WHERE name = ?1 AND in_catalogue = 1")?
        .query_row([Word(pipeline)], |row| row.get::<_, String>(0))
        .optional()?;
    Ok(found.map(|queue| serde_json::from_str(&queue)).transpose()?)
}

/// How the jobs of a pipeline are queued; also of one that takes no photos any more, but has open ones.
pub(super) fn queue(connection: &Connection, pipeline: &PipelineName) -> Result<QueueSpec, StoreError> {
    let queue: String = connection
        .prepare_cached("SELECT queue FROM pipelines WHERE name = ?1")?
        .query_row([Word(pipeline)], |row| row.get(0))?;
    Ok(serde_json::from_str(&queue)?)
}

/// Wakes the relay too, which brings the queue into its state.
pub(super) fn put(change: &Change<'_>, pipeline: &PipelineName, entry: &CatalogueEntry) -> Result<(), StoreError> {
    entry.validate().map_err(|error| StoreError::invalid(error.to_string()))?;
    let CatalogueEntry { queue, state } = entry;
    change
        .connection
        .prepare_cached(
            "INSERT INTO pipelines (name, in_catalogue, queue, state) VALUES (?1, 1, ?2, ?3) \
             ON CONFLICT (name) DO UPDATE SET in_catalogue = 1, queue = excluded.queue, state = excluded.state",
        )?
        .execute(params![Word(pipeline), serde_json::to_string(queue)?, Word(state)])?;
    change.outbox_filled();
    Ok(())
}

/// Wakes the relay too: nobody could resume the queue of a pipeline that is gone.
pub(super) fn remove(change: &Change<'_>, pipeline: &PipelineName) -> Result<(), StoreError> {
    change
        .connection
        .prepare_cached("UPDATE pipelines SET in_catalogue = 0, state = 'Running' WHERE name = ?1")?
        .execute([Word(pipeline)])?;
    change.outbox_filled();
    Ok(())
}

/// Whether the queue of each pipeline that was ever in the catalogue gives out jobs.
pub(super) fn queue_states(connection: &Connection) -> Result<Vec<(PipelineName, PipelineState)>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT name, state FROM pipelines")?;
    let states = statement.query_map([], |row| Ok((word(row, "name")?, word(row, "state")?)))?;
    Ok(states.collect::<rusqlite::Result<_>>()?)
}

/// Counts the end of a run that took that long.
pub(super) fn count(
    connection: &Connection,
    pipeline: &PipelineName,
    ending: Ending,
    busy_milliseconds: u64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE pipelines SET completed_total = completed_total + ?2, failed_total = failed_total + ?3, \
             busy_milliseconds_total = busy_milliseconds_total + ?4 WHERE name = ?1",
        )?
        .execute(params![Word(pipeline), ending == Ending::Completed, ending == Ending::Failed, busy_milliseconds])?;
    Ok(())
}

/// Counts a job that was handed to the queue for the first time.
pub(super) fn count_enqueued(connection: &Connection, pipeline: &PipelineName) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE pipelines SET enqueued_total = enqueued_total + 1 WHERE name = ?1")?
        .execute([Word(pipeline)])?;
    Ok(())
}

/// The catalogue by name, with the numbers of each pipeline.
pub(super) fn counts(connection: &Connection) -> Result<Vec<PipelineCounts>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT name, completed_total, failed_total, iif(in_catalogue = 1, state, 'Removed') AS standing, \
         (SELECT count(*) FROM works WHERE pipeline = name AND status = 'queued') AS queued, \
         (SELECT count(*) FROM works WHERE pipeline = name AND status = 'processing') AS processing, \
         (SELECT count(*) FROM photos WHERE pipeline = name AND status = 'dead') AS dead \
         FROM pipelines WHERE in_catalogue = 1 \
         OR EXISTS (SELECT 1 FROM photos WHERE pipeline = name AND status = 'dead') \
         OR EXISTS (SELECT 1 FROM works WHERE pipeline = name AND status IN ('queued', 'processing')) ORDER BY name",
    )?;
    let counts = statement.query_map([], |row| {
        Ok(PipelineCounts {
            pipeline: word(row, "name")?,
            state: word(row, "standing")?,
            queued: row.get("queued")?,
            processing: row.get("processing")?,
            dead: row.get("dead")?,
            completed_total: row.get("completed_total")?,
            failed_total: row.get("failed_total")?,
        })
    })?;
    Ok(counts.collect::<rusqlite::Result<_>>()?)
}

/// The totals of every pipeline that was ever added, by name.
pub(super) fn totals(connection: &Connection) -> Result<Vec<PipelineTotals>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT * FROM pipelines ORDER BY name")?;
    let totals = statement.query_map([], |row| {
        let busy = std::time::Duration::from_millis(row.get("busy_milliseconds_total")?);
        Ok(PipelineTotals {
            pipeline: word(row, "name")?,
            in_catalogue: row.get("in_catalogue")?,
            enqueued_total: row.get("enqueued_total")?,
            completed_total: row.get("completed_total")?,
            failed_total: row.get("failed_total")?,
            busy_seconds_total: busy.as_secs_f64(),
        })
    })?;
    Ok(totals.collect::<rusqlite::Result<_>>()?)
}
