//! The bytes of a run: its original read and verified, its outputs stored under the run's own prefix, and removed
//! again where the run did not count.

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use photo_core::{
    blob_key::{BlobKey, BlobLocation, BlobScope, BucketPurpose},
    photo::{Original, Sha256, Variant},
    port::{BlobStore, ErrorKind, PortError, blob_store::BlobBody},
    run::Run,
};
use photo_stages::Output;
use sha2::Digest;

/// Outputs that are stored at the same time.
const PUTS_AT_ONCE: usize = 4;

/// Reads the original and verifies that it is what was uploaded.
pub(crate) async fn read_original(blobs: &dyn BlobStore, original: &Original) -> Result<Vec<u8>, PortError> {
    let corrupt = |what: &str| PortError::new(ErrorKind::Corrupt, format!("{}: {what}", original.location.key));
    let mut reader = blobs.get(&original.location).await?;
    if reader.size_bytes != original.size_bytes {
        return Err(corrupt("its length is not that of the upload"));
    }
    let capacity = usize::try_from(original.size_bytes).map_err(|_| corrupt("it does not fit in memory"))?;
    let mut bytes = Vec::with_capacity(capacity);
    let mut hash = sha2::Sha256::new();
    while let Some(chunk) = reader.chunks.try_next().await? {
        hash.update(&chunk);
        bytes.extend_from_slice(&chunk);
    }
    if hex::encode(hash.finalize()) != original.sha256.as_str() {
        return Err(corrupt("its SHA-256 is not that of the upload"));
    }
    Ok(bytes)
}

/// Stores the outputs of a run.
pub(crate) async fn store_outputs(
    blobs: &dyn BlobStore,
    run: &Run,
    outputs: Vec<Output>,
) -> Result<Vec<Variant>, PortError> {
    let puts = outputs.into_iter().map(|output| async move {
        let key =
            BlobKey::Derived { photo: run.photo_id, run: run.id, variant: output.name.clone(), format: output.format };
        let location = BlobLocation { bucket: BucketPurpose::Variants, key };
        let digest = hex::encode(sha2::Sha256::digest(&output.bytes));
        let sha256 = Sha256::try_from(digest).expect("SHA-256 in hexadecimal has 64 lowercase digits");
        let size_bytes = output.bytes.len() as u64;
        blobs.put(&location, output.format.into(), &BlobBody::Bytes(Bytes::from(output.bytes))).await?;
        let Output { name, role, format, width, height, .. } = Output { bytes: Vec::new(), ..output };
        Ok(Variant { name, role, location, format, width, height, size_bytes, sha256 })
    });
    stream::iter(puts).buffered(PUTS_AT_ONCE).try_collect().await
}

/// Removes what a run wrote that did not count. What can't be removed now is unreferenced, and the sweep finds it.
pub(crate) async fn remove_outputs(blobs: &dyn BlobStore, run: &Run) {
    let scope = BlobScope::Run { photo: run.photo_id, run: run.id };
    let removed = async {
        for entry in blobs.list(BucketPurpose::Variants, scope).await? {
            let Ok(key) = entry.key.parse() else { continue };
            blobs.delete(&BlobLocation { bucket: BucketPurpose::Variants, key }).await?;
        }
        Ok::<(), PortError>(())
    };
    if let Err(error) = removed.await {
        tracing::warn!(run = %run.id, error = error.chain(), "the outputs of a rejected run stay for the sweep");
    }
}
