//! State events: each change of a photo's state is numbered and told in the transaction that makes it true.

use jiff::Timestamp;
use photo_core::{
    event::{Event, EventKind},
    id::{EventId, RunId},
    photo::Photo,
};

use super::{error::StoreError, outbox, rows::update_photo, writer::Change};

/// Stores the photo's new state together with the event that tells of it.
pub(super) fn change_state(
    change: &Change<'_>,
    photo: &mut Photo,
    run: Option<RunId>,
    kind: EventKind,
) -> Result<(), StoreError> {
    let event = next_event(photo, run, kind, change.now);
    update_photo(change.connection, photo)?;
    outbox::add_event(change, &event)
}

/// The next event of a photo, which takes its number.
pub(super) fn next_event(photo: &mut Photo, run: Option<RunId>, kind: EventKind, now: Timestamp) -> Event {
    photo.seq += 1;
    photo.updated_at = now;
    Event {
        id: EventId::generate(),
        photo_id: photo.id,
        sender: photo.sender.clone().into(),
        pipeline: photo.pipeline.clone(),
        generation: photo.generation,
        run,
        seq: Some(photo.seq),
        time: now,
        kind,
    }
}
