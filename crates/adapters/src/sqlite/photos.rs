//! Reading photos. The owner is part of every statement, so that nobody reads another's.

use photo_core::{
    id::{PhotoId, UserId},
    photo::Photo,
    port::{
        ErrorKind,
        metadata_store::{PhotoPage, PhotoQuery},
    },
};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    column::Word,
    error::StoreError,
    rows::{PHOTO_COLUMNS, photo_of, with_variants},
};

/// A photo of an owner.
pub(super) fn photo(connection: &Connection, owner: &UserId, id: PhotoId) -> Result<Photo, StoreError> {
    let sql = format!("SELECT {PHOTO_COLUMNS} FROM photos WHERE id = ?1 AND owner = ?2 AND status <> 'deleting'");
    let found = connection.prepare_cached(&sql)?.query_row(params![Word(id), Word(owner)], photo_of).optional()?;
    match found {
        Some(photo) => with_variants(connection, photo),
        None => Err(StoreError::Refused(ErrorKind::NotFound, format!("there is no photo {id}"))),
    }
}

/// A page of an owner's photos, newest first.
pub(super) fn photos(connection: &Connection, owner: &UserId, query: &PhotoQuery) -> Result<PhotoPage, StoreError> {
    if !(1..=PhotoQuery::MAX_LIMIT).contains(&query.limit) {
        let (limit, most) = (query.limit, PhotoQuery::MAX_LIMIT);
        return Err(StoreError::invalid(format!("limit: {limit} is out of bounds, use 1 to {most}")));
    }
    let of_status = if query.status.is_some() { "AND status = :status" } else { "AND :status IS NULL" };
    let after = if query.after.is_some() { "AND id < :after" } else { "AND :after IS NULL" };
    let sql = format!(
        "SELECT {PHOTO_COLUMNS} FROM photos WHERE owner = :owner {of_status} {after} \
         AND status NOT IN ('uploading', 'deleting') ORDER BY id DESC LIMIT :limit"
    );
    let limit = usize::from(query.limit);
    let mut photos: Vec<Photo> = connection
        .prepare_cached(&sql)?
        .query_map(
            rusqlite::named_params! {
                ":owner": Word(owner),
                ":status": query.status.map(Word),
                ":after": query.after.map(Word),
                ":limit": limit + 1,
            },
            photo_of,
        )?
        .collect::<rusqlite::Result<_>>()?;
    let has_more = photos.len() > limit;
    photos.truncate(limit);
    let photos = photos.into_iter().map(|photo| with_variants(connection, photo)).collect::<Result<_, _>>()?;
    Ok(PhotoPage { photos, has_more })
}
