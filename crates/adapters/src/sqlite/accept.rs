//! Accepting a photo: its row, its work, its first event and its job, together or not at all.

use photo_core::{
    blob_key::BlobKey,
    event::{EventKind, Uploaded},
    job::Job,
    photo::{NewPhoto, Photo, PhotoStatus},
    port::metadata_store::Accepted,
};
use photo_runtime::guard::Guard;

use super::{catalogue, error::StoreError, event::next_event, outbox, repeat, rows, sweep, works, writer::Change};

/// Accepts a photo, or finds it where it was accepted before: also after its pipeline was removed.
pub(super) fn accept(change: &Change<'_>, new: NewPhoto) -> Result<Accepted, StoreError> {
    if let Some(photo) = rows::find_photo(change.connection, new.id)? {
        return repeated(change, photo, &new);
    }
    if let Some(photo) = repeat::earlier(change.connection, &new)? {
        if photo.original.sha256 != new.original.sha256 {
            return Ok(Accepted::KeyReused);
        }
        return repeated(change, photo, &new);
    }
    let original = &new.original.location.key;
    if !matches!(original, BlobKey::Original { photo, .. } if *photo == new.id) {
        return Err(StoreError::invalid(format!("`{original}` is not an original of photo {}", new.id)));
    }
    if Guard::CondemnedKeys.stands() && sweep::is_condemned(change.connection, original)? {
        return Ok(Accepted::Condemned);
    }
    let Some(queue) = catalogue::open_queue(change.connection, &new.pipeline)? else {
        return Err(StoreError::invalid(format!("there is no pipeline `{}`", new.pipeline)));
    };
    let uploaded = Uploaded { file_name: new.file_name.clone(), size_bytes: new.original.size_bytes };
    let mut photo = Photo {
        id: new.id,
        sender: new.sender,
        file_name: new.file_name,
        original: new.original,
        pipeline: new.pipeline,
        priority: new.priority.unwrap_or(queue.priority),
        generation: 1,
        status: PhotoStatus::Queued,
        seq: 0,
        dimensions: None,
        metadata: None,
        variants: Vec::new(),
        finished_run: None,
        next_attempt_at: None,
        failure: None,
        created_at: change.now,
        updated_at: change.now,
    };
    let event = next_event(&mut photo, None, EventKind::Uploaded(uploaded), change.now);
    rows::insert_photo(change.connection, &photo)?;
    works::insert(change.connection, &photo)?;
    if let Some(repeatable) = &new.repeatable {
        repeat::remember(change, &photo, repeatable)?;
    }
    outbox::add_event(change, &event)?;
    outbox::add_enqueue(change, &Job::of(&photo))?;
    Ok(Accepted::Created(Box::new(photo)))
}

fn repeated(change: &Change<'_>, photo: Photo, new: &NewPhoto) -> Result<Accepted, StoreError> {
    if photo.sender.user != new.sender.user || photo.status == PhotoStatus::Deleting {
        return Err(StoreError::conflict(format!("the photo id {} is taken", new.id)));
    }
    Ok(Accepted::Repeated(Box::new(rows::with_variants(change.connection, photo)?)))
}
