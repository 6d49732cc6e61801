//! Beginning a run: the delivery is counted, older runs are fenced, poison is recognised.

use photo_core::{
    event::{EventKind, Failed, Started},
    failure::{Failure, FailureCode},
    id::RunId,
    photo::{Photo, PhotoStatus},
    processing_log::RunOutcome,
    run::{BeginRun, Begun, Run},
};

use super::{
    catalogue::{self, Ending},
    error::StoreError,
    event::change_state,
    hooks, rows, runs,
    works::{self, Work},
    writer::Change,
};

/// Deliveries without an outcome after which a photo is taken to kill its workers.
const DELIVERIES_UNSETTLED_MAX: u32 = 5;

/// Begins a run of the photo's newest generation, if it is still open.
pub(super) fn begin(change: &Change<'_>, request: BeginRun) -> Result<Begun, StoreError> {
    let Some(mut photo) = rows::find_photo(change.connection, request.photo_id)? else {
        return Ok(Begun::Superseded);
    };
    if let Some(refusal) = refusal(&photo, &request) {
        return Ok(refusal);
    }
    let before = works::load(change.connection, &photo)?;
    // Its worker went silent: a run that ends tells so before its job is delivered again.
    runs::end_live(change, &before, RunOutcome::Lost)?;
    let run = RunId::generate();
    let work = Work {
        status: PhotoStatus::Processing,
        deliveries: before.deliveries + 1,
        deliveries_unsettled: before.deliveries_unsettled + 1,
        live_run: Some(run),
        worker: Some(request.worker),
        begun_at: Some(change.now),
        next_attempt_at: None,
        ..before
    };
    if work.deliveries_unsettled > DELIVERIES_UNSETTLED_MAX {
        bury(change, &mut photo, work)?;
        return Ok(Begun::Dead);
    }
    start(change, photo, run, &work)
}

/// Why the job of `request` is not to be worked on.
fn refusal(photo: &Photo, request: &BeginRun) -> Option<Begun> {
    if photo.status == PhotoStatus::Deleting {
        return Some(Begun::Deleting);
    }
    // A generation that is not known yet can only come from a queue that outlived a restored database.
    if photo.generation != request.generation || photo.pipeline != request.pipeline {
        return Some(Begun::Superseded);
    }
    match photo.status {
        PhotoStatus::Queued | PhotoStatus::Processing => None,
        PhotoStatus::Completed | PhotoStatus::Failed => Some(Begun::Finished),
        PhotoStatus::Dead => Some(Begun::Dead),
        PhotoStatus::Cancelled => Some(Begun::Cancelled),
        PhotoStatus::Deleting => Some(Begun::Deleting),
        PhotoStatus::Uploading => Some(Begun::Superseded),
    }
}

fn start(change: &Change<'_>, mut photo: Photo, run: RunId, work: &Work) -> Result<Begun, StoreError> {
    photo.status = PhotoStatus::Processing;
    works::update(change.connection, &photo, work)?;
    runs::begin(change, &photo, run, work.deliveries)?;
    change_state(change, &mut photo, Some(run), EventKind::Started(Started { delivery: work.deliveries }))?;
    Ok(Begun::Run(Box::new(Run {
        id: run,
        photo_id: photo.id,
        pipeline: photo.pipeline,
        generation: photo.generation,
        delivery: work.deliveries,
        original: photo.original,
        sender: photo.sender,
    })))
}

fn bury(change: &Change<'_>, photo: &mut Photo, work: Work) -> Result<(), StoreError> {
    let status = PhotoStatus::Dead;
    let failure = Failure::new(FailureCode::Poison, "Processing this photo never came to an end, so it was given up.");
    photo.status = status;
    photo.failure = Some(failure.clone());
    hooks::note_death(change, photo, &work)?;
    works::update(change.connection, photo, &work.settled(status))?;
    catalogue::count(change.connection, &photo.pipeline, Ending::Failed, 0)?;
    change_state(change, photo, None, EventKind::Failed(Failed { status, is_final: true, failure }))
}
