//! Finishing a run: a compare-and-set on the live run, and with it everything that the run made.

use std::collections::BTreeSet;

use photo_core::{
    blob_key::BlobKey,
    event::{Completed, EventKind},
    photo::{PhotoStatus, Variant},
    processing_log::RunOutcome,
    run::{FinishOutcome, FinishRun},
};
use photo_runtime::guard::Guard;
use rusqlite::{Connection, params};

use super::{
    catalogue::{self, Ending},
    column::Word,
    error::StoreError,
    event::change_state,
    rows,
    runs::{self, RunEnd},
    works,
    writer::Change,
};

/// Completes the photo by this run, unless the run was fenced.
pub(super) fn finish(change: &Change<'_>, request: FinishRun) -> Result<FinishOutcome, StoreError> {
    check_variants(&request)?;
    let Some(mut photo) = rows::find_photo(change.connection, request.photo_id)? else {
        return Ok(FinishOutcome::Rejected);
    };
    if photo.finished_run == Some(request.run_id) {
        return Ok(FinishOutcome::Applied);
    }
    let work = works::load(change.connection, &photo)?;
    let is_live = photo.status == PhotoStatus::Processing && work.live_run == Some(request.run_id);
    if !is_live && Guard::CompareAndSet.stands() {
        return Ok(FinishOutcome::Rejected);
    }
    let busy = work.busy_milliseconds(change.now);
    replace_variants(change.connection, &request)?;
    let end = RunEnd { outcome: RunOutcome::Completed, failure: None, stages: &request.stage_log };
    runs::end(change, request.run_id, end)?;
    photo.status = PhotoStatus::Completed;
    photo.dimensions = request.dimensions;
    photo.metadata = request.metadata;
    photo.finished_run = Some(request.run_id);
    photo.failure = None;
    works::update(change.connection, &photo, &work.settled(PhotoStatus::Completed))?;
    catalogue::count(change.connection, &photo.pipeline, Ending::Completed, busy)?;
    let variants = request.variants.into_iter().map(|variant| variant.name).collect();
    change_state(change, &mut photo, Some(request.run_id), EventKind::Completed(Completed { variants }))?;
    Ok(FinishOutcome::Applied)
}

/// Outputs lie below the run's own prefix under their own names: a row never points at what another run wrote.
fn check_variants(request: &FinishRun) -> Result<(), StoreError> {
    let mut names = BTreeSet::new();
    for variant in &request.variants {
        let own = BlobKey::Derived {
            photo: request.photo_id,
            run: request.run_id,
            variant: variant.name.clone(),
            format: variant.format,
        };
        let key = &variant.location.key;
        if *key != own {
            return Err(StoreError::invalid(format!("variant `{}` lies at `{key}`, not at `{own}`", variant.name)));
        }
        if !names.insert(&variant.name) {
            return Err(StoreError::invalid(format!("two variants are named `{}`", variant.name)));
        }
    }
    Ok(())
}

/// The outputs of older runs are no longer referenced, and the sweep finds them.
fn replace_variants(connection: &Connection, request: &FinishRun) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM variants WHERE photo_id = ?1")?.execute([Word(request.photo_id)])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO variants \
         (photo_id, name, run_id, role, bucket, object_key, format, width, height, size_bytes, sha256) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    for Variant { name, role, location, format, width, height, size_bytes, sha256 } in &request.variants {
        insert.execute(params![
            Word(request.photo_id),
            Word(name),
            Word(request.run_id),
            Word(role),
            Word(location.bucket),
            Word(&location.key),
            Word(format),
            width,
            height,
            size_bytes,
            Word(sha256),
        ])?;
    }
    Ok(())
}
