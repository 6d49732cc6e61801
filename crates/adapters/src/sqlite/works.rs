//! The processing of one generation of a photo: its deliveries, its failed attempts and the run that may write.

use jiff::Timestamp;
use photo_core::{
    id::{PhotoId, RunId},
    photo::{Photo, PhotoStatus},
    run::FailDecision,
};
use rusqlite::{Connection, named_params, params};

use super::{
    column::{Moment, Word},
    error::StoreError,
};

/// What has happened to a generation so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Work {
    pub(super) status: PhotoStatus,
    pub(super) deliveries: u32,
    /// Deliveries since the last one that ended in a decision.
    pub(super) deliveries_unsettled: u32,
    pub(super) attempts_failed: u32,
    /// The one run that may write.
    pub(super) live_run: Option<RunId>,
    /// The worker of the last run, for the operator's eyes.
    pub(super) worker: Option<String>,
    /// When the last run began.
    pub(super) begun_at: Option<Timestamp>,
    pub(super) next_attempt_at: Option<Timestamp>,
    /// The last run that failed, and the answer that it got.
    pub(super) failed: Option<(RunId, FailDecision)>,
}

impl Work {
    /// How long the live run has been running. A clock that was set back makes it 0, never less.
    pub(super) fn busy_milliseconds(&self, now: Timestamp) -> u64 {
        let begun = self.begun_at.unwrap_or(now);
        u64::try_from(now.as_millisecond().saturating_sub(begun.as_millisecond())).unwrap_or(0)
    }

    /// The work after its live run has ended.
    pub(super) fn settled(self, status: PhotoStatus) -> Self {
        Self { status, live_run: None, deliveries_unsettled: 0, next_attempt_at: None, ..self }
    }
}

/// Adds the work of a photo's newest generation.
pub(super) fn insert(connection: &Connection, photo: &Photo) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO works (photo_id, generation, pipeline, status) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![Word(photo.id), photo.generation, Word(&photo.pipeline), Word(photo.status)])?;
    Ok(())
}

/// The work of a photo's newest generation.
pub(super) fn load(connection: &Connection, photo: &Photo) -> Result<Work, StoreError> {
    let (work, decision) = connection
        .prepare_cached(
            "SELECT status, deliveries, deliveries_unsettled, attempts_failed, live_run, worker, begun_at, \
             next_attempt_at, failed_run, failed_decision FROM works WHERE photo_id = ?1 AND generation = ?2",
        )?
        .query_row(params![Word(photo.id), photo.generation], |row| {
            let Word(status) = row.get("status")?;
            let work = Work {
                status,
                deliveries: row.get("deliveries")?,
                deliveries_unsettled: row.get("deliveries_unsettled")?,
                attempts_failed: row.get("attempts_failed")?,
                live_run: row.get::<_, Option<Word<_>>>("live_run")?.map(|Word(run)| run),
                worker: row.get("worker")?,
                begun_at: row.get::<_, Option<Moment>>("begun_at")?.map(|Moment(time)| time),
                next_attempt_at: row.get::<_, Option<Moment>>("next_attempt_at")?.map(|Moment(time)| time),
                failed: None,
            };
            let run = row.get::<_, Option<Word<RunId>>>("failed_run")?;
            Ok((work, run.zip(row.get::<_, Option<String>>("failed_decision")?)))
        })?;
    let failed = match decision {
        Some((Word(run), decision)) => Some((run, serde_json::from_str(&decision)?)),
        None => None,
    };
    Ok(Work { failed, ..work })
}

/// Whether a run is the one that may write.
pub(super) fn is_live(connection: &Connection, photo: PhotoId, run: RunId) -> Result<bool, StoreError> {
    let live = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM works WHERE photo_id = ?1 AND live_run = ?2)")?
        .query_row(params![Word(photo), Word(run)], |row| row.get(0))?;
    Ok(live)
}

/// Stores the work of a photo's newest generation.
pub(super) fn update(connection: &Connection, photo: &Photo, work: &Work) -> Result<(), StoreError> {
    let decision = work.failed.as_ref().map(|(_, decision)| serde_json::to_string(decision)).transpose()?;
    connection
        .prepare_cached(
            "UPDATE works SET status = :status, deliveries = :deliveries, \
             deliveries_unsettled = :deliveries_unsettled, attempts_failed = :attempts_failed, live_run = :live_run, \
             worker = :worker, begun_at = :begun_at, next_attempt_at = :next_attempt_at, failed_run = :failed_run, \
             failed_decision = :failed_decision WHERE photo_id = :photo_id AND generation = :generation",
        )?
        .execute(named_params! {
            ":photo_id": Word(photo.id),
            ":generation": photo.generation,
            ":status": Word(work.status),
            ":deliveries": work.deliveries,
            ":deliveries_unsettled": work.deliveries_unsettled,
            ":attempts_failed": work.attempts_failed,
            ":live_run": work.live_run.map(Word),
            ":worker": work.worker,
            ":begun_at": work.begun_at.map(Moment),
            ":next_attempt_at": work.next_attempt_at.map(Moment),
            ":failed_run": work.failed.as_ref().map(|(run, _)| Word(*run)),
            ":failed_decision": decision,
        })?;
    Ok(())
}
