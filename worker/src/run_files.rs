//! The bytes of a run: its original verified while it is read, its outputs stored under the run's own prefix, and removed
//! again where the run did not count.

use bytes::Bytes;
use futures::{
    FutureExt, Stream, StreamExt, TryStreamExt,
    future::BoxFuture,
    stream::{self, BoxStream, Fuse},
};
use photo_core::{
    blob_key::{BlobKey, BlobLocation, BlobScope, BucketPurpose},
    photo::{Original, Sha256, Variant},
    port::{
        BlobStore, ErrorKind, PortError,
        blob_store::{BlobBody, BlobReader},
    },
    run::Run,
};
use photo_stages::Output;
use sha2::Digest;

use crate::slot::{OpenOriginal, OriginalSource};

/// Outputs that are stored at the same time.
const PUTS_AT_ONCE: usize = 4;

/// The original of a run in the store.
pub(crate) struct StoredOriginal<'a> {
    pub(crate) blobs: &'a dyn BlobStore,
    pub(crate) original: &'a Original,
}

impl OriginalSource for StoredOriginal<'_> {
    fn open(&self) -> BoxFuture<'_, Result<OpenOriginal<'_>, PortError>> {
        let opened = async {
            let reader = self.blobs.get(&self.original.location).await?;
            if reader.size_bytes != self.original.size_bytes {
                return Err(corrupt(self.original, "its length is not that of the upload"));
            }
            Ok(OpenOriginal { size_bytes: reader.size_bytes, chunks: verified(reader, self.original).boxed() })
        };
        opened.boxed()
    }
}

/// The same bytes, of which the last ones come only if all of them are what was uploaded.
fn verified(reader: BlobReader, original: &Original) -> impl Stream<Item = Result<Bytes, PortError>> + Send {
    let chunks = reader.chunks.fuse();
    let reading = Reading { chunks, hash: sha2::Sha256::new(), bytes_left: original.size_bytes, held: None };
    stream::try_unfold(reading, move |mut reading| async move {
        while let Some(chunk) = reading.chunks.try_next().await? {
            let longer = || corrupt(original, "it is longer than the upload");
            reading.bytes_left = reading.bytes_left.checked_sub(chunk.len() as u64).ok_or_else(longer)?;
            reading.hash.update(&chunk);
            if let Some(held) = reading.held.replace(chunk) {
                return Ok(Some((held, reading)));
            }
        }
        if reading.bytes_left > 0 {
            return Err(corrupt(original, "it ends early"));
        }
        let Some(last) = reading.held.take() else { return Ok(None) };
        if hex::encode(reading.hash.finalize_reset()) != original.sha256.as_str() {
            return Err(corrupt(original, "its SHA-256 is not that of the upload"));
        }
        Ok(Some((last, reading)))
    })
}

/// An original that is being read.
struct Reading {
    chunks: Fuse<BoxStream<'static, Result<Bytes, PortError>>>,
    hash: sha2::Sha256,
    bytes_left: u64,
    /// What was read last.
    held: Option<Bytes>,
}

fn corrupt(original: &Original, what: &str) -> PortError {
    PortError::new(ErrorKind::Corrupt, format!("{}: {what}", original.location.key))
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

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use photo_core::{
        id::{PhotoId, UploadId},
        upload_format::UploadFormat,
    };

    use super::*;

    const PHOTO: &[u8] = b"a photo in three pieces";

    /// What comes of these pieces where `PHOTO` was uploaded, and what ends them.
    fn read(pieces: &[&'static [u8]]) -> (Vec<u8>, Option<String>) {
        let location = BlobLocation {
            bucket: BucketPurpose::Originals,
            key: BlobKey::Original { photo: PhotoId::generate(), upload: UploadId::generate() },
        };
        let sha256 = Sha256::try_from(hex::encode(sha2::Sha256::digest(PHOTO))).unwrap();
        let original = Original { location, format: UploadFormat::Jpeg, size_bytes: PHOTO.len() as u64, sha256 };
        let chunks = stream::iter(pieces.iter().map(|piece| Ok(Bytes::from_static(piece))).collect::<Vec<_>>()).boxed();
        let mut read = Vec::new();
        let reader = BlobReader { size_bytes: original.size_bytes, chunks };
        let ended = block_on(verified(reader, &original).try_for_each(|chunk| {
            read.extend_from_slice(&chunk);
            futures::future::ready(Ok(()))
        }));
        (read, ended.err().map(|error| error.to_string()))
    }

    #[test]
    fn what_was_uploaded_comes_in_order() {
        assert_eq!(read(&[b"a photo", b" in three ", b"pieces"]), (PHOTO.to_vec(), None));
        assert_eq!(read(&[PHOTO]), (PHOTO.to_vec(), None));
    }

    #[test]
    fn what_was_not_never_comes_to_its_end() {
        let cases: [(&[&[u8]], &str); 5] = [
            (&[b"a photo", b" in three ", b"piecez"], "SHA-256"),
            (&[b"b photo", b" in three ", b"pieces"], "SHA-256"),
            (&[b"a photo", b" in three "], "ends early"),
            (&[b"a photo", b" in three ", b"pieces", b"."], "longer"),
            (&[], "ends early"),
        ];
        for (pieces, reason) in cases {
            let (read, error) = read(pieces);
            assert!(read.len() < PHOTO.len(), "{reason}: {read:?}");
            assert!(error.is_some_and(|error| error.contains(reason)), "{reason}");
        }
    }
}
