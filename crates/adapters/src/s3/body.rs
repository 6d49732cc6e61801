//! An upload's bytes, one part at a time, each readable again for a retry. At most one part is in memory.

use std::{
    fs::File,
    io, mem,
    os::unix::fs::FileExt,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use photo_core::port::{ErrorKind, PortError, blob_store::BlobBody};
use tokio::task::spawn_blocking;

/// The size of every part but the last. S3 allows 5 MiB at least; what is up to this long is stored in one request.
pub(super) const PART_BYTES: u64 = 8 * 1024 * 1024;

/// Buffers that wait for their next use; as many as there are uploads at once.
const BUFFERS_KEPT_MAX: usize = super::UPLOADS_MAX;

/// S3's own limit.
const PARTS_MAX: u64 = 10_000;

/// A body cut into parts.
#[derive(Debug)]
pub(super) struct Parts {
    source: Source,
    size_bytes: u64,
}

#[derive(Debug)]
enum Source {
    Bytes(Bytes),
    File(Arc<File>, PartBuffers),
}

/// Memory for parts that are read from files, used again and again: given back to the allocator, each piece would stay
/// with the thread that read it, and the process would hold far more than its uploads at once need.
#[derive(Debug, Clone, Default)]
pub(super) struct PartBuffers(Arc<Mutex<Vec<Vec<u8>>>>);

impl PartBuffers {
    /// A buffer of `length` bytes, which at first are those of its last use.
    fn lend(&self, length: usize) -> LentBuffer {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        // Room for any part, so that no buffer ever grows; the kernel gives pages as they are written.
        let mut bytes = kept.unwrap_or_else(|| Vec::with_capacity(index(PART_BYTES)));
        bytes.resize(length, 0);
        LentBuffer { bytes, home: self.clone() }
    }
}

/// A buffer that goes back to where it came from.
struct LentBuffer {
    bytes: Vec<u8>,
    home: PartBuffers,
}

impl AsRef<[u8]> for LentBuffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for LentBuffer {
    fn drop(&mut self) {
        let mut kept = self.home.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < BUFFERS_KEPT_MAX {
            kept.push(mem::take(&mut self.bytes));
        }
    }
}

impl Parts {
    /// Opens a body. A file whose length is not the declared one is refused; its parts are read into `buffers`.
    pub(super) async fn open(body: &BlobBody, buffers: &PartBuffers) -> Result<Self, PortError> {
        let (source, size_bytes) = match body {
            BlobBody::Bytes(bytes) => (Source::Bytes(bytes.clone()), bytes.len() as u64),
            BlobBody::File { path, size_bytes } => {
                let (path, declared) = (path.clone(), *size_bytes);
                let open = move || {
                    let file = File::open(path)?;
                    let actual = file.metadata()?.len();
                    if actual == declared { Ok(file) } else { Err(wrong_length(declared, actual)) }
                };
                (Source::File(Arc::new(read(open).await?), buffers.clone()), *size_bytes)
            }
        };
        if size_bytes.div_ceil(PART_BYTES) > PARTS_MAX {
            return Err(PortError::new(ErrorKind::Invalid, format!("{size_bytes} bytes are too many for an object")));
        }
        Ok(Self { source, size_bytes })
    }

    /// Length of the whole in bytes.
    pub(super) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// How many parts there are; 1 for an empty body.
    pub(super) fn count(&self) -> u16 {
        u16::try_from(self.size_bytes.div_ceil(PART_BYTES).max(1)).unwrap_or(u16::MAX)
    }

    /// A part's bytes; the first part is number 1, as in S3.
    pub(super) async fn part(&self, number: u16) -> Result<Bytes, PortError> {
        let start = u64::from(number.saturating_sub(1)) * PART_BYTES;
        let end = (start + PART_BYTES).min(self.size_bytes);
        match &self.source {
            Source::Bytes(bytes) => Ok(bytes.slice(index(start)..index(end))),
            Source::File(file, buffers) => {
                let (file, buffers) = (Arc::clone(file), buffers.clone());
                read(move || {
                    let mut part = buffers.lend(index(end - start));
                    // Fails where the file has become shorter since it was opened.
                    file.read_exact_at(&mut part.bytes, start)?;
                    Ok(Bytes::from_owner(part))
                })
                .await
            }
        }
    }
}

/// Offsets lie within a body in memory or within one part, so they fit.
fn index(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn wrong_length(declared: u64, actual: u64) -> io::Error {
    let text = format!("{declared} bytes were announced, the file has {actual}");
    io::Error::new(io::ErrorKind::UnexpectedEof, text)
}

async fn read<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, PortError> {
    let attempt = "reading the file to store";
    let done = spawn_blocking(work).await.map_err(|e| PortError::caused(ErrorKind::Unavailable, attempt, e))?;
    done.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof => PortError::caused(ErrorKind::Invalid, attempt, error),
        _ => PortError::caused(ErrorKind::Unavailable, attempt, error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn whole(body: &BlobBody) -> Vec<u8> {
        let parts = Parts::open(body, &PartBuffers::default()).await.unwrap();
        let mut all = Vec::new();
        for number in 1..=parts.count() {
            all.extend(parts.part(number).await.unwrap());
        }
        all
    }

    #[tokio::test]
    async fn the_parts_are_the_body() {
        let folder = tempfile::tempdir().unwrap();
        for size_bytes in [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES] {
            let bytes: Vec<u8> = (0..size_bytes).map(|n| (n % 251) as u8).collect();
            let path = folder.path().join(size_bytes.to_string());
            std::fs::write(&path, &bytes).unwrap();
            assert!(whole(&BlobBody::File { path, size_bytes }).await == bytes, "file of {size_bytes}");
            assert!(whole(&BlobBody::Bytes(bytes.clone().into())).await == bytes, "bytes, {size_bytes}");
        }
    }

    #[tokio::test]
    async fn a_part_is_read_into_the_memory_of_one_that_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo");
        std::fs::write(&path, [1, 2, 3]).unwrap();
        let buffers = PartBuffers::default();
        let parts = Parts::open(&BlobBody::File { path, size_bytes: 3 }, &buffers).await.unwrap();
        let (first, second) = (parts.part(1).await.unwrap(), parts.part(1).await.unwrap());
        assert_ne!(first.as_ptr(), second.as_ptr());
        let place = first.as_ptr();
        drop(first);
        let third = parts.part(1).await.unwrap();
        assert_eq!((third.as_ptr(), &*third), (place, &[1, 2, 3][..]));
        drop((second, third));
        assert_eq!(buffers.0.lock().unwrap().len(), 2);
    }

    #[tokio::test]
    async fn a_file_of_another_length_is_refused_also_when_it_shrinks_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo");
        std::fs::write(&path, [7; 100]).unwrap();
        for size_bytes in [99, 101] {
            let body = BlobBody::File { path: path.clone(), size_bytes };
            let error = Parts::open(&body, &PartBuffers::default()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
        }
        let body = BlobBody::File { path: path.clone(), size_bytes: 100 };
        let parts = Parts::open(&body, &PartBuffers::default()).await.unwrap();
        File::options().write(true).open(&path).unwrap().set_len(50).unwrap();
        assert_eq!(parts.part(1).await.unwrap_err().kind(), ErrorKind::Invalid);
    }
}
