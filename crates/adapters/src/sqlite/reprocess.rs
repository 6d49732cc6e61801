//! Processing a photo again: a compare-and-set on its generation, and with it the work, the event and the job.

use photo_core::{
    event::{EventKind, Queued},
    job::Job,
    photo::{Photo, PhotoStatus},
    port::metadata_store::Reprocess,
};

use super::{catalogue, error::StoreError, event::change_state, outbox, rows, works, writer::Change};

/// Begins the next generation of a photo that has ended, or finds it where that was done before.
pub(super) fn reprocess(change: &Change<'_>, request: Reprocess) -> Result<Photo, StoreError> {
    let Reprocess { owner, photo_id, generation, pipeline, priority } = request;
    let mut photo = rows::find_own(change.connection, &owner, photo_id)?;
    let next = generation.saturating_add(1);
    if photo.generation == next {
        return rows::with_variants(change.connection, photo);
    }
    if photo.generation != generation {
        return Err(StoreError::conflict(format!("photo {photo_id} is in generation {}", photo.generation)));
    }
    if !photo.status.is_terminal() {
        return Err(StoreError::conflict(format!("photo {photo_id} is still {}", photo.status.as_str())));
    }
    photo.pipeline = pipeline.unwrap_or(photo.pipeline);
    photo.priority = priority.unwrap_or(photo.priority);
    begin_next(change, &mut photo)?;
    rows::with_variants(change.connection, photo)
}

/// Begins the next generation of a photo that has ended, with its pipeline and priority.
pub(super) fn begin_next(change: &Change<'_>, photo: &mut Photo) -> Result<(), StoreError> {
    let pipeline = &photo.pipeline;
    if catalogue::open_queue(change.connection, pipeline)?.is_none() {
        return Err(StoreError::invalid(format!("there is no pipeline `{pipeline}`")));
    }
    photo.generation = photo.generation.saturating_add(1);
    photo.status = PhotoStatus::Queued;
    photo.failure = None;
    works::insert(change.connection, photo)?;
    let queued = Queued { priority: photo.priority };
    change_state(change, photo, None, EventKind::Queued(queued))?;
    outbox::add_enqueue(change, &Job::of(photo))
}
