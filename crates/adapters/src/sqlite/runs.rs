//! The log of a photo's runs: each from its begin to what was decided about it, the newest only.

use jiff::Timestamp;
use photo_core::{
    failure::Failure,
    id::{PhotoId, RunId},
    photo::Photo,
    processing_log::{LoggedRun, ProcessingLog, RunOutcome},
    run::StageRecord,
};
use rusqlite::{Connection, Row, params};

use super::{
    catalogue::{self, Ending},
    column::{Moment, Word},
    error::StoreError,
    rows::{failure_of, optional_word, word},
    works::Work,
    writer::Change,
};

/// How a run ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunEnd<'a> {
    pub(super) outcome: RunOutcome,
    pub(super) failure: Option<&'a Failure>,
    pub(super) stages: &'a [StageRecord],
}

/// Notes the begin of a photo's newest run. Runs above [`ProcessingLog::RUNS_MAX`] are forgotten, with their stages.
pub(super) fn begin(change: &Change<'_>, photo: &Photo, run: RunId, delivery: u32) -> Result<(), StoreError> {
    let insert = "INSERT INTO runs (run_id, photo_id, generation, delivery, pipeline, begun_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    change.connection.prepare_cached(insert)?.execute(params![
        Word(run),
        Word(photo.id),
        photo.generation,
        delivery,
        Word(&photo.pipeline),
        Moment(change.now),
    ])?;
    change
        .connection
        .prepare_cached(
            "DELETE FROM runs WHERE run_id IN (SELECT run_id FROM runs WHERE photo_id = ?1 \
             ORDER BY generation DESC, delivery DESC LIMIT -1 OFFSET ?2)",
        )?
        .execute(params![Word(photo.id), ProcessingLog::RUNS_MAX])?;
    Ok(())
}

/// Notes the end of a run.
pub(super) fn end(change: &Change<'_>, run: RunId, end: RunEnd<'_>) -> Result<(), StoreError> {
    let RunEnd { outcome, failure, stages } = end;
    let update =
        "UPDATE runs SET ended_at = ?2, outcome = ?3, failure_code = ?4, failure_message = ?5 WHERE run_id = ?1";
    change.connection.prepare_cached(update)?.execute(params![
        Word(run),
        Moment(change.now),
        Word(outcome),
        failure.map(|failure| Word(failure.code)),
        failure.map(|failure| &failure.message),
    ])?;
    let mut insert = change.connection.prepare_cached(
        "INSERT INTO stage_log (run_id, place, stage, status, milliseconds, error) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (place, record) in stages.iter().enumerate() {
        let StageRecord { stage, status, milliseconds, error } = record;
        insert.execute(params![Word(run), place, Word(stage), Word(status), milliseconds, error])?;
    }
    Ok(())
}

/// Notes that the live run, if there is one, was fenced before it could say how it ended.
pub(super) fn end_live(change: &Change<'_>, work: &Work, outcome: RunOutcome) -> Result<(), StoreError> {
    match work.live_run {
        Some(run) => end(change, run, RunEnd { outcome, failure: None, stages: &[] }),
        None => Ok(()),
    }
}

/// Ends the live run of a photo that its owner takes back. Returns the run, if there was one.
pub(super) fn cancel_live(change: &Change<'_>, photo: &Photo, work: &Work) -> Result<Option<RunId>, StoreError> {
    end_live(change, work, RunOutcome::Cancelled)?;
    if work.live_run.is_some() {
        catalogue::count(change.connection, &photo.pipeline, Ending::None, work.busy_milliseconds(change.now))?;
    }
    Ok(work.live_run)
}

/// When a run of the photo was last fenced: its worker may write for a moment after that, until it has learned of it.
pub(super) fn last_fenced(connection: &Connection, photo: PhotoId) -> Result<Option<Timestamp>, StoreError> {
    let last: Option<Moment> = connection
        .prepare_cached("SELECT max(ended_at) FROM runs WHERE photo_id = ?1 AND outcome IN (?2, ?3)")?
        .query_row(params![Word(photo), Word(RunOutcome::Lost), Word(RunOutcome::Cancelled)], |row| row.get(0))?;
    Ok(last.map(|Moment(time)| time))
}

/// The runs of a photo that are kept.
pub(super) fn log(connection: &Connection, photo: PhotoId) -> Result<ProcessingLog, StoreError> {
    let mut runs: Vec<LoggedRun> = connection
        .prepare_cached("SELECT * FROM runs WHERE photo_id = ?1 ORDER BY generation, delivery")?
        .query_map([Word(photo)], run_of)?
        .collect::<rusqlite::Result<_>>()?;
    for run in &mut runs {
        run.stages = stages(connection, run.run_id)?;
    }
    Ok(ProcessingLog { runs })
}

fn run_of(row: &Row<'_>) -> rusqlite::Result<LoggedRun> {
    let Moment(begun_at) = row.get("begun_at")?;
    Ok(LoggedRun {
        run_id: word(row, "run_id")?,
        generation: row.get("generation")?,
        pipeline: word(row, "pipeline")?,
        delivery: row.get("delivery")?,
        begun_at,
        ended_at: row.get::<_, Option<Moment>>("ended_at")?.map(|Moment(time)| time),
        outcome: optional_word(row, "outcome")?,
        failure: failure_of(row)?,
        stages: Vec::new(),
    })
}

fn stages(connection: &Connection, run: RunId) -> Result<Vec<StageRecord>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT * FROM stage_log WHERE run_id = ?1 ORDER BY place")?;
    let stages = statement.query_map([Word(run)], |row| {
        Ok(StageRecord {
            stage: word(row, "stage")?,
            status: word(row, "status")?,
            milliseconds: row.get("milliseconds")?,
            error: row.get("error")?,
        })
    })?;
    Ok(stages.collect::<rusqlite::Result<_>>()?)
}
