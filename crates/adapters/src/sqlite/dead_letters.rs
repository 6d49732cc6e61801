//! Dead letters: the rows of photos that are `dead`, whoever owns them, and the three ways out.

use photo_core::{
    dead_letter::{DeadLetter, DeadLetterPage, DeadLetterQuery, DeadLetterRef, Discard, RetriedPage},
    event::{EventKind, Failed},
    failure::FailureCode,
    id::PhotoId,
    photo::{Photo, PhotoStatus},
    pipeline::PipelineName,
    port::ErrorKind,
};
use rusqlite::{Connection, OptionalExtension, Row, named_params, types::FromSqlError};

use super::{
    catalogue,
    column::{Moment, Word},
    delete,
    error::StoreError,
    event::change_state,
    reprocess,
    rows::{self, failure_of, word},
    works,
    writer::Change,
};

/// A dead letter's columns. The literal status makes SQLite use the indexes of the dead.
const DEAD_LETTERS: &str = "SELECT photos.id AS id, owner, photos.pipeline AS pipeline, photos.generation AS generation, \
     failure_code, failure_message, attempts_failed, deliveries, updated_at FROM photos \
     JOIN works ON works.photo_id = photos.id AND works.generation = photos.generation WHERE photos.status = 'dead'";

/// A page of dead letters, the newest photos first.
pub(super) fn page(connection: &Connection, query: &DeadLetterQuery) -> Result<DeadLetterPage, StoreError> {
    let DeadLetterQuery { pipeline, after, limit } = query;
    if !(1..=DeadLetterQuery::MAX_LIMIT).contains(limit) {
        let most = DeadLetterQuery::MAX_LIMIT;
        return Err(StoreError::invalid(format!("limit: {limit} is out of bounds, use 1 to {most}")));
    }
    let of_pipeline = if pipeline.is_some() { "AND photos.pipeline = :pipeline" } else { "AND :pipeline IS NULL" };
    let behind = if after.is_some() { "AND photos.id < :after" } else { "AND :after IS NULL" };
    let sql = format!("{DEAD_LETTERS} {of_pipeline} {behind} ORDER BY photos.id DESC LIMIT :limit");
    let limit = usize::from(*limit);
    let mut dead_letters: Vec<DeadLetter> = connection
        .prepare_cached(&sql)?
        .query_map(
            named_params! {
                ":pipeline": pipeline.as_ref().map(Word),
                ":after": after.map(Word),
                ":limit": limit + 1,
            },
            letter_of,
        )?
        .collect::<rusqlite::Result<_>>()?;
    let has_more = dead_letters.len() > limit;
    dead_letters.truncate(limit);
    Ok(DeadLetterPage { dead_letters, has_more })
}

/// The dead letter of a photo.
pub(super) fn find(connection: &Connection, id: PhotoId) -> Result<DeadLetter, StoreError> {
    let sql = format!("{DEAD_LETTERS} AND photos.id = ?1");
    let found = connection.prepare_cached(&sql)?.query_row([Word(id)], letter_of).optional()?;
    found.ok_or_else(|| StoreError::Refused(ErrorKind::NotFound, format!("there is no dead letter {id}")))
}

fn letter_of(row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
    let Moment(died_at) = row.get("updated_at")?;
    let without_failure = || FromSqlError::Other("a dead photo has no failure".into());
    Ok(DeadLetter {
        photo_id: word(row, "id")?,
        owner: word(row, "owner")?,
        pipeline: word(row, "pipeline")?,
        generation: row.get("generation")?,
        failure: failure_of(row)?.ok_or_else(without_failure)?,
        attempts: row.get("attempts_failed")?,
        deliveries: row.get("deliveries")?,
        died_at,
    })
}

/// How many dead letters each pipeline has that was ever in the catalogue.
pub(super) fn counts(connection: &Connection) -> Result<Vec<(PipelineName, u64)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT name, (SELECT count(*) FROM photos WHERE pipeline = name AND status = 'dead') AS dead FROM pipelines",
    )?;
    let counts = statement.query_map([], |row| Ok((word(row, "name")?, row.get("dead")?)))?;
    Ok(counts.collect::<rusqlite::Result<_>>()?)
}

/// Retries a dead letter, or finds it where that was done before.
pub(super) fn retry(change: &Change<'_>, letter: DeadLetterRef) -> Result<(), StoreError> {
    let mut photo = find_photo(change, letter.photo_id)?;
    let is_there = photo.status != PhotoStatus::Deleting;
    if is_there && photo.generation == letter.generation.saturating_add(1) {
        return Ok(());
    }
    require_dead(&photo, letter)?;
    reprocess::begin_next(change, &mut photo)
}

/// Retries what can be retried of a page.
pub(super) fn retry_page(change: &Change<'_>, query: &DeadLetterQuery) -> Result<RetriedPage, StoreError> {
    let DeadLetterPage { dead_letters, has_more } = page(change.connection, query)?;
    let next = if has_more { dead_letters.last().map(|letter| letter.photo_id) } else { None };
    let (mut retried, mut skipped) = (Vec::new(), Vec::new());
    for DeadLetter { photo_id, pipeline, .. } in dead_letters {
        if catalogue::open_queue(change.connection, &pipeline)?.is_none() {
            skipped.push(photo_id);
            continue;
        }
        reprocess::begin_next(change, &mut find_photo(change, photo_id)?)?;
        retried.push(photo_id);
    }
    Ok(RetriedPage { retried, skipped, next })
}

/// Discards a dead letter, or finds it where that was done before.
pub(super) fn discard(change: &Change<'_>, letter: DeadLetterRef, discard: Discard) -> Result<(), StoreError> {
    let photo = find_photo(change, letter.photo_id)?;
    match discard {
        Discard::KeepPhoto if was_discarded(&photo, letter) => Ok(()),
        Discard::KeepPhoto => {
            require_dead(&photo, letter)?;
            end_as_failed(change, photo)
        }
        Discard::DeletePhoto if photo.status == PhotoStatus::Deleting => Ok(()),
        Discard::DeletePhoto => {
            require_dead(&photo, letter)?;
            delete::take_away(change, photo)
        }
    }
}

/// Only a dead letter leaves a failure of these codes behind: a photo that fails by itself has another.
fn was_discarded(photo: &Photo, letter: DeadLetterRef) -> bool {
    let code = photo.failure.as_ref().map(|failure| failure.code);
    let has_died = matches!(code, Some(FailureCode::AttemptsExhausted | FailureCode::Poison));
    photo.status == PhotoStatus::Failed && photo.generation == letter.generation && has_died
}

/// The pipeline has counted it as failed when it died.
fn end_as_failed(change: &Change<'_>, mut photo: Photo) -> Result<(), StoreError> {
    let status = PhotoStatus::Failed;
    let work = works::load(change.connection, &photo)?;
    works::update(change.connection, &photo, &work.settled(status))?;
    photo.status = status;
    let failure = photo.failure.clone();
    let failure = failure.ok_or_else(|| StoreError::conflict(format!("photo {} has no failure", photo.id)))?;
    change_state(change, &mut photo, None, EventKind::Failed(Failed { status, is_final: true, failure }))
}

fn find_photo(change: &Change<'_>, id: PhotoId) -> Result<Photo, StoreError> {
    rows::find_photo(change.connection, id)?.ok_or_else(|| no_photo(id))
}

fn no_photo(id: PhotoId) -> StoreError {
    StoreError::Refused(ErrorKind::NotFound, format!("there is no photo {id}"))
}

fn require_dead(photo: &Photo, letter: DeadLetterRef) -> Result<(), StoreError> {
    let Photo { id, generation, status, .. } = photo;
    if *status == PhotoStatus::Deleting {
        return Err(no_photo(*id));
    }
    if *generation != letter.generation {
        return Err(StoreError::conflict(format!("photo {id} is in generation {generation}")));
    }
    if *status != PhotoStatus::Dead {
        return Err(StoreError::conflict(format!("photo {id} is {}, not dead", status.as_str())));
    }
    Ok(())
}
