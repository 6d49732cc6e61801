//! What the sweep knows of objects that no row names: since when, and which of them are condemned.
//!
//! An object is stored before its row is committed, so one without a row may be about to get one. Its age counts from when
//! it was first seen here, since the clock of the object store is another. The key of one that is too old is condemned
//! in the transaction that finds it without a row; from then on no row may name it, and it can be removed.

use jiff::{SignedDuration, Timestamp};
use photo_core::{blob_key::BlobKey, port::PortError};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    SqliteMetadata,
    column::{Moment, Word},
    error::StoreError,
    guard, works,
    writer::Change,
};

/// How long a condemned key is remembered at least: longer than any process that stored it may have stood still.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is not given up, however long no row has named it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spared {
    /// Nothing.
    Nothing,
    /// Uploaded bytes.
    Originals,
}

/// What is to be done with objects that were looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// No row names them or ever will: they can go.
    pub condemned: Vec<BlobKey>,
    /// No row names them, yet or for ever, and they stay.
    pub waiting: usize,
}

impl SqliteMetadata {
    /// Judges objects that a listing has shown. One that no row has named for `grace` is condemned, unless it is
    /// `spared` or the database was restored.
    pub async fn judge(&self, seen: Vec<BlobKey>, grace: SignedDuration, spared: Spared) -> Result<Judged, PortError> {
        // Nearly all are named: the writer is not asked about them.
        let unnamed = move |connection: &Connection| {
            let mut unnamed = Vec::new();
            for key in seen {
                if !is_named(connection, &key)? {
                    unnamed.push(key);
                }
            }
            Ok(unnamed)
        };
        let unnamed = self.readers.read("look for the rows of objects", unnamed).await?;
        if unnamed.is_empty() {
            return Ok(Judged::default());
        }
        self.writer.write("judge objects", move |change| judge(change, unnamed, grace, spared)).await
    }

    /// Forgets what was seen so long ago that it matters no more. Returns how much that was.
    pub async fn forget_unreferenced(&self, grace: SignedDuration) -> Result<usize, PortError> {
        self.writer.write("forget objects", move |change| forget(change, grace)).await
    }
}

fn judge(
    change: &Change<'_>,
    unnamed: Vec<BlobKey>,
    grace: SignedDuration,
    spared: Spared,
) -> Result<Judged, StoreError> {
    let restored = guard::find(change.connection)?.is_some();
    let mut judged = Judged::default();
    for key in unnamed {
        // It may have been named since the readers looked.
        if is_named(change.connection, &key)? {
            change
                .connection
                .prepare_cached("DELETE FROM unreferenced WHERE object_key = ?1")?
                .execute([Word(&key)])?;
            continue;
        }
        let first_seen_at = notice(change, &key, grace)?;
        let stays = restored || (spared == Spared::Originals && matches!(key, BlobKey::Original { .. }));
        if !stays && condemn(change, &key, first_seen_at, grace)? {
            judged.condemned.push(key);
        } else {
            judged.waiting += 1;
        }
    }
    Ok(judged)
}

/// Notes an object that no row names. Returns since when it is known. That is never further ahead than the grace: then the
/// clock was ahead when it was seen, and it is as if it were seen now.
fn notice(change: &Change<'_>, key: &BlobKey, grace: SignedDuration) -> Result<Timestamp, StoreError> {
    let horizon = change.now.saturating_add(grace).unwrap_or(Timestamp::MAX);
    let first = "INSERT INTO unreferenced (object_key, first_seen_at) VALUES (?1, ?2) \
         ON CONFLICT (object_key) DO UPDATE SET first_seen_at = iif(first_seen_at > ?3, ?2, first_seen_at) \
         RETURNING first_seen_at";
    let Moment(first_seen_at) = change
        .connection
        .prepare_cached(first)?
        .query_row(params![Word(key), Moment(change.now), Moment(horizon)], |row| row.get(0))?;
    Ok(first_seen_at)
}

/// Gives an object up whose time is over. Whether it is condemned by now.
fn condemn(
    change: &Change<'_>,
    key: &BlobKey,
    first_seen_at: Timestamp,
    grace: SignedDuration,
) -> Result<bool, StoreError> {
    if change.now.duration_since(first_seen_at) >= grace {
        let update = "UPDATE unreferenced SET condemned_at = coalesce(condemned_at, ?2) WHERE object_key = ?1";
        change.connection.prepare_cached(update)?.execute(params![Word(key), Moment(change.now)])?;
    }
    is_condemned(change.connection, key)
}

/// Whether the sweep may remove an object at any moment.
pub(super) fn is_condemned(connection: &Connection, key: &BlobKey) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM unreferenced WHERE object_key = ?1 AND condemned_at IS NOT NULL";
    let found: Option<i64> = connection.prepare_cached(sql)?.query_row([Word(key)], |row| row.get(0)).optional()?;
    Ok(found.is_some())
}

/// Whether a row names an object, or a run may still come to name it.
fn is_named(connection: &Connection, key: &BlobKey) -> Result<bool, StoreError> {
    let (photo, sql) = match key {
        BlobKey::Original { photo, .. } => {
            (photo, "SELECT EXISTS (SELECT 1 FROM photos WHERE id = ?1 AND object_key = ?2)")
        }
        BlobKey::Derived { photo, run, .. } => {
            if works::is_live(connection, *photo, *run)? {
                return Ok(true);
            }
            (photo, "SELECT EXISTS (SELECT 1 FROM variants WHERE photo_id = ?1 AND object_key = ?2)")
        }
        // No photo is to name them, and they stay for other reasons.
        BlobKey::Quarantined { .. } | BlobKey::Backup { .. } => return Ok(true),
    };
    Ok(connection.prepare_cached(sql)?.query_row(params![Word(photo), Word(key)], |row| row.get(0))?)
}

fn forget(change: &Change<'_>, grace: SignedDuration) -> Result<usize, StoreError> {
    // What the copy of a restored database had given up stays refused for as long as that is not settled.
    if guard::find(change.connection)?.is_some() {
        return Ok(0);
    }
    let kept = REMEMBERED.max(grace.saturating_mul(2));
    let before: Timestamp = change.now.saturating_sub(kept).unwrap_or(Timestamp::MIN);
    let sql = "DELETE FROM unreferenced WHERE max(first_seen_at, coalesce(condemned_at, first_seen_at)) < ?1";
    Ok(change.connection.prepare_cached(sql)?.execute([Moment(before)])?)
}
