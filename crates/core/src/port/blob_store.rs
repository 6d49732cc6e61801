//! Where bytes are kept.

use std::path::PathBuf;

use async_trait::async_trait;
use bytes::Bytes;
use futures::{TryStreamExt, stream::BoxStream};

use super::PortError;
use crate::{
    blob_key::{BlobKey, BlobLocation, BlobScope, BucketPurpose},
    media_type::MediaType,
};

/// Bytes to store. Both forms can be read again, so that a failed attempt can be repeated.
#[derive(Debug, Clone)]
pub enum BlobBody {
    /// Bytes in memory.
    Bytes(Bytes),
    /// A file that stays as it is until the call returns.
    File {
        /// Where it is.
        path: PathBuf,
        /// How long it is.
        size_bytes: u64,
    },
}

/// Stored bytes on their way out.
pub struct BlobReader {
    /// Length in bytes.
    pub size_bytes: u64,
    /// The bytes in order; an error ends them.
    pub chunks: BoxStream<'static, Result<Bytes, PortError>>,
}

/// An object as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobEntry {
    /// Its key below the platform's prefix; text, because strangers' objects may lie there.
    pub key: String,
    /// Length in bytes.
    pub size_bytes: u64,
}

/// A store of immutable objects.
///
/// Promises: after `put` returns, every `get` reads exactly those bytes, also after the store was killed and
/// restarted. After `put` fails, the object is there whole or not at all. `delete` of what is not there succeeds, and
/// leaves no version of the object behind where the store keeps versions.
/// A call that the store does not answer ends with `Unavailable` within the adapter's time limit.
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Stores an object. A location is never written twice, retries of the same bytes apart.
    async fn put(&self, location: &BlobLocation, media: MediaType, body: &BlobBody) -> Result<(), PortError>;

    /// Opens an object for reading from its first byte.
    async fn get(&self, location: &BlobLocation) -> Result<BlobReader, PortError>;

    /// The length of an object in bytes.
    async fn size(&self, location: &BlobLocation) -> Result<u64, PortError>;

    /// Copies an object to another key of its bucket, whole or not at all; the bytes need not pass through here.
    /// A repeated copy succeeds while the source is there.
    async fn copy(&self, source: &BlobLocation, target: &BlobKey) -> Result<(), PortError>;

    /// Removes an object.
    async fn delete(&self, location: &BlobLocation) -> Result<(), PortError>;

    /// The objects of a bucket in a scope, of this platform's prefix only, page by page: a bucket may hold millions.
    /// Those of photos come in the order of their keys.
    /// What is stored or deleted meanwhile may be among them or not. An error ends them.
    fn pages(&self, bucket: BucketPurpose, scope: BlobScope) -> BoxStream<'_, Result<Vec<BlobEntry>, PortError>>;

    /// The same at once, for scopes that are known to be small.
    async fn list(&self, bucket: BucketPurpose, scope: BlobScope) -> Result<Vec<BlobEntry>, PortError> {
        self.pages(bucket, scope).try_concat().await
    }

    /// Removes every object of a bucket in a scope, with all its versions: also what is deleted already, but kept as a
    /// version, and so in no listing. Returns how many objects or versions were removed; 0 says that nothing is left.
    ///
    /// What lies there under a key that is no [`BlobKey`] is not ours, and stays.
    async fn erase(&self, bucket: BucketPurpose, scope: BlobScope) -> Result<usize, PortError> {
        erase_listed(self, bucket, scope).await
    }

    /// Makes the buckets that are missing and marks them as this platform's.
    ///
    /// # Errors
    /// `Conflict` where the prefix is marked as another platform's.
    async fn prepare(&self, owner: &str) -> Result<(), PortError>;

    /// Whether the store answers and the buckets are there.
    async fn ready(&self) -> Result<(), PortError>;
}

/// [`BlobStore::erase`] for a store that keeps no versions: what it lists is all there is.
pub async fn erase_listed<S>(store: &S, bucket: BucketPurpose, scope: BlobScope) -> Result<usize, PortError>
where
    S: BlobStore + ?Sized,
{
    let mut erased = 0;
    for entry in store.list(bucket, scope).await? {
        if let Ok(key) = entry.key.parse() {
            store.delete(&BlobLocation { bucket, key }).await?;
            erased += 1;
        }
    }
    Ok(erased)
}
