//! An upload's bytes, one part at a time, each readable again for a retry. At most one part is in memory.

use std::{fs::File, io, os::unix::fs::FileExt, sync::Arc};

use bytes::Bytes;
use memmap2::MmapMut;
use photo_core::port::{ErrorKind, PortError, blob_store::BlobBody};
use tokio::task::spawn_blocking;

/// The size of every part but the last. S3 allows 5 MiB at least; what is up to this long is stored in one request.
pub(super) const PART_BYTES: u64 = 8 * 1024 * 1024;

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
    File(Arc<File>),
}

impl Parts {
    /// Opens a body. A file whose length is not the declared one is refused.
    pub(super) async fn open(body: &BlobBody) -> Result<Self, PortError> {
        let (source, size_bytes) = match body {
            BlobBody::Bytes(bytes) => (Source::Bytes(bytes.clone()), bytes.len() as u64),
            BlobBody::File { path, size_bytes } => {
                let (path, declared) = (path.clone(), *size_bytes);
                let open = move || {
                    let file = File::open(path)?;
                    let actual = file.metadata()?.len();
                    if actual == declared { Ok(file) } else { Err(wrong_length(declared, actual)) }
                };
                (Source::File(Arc::new(read(open).await?)), *size_bytes)
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
            Source::File(file) => {
                let file = Arc::clone(file);
                read(move || read_part(&file, start, index(end - start))).await
            }
        }
    }
}

/// Reads into a mapping of its own, which goes back to the system when the part has been sent. From the heap, 16
/// uploads at once were seen to keep 220 MiB instead of 128: malloc keeps large blocks that were freed.
fn read_part(file: &File, start: u64, length: usize) -> io::Result<Bytes> {
    if length == 0 {
        return Ok(Bytes::new());
    }
    let mut part = MmapMut::map_anon(length)?;
    // Fails where the file has become shorter since it was opened.
    file.read_exact_at(&mut part, start)?;
    Ok(Bytes::from_owner(part))
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
    done.map_err(|error| {
        // A file that is not what was announced stays so; a full table of open files does not.
        let lasting = matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof);
        let kind = if lasting { ErrorKind::Invalid } else { ErrorKind::Unavailable };
        PortError::caused(kind, attempt, error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn whole(body: &BlobBody) -> Vec<u8> {
        let parts = Parts::open(body).await.unwrap();
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
    async fn a_file_of_another_length_is_refused_also_when_it_shrinks_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo");
        std::fs::write(&path, [7; 100]).unwrap();
        for size_bytes in [99, 101] {
            let error = Parts::open(&BlobBody::File { path: path.clone(), size_bytes }).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
        }
        let parts = Parts::open(&BlobBody::File { path: path.clone(), size_bytes: 100 }).await.unwrap();
        File::options().write(true).open(&path).unwrap().set_len(50).unwrap();
        assert_eq!(parts.part(1).await.unwrap_err().kind(), ErrorKind::Invalid);
    }
}
