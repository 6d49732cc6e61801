//! Cancelling an open photo: its run is fenced, and its job leaves the queue.

use photo_core::{
    event::{Cancelled, EventKind},
    id::{PhotoId, UserId},
    job::Job,
    photo::{Photo, PhotoStatus},
};

use super::{error::StoreError, event::change_state, outbox, rows, runs, works, writer::Change};

/// Cancels a photo that is open, or finds it where it was cancelled before.
pub(super) fn cancel(change: &Change<'_>, owner: &UserId, id: PhotoId) -> Result<Photo, StoreError> {
    let mut photo = rows::find_own(change.connection, owner, id)?;
    match photo.status {
        PhotoStatus::Queued | PhotoStatus::Processing => {}
        PhotoStatus::Cancelled => return rows::with_variants(change.connection, photo),
        PhotoStatus::Uploading
        | PhotoStatus::Completed
        | PhotoStatus::Failed
        | PhotoStatus::Dead
        | PhotoStatus::Deleting => {
            return Err(StoreError::conflict(format!("photo {id} is {} already", photo.status.as_str())));
        }
    }
    let work = works::load(change.connection, &photo)?;
    let run = runs::cancel_live(change, &photo, &work)?;
    photo.status = PhotoStatus::Cancelled;
    photo.next_attempt_at = None;
    works::update(change.connection, &photo, &work.settled(photo.status))?;
    change_state(change, &mut photo, run, EventKind::Cancelled(Cancelled {}))?;
    outbox::add_remove(change, &Job::of(&photo))?;
    rows::with_variants(change.connection, photo)
}
