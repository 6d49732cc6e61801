//! How far the metadata store and the object store agree, as the last sweep through both found it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{blob_key::BlobKey, id::PhotoId};

/// What the last sweep found. Nothing in it is repaired by itself, objects that no photo names apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsistencyReport {
    /// When the sweep came to its end.
    pub ended_at: Timestamp,
    /// Whether the database was restored and nobody has said yet that all is well: nothing is removed until then.
    pub restored: bool,
    /// Objects that no photo names and that are still there.
    pub unreferenced: u64,
    /// Objects below the platform's prefix that are not its own.
    pub foreign: u64,
    /// Objects that photos name and that are not there. Anything but 0 is a loss in the object store.
    pub missing_total: u64,
    /// The first of them, up to [`ConsistencyReport::SHOWN`].
    pub missing: Vec<MissingObject>,
}

/// An object that a photo names and that is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MissingObject {
    /// The photo.
    pub photo_id: PhotoId,
    /// The object's key below the platform's prefix.
    pub key: BlobKey,
}

impl ConsistencyReport {
    /// The most missing objects that are named.
    pub const SHOWN: usize = 100;
}
