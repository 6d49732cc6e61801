//! Bytes on their way in: counted, hashed and recognized while they are written to a scratch file, never held in
//! memory. The scratch space is bounded by permits; a spooled file is gone when it is dropped.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use photo_core::{
    photo::Sha256,
    upload_format::{RefusedFormat, SNIFF_BYTES, UploadFormat},
};
use sha2::Digest;
use tempfile::TempPath;
use tokio::{
    io::{AsyncWriteExt, BufWriter},
    sync::{OwnedSemaphorePermit, Semaphore},
};

/// Bytes gathered before they are written.
const WRITE_BYTES: usize = 128 * 1024;

/// Where and how much is spooled.
#[derive(Debug, clap::Args)]
pub struct SpoolConfig {
    /// Scratch folder for uploads on their way in; the system's temporary folder if not set.
    #[arg(long, env = "SPOOL_DIR")]
    pub spool_dir: Option<PathBuf>,
    /// Room in the scratch folder in bytes. As many uploads run at the same time as fit in it at their longest.
    #[arg(long, env = "SPOOL_BYTES_MAX", default_value_t = 4 * 1024 * 1024 * 1024)]
    pub spool_bytes_max: u64,
    /// A client that sends nothing of a photo for so many seconds is given up.
    #[arg(long, env = "UPLOAD_IDLE_SECONDS", default_value_t = 60)]
    pub upload_idle_seconds: u64,
}

/// The scratch space of one process.
#[derive(Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
    file_bytes_max: u64,
    idle_time_max: Duration,
    permits: Arc<Semaphore>,
}

/// A whole file in scratch.
#[derive(Debug)]
pub(crate) struct Spooled {
    pub(crate) path: TempPath,
    pub(crate) size_bytes: u64,
    pub(crate) sha256: Sha256,
    pub(crate) format: UploadFormat,
    _permit: OwnedSemaphorePermit,
}

/// Why a file was not spooled. Nothing of it is left in scratch.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpoolError {
    #[error("all scratch space is in use")]
    Full,
    #[error("the file is empty")]
    Empty,
    #[error("the file is not a photo of a known format")]
    UnknownFormat(Option<RefusedFormat>),
    #[error("the file is longer than {0} bytes")]
    TooLong(u64),
    #[error("no bytes came for {0:?}")]
    Stalled(Duration),
    #[error("the upload broke off")]
    BrokenOff(#[source] axum::extract::multipart::MultipartError),
    #[error("scratch can't be written")]
    Scratch(#[from] io::Error),
}

impl Spool {
    pub(crate) fn new(config: SpoolConfig, file_bytes_max: u64) -> anyhow::Result<Self> {
        let folder = config.spool_dir.unwrap_or_else(std::env::temp_dir);
        std::fs::create_dir_all(&folder).with_context(|| format!("SPOOL_DIR: can't make {}", folder.display()))?;
        tempfile::tempfile_in(&folder).with_context(|| format!("SPOOL_DIR: can't write to {}", folder.display()))?;
        let files = usize::try_from(config.spool_bytes_max / file_bytes_max.max(1)).unwrap_or(usize::MAX);
        anyhow::ensure!(files > 0, "SPOOL_BYTES_MAX holds not even one upload of {file_bytes_max} bytes: raise it");
        let permits = Arc::new(Semaphore::new(files.min(Semaphore::MAX_PERMITS)));
        let idle_time_max = Duration::from_secs(config.upload_idle_seconds);
        Ok(Self { folder, file_bytes_max, idle_time_max, permits })
    }

    /// How long a client that sends nothing is waited for.
    pub(crate) fn idle_time_max(&self) -> Duration {
        self.idle_time_max
    }

    /// Reads a file to its end.
    pub(crate) async fn take<S>(&self, chunks: S) -> Result<Spooled, SpoolError>
    where
        S: Stream<Item = Result<Bytes, axum::extract::multipart::MultipartError>> + Unpin,
    {
        let permit = Arc::clone(&self.permits).try_acquire_owned().map_err(|_| SpoolError::Full)?;
        let (file, path) = tempfile::NamedTempFile::new_in(&self.folder)?.into_parts();
        let mut file = BufWriter::with_capacity(WRITE_BYTES, tokio::fs::File::from_std(file));
        let mut intake = Intake::new(self.file_bytes_max);
        let mut chunks = chunks;
        loop {
            let chunk = tokio::time::timeout(self.idle_time_max, chunks.next()).await;
            let Some(chunk) = chunk.map_err(|_| SpoolError::Stalled(self.idle_time_max))? else { break };
            let chunk = chunk.map_err(SpoolError::BrokenOff)?;
            intake.add(&chunk)?;
            file.write_all(&chunk).await?;
        }
        let (size_bytes, format, sha256) = intake.end()?;
        // No fsync: scratch outlives nothing, the object store's acknowledgement is what counts.
        file.flush().await?;
        Ok(Spooled { path, size_bytes, sha256, format, _permit: permit })
    }
}

/// What is known of a file while it comes in.
struct Intake {
    bytes_max: u64,
    size_bytes: u64,
    head: Vec<u8>,
    hash: sha2::Sha256,
}

impl Intake {
    fn new(bytes_max: u64) -> Self {
        Self { bytes_max, size_bytes: 0, head: Vec::with_capacity(SNIFF_BYTES), hash: sha2::Sha256::new() }
    }

    /// Counts and hashes; refuses as soon as it is certain that the file is not taken.
    fn add(&mut self, chunk: &[u8]) -> Result<(), SpoolError> {
        self.size_bytes += chunk.len() as u64;
        if self.size_bytes > self.bytes_max {
            return Err(SpoolError::TooLong(self.bytes_max));
        }
        let missing = SNIFF_BYTES.saturating_sub(self.head.len());
        if missing > 0 {
            self.head.extend(chunk.iter().take(missing));
            if self.head.len() == SNIFF_BYTES && UploadFormat::sniff(&self.head).is_none() {
                return Err(self.unknown_format());
            }
        }
        self.hash.update(chunk);
        Ok(())
    }

    fn unknown_format(&self) -> SpoolError {
        SpoolError::UnknownFormat(RefusedFormat::sniff(&self.head))
    }

    fn end(self) -> Result<(u64, UploadFormat, Sha256), SpoolError> {
        if self.size_bytes == 0 {
            return Err(SpoolError::Empty);
        }
        let format = UploadFormat::sniff(&self.head).ok_or_else(|| self.unknown_format())?;
        let digest = hex::encode(self.hash.finalize());
        let sha256 = Sha256::try_from(digest).expect("SHA-256 in hexadecimal has 64 lowercase digits");
        Ok((self.size_bytes, format, sha256))
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    fn spool(folder: &std::path::Path, room: u64, file: u64) -> Spool {
        let spool_dir = Some(folder.to_owned());
        Spool::new(SpoolConfig { spool_dir, spool_bytes_max: room, upload_idle_seconds: 60 }, file).unwrap()
    }

    fn chunks(
        parts: &[&'static [u8]],
    ) -> impl Stream<Item = Result<Bytes, axum::extract::multipart::MultipartError>> + Unpin {
        stream::iter(parts.iter().map(|part| Ok(Bytes::from_static(part))).collect::<Vec<_>>())
    }

    fn files(folder: &std::path::Path) -> usize {
        std::fs::read_dir(folder).unwrap().count()
    }

    #[tokio::test]
    async fn a_file_is_counted_hashed_and_recognized_across_chunks() {
        let folder = tempfile::tempdir().unwrap();
        let spool = spool(folder.path(), 1000, 100);
        let spooled = spool.take(chunks(&[b"GIF", b"89a\x01\0\x01\0", b"rest of it"])).await.unwrap();
        assert_eq!((spooled.size_bytes, spooled.format), (20, UploadFormat::Gif));
        assert_eq!(std::fs::read(&spooled.path).unwrap(), b"GIF89a\x01\0\x01\0rest of it");
        let expected = hex::encode(sha2::Sha256::digest(b"GIF89a\x01\0\x01\0rest of it"));
        assert_eq!(spooled.sha256.as_str(), expected);
        drop(spooled);
        assert_eq!(files(folder.path()), 0, "a dropped file is gone");
    }

    #[tokio::test]
    async fn a_refused_file_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let spool = spool(folder.path(), 1000, 30);
        let too_long = spool.take(chunks(&[b"GIF89a\x01\0\x01\0\0\0", b"0123456789", b"0123456789"])).await;
        assert!(matches!(too_long, Err(SpoolError::TooLong(30))), "{too_long:?}");
        let text = spool.take(chunks(&[b"<svg xmlns='http://w3.org'>"])).await;
        assert!(matches!(text, Err(SpoolError::UnknownFormat(Some(RefusedFormat::Svg)))), "{text:?}");
        let short = spool.take(chunks(&[b"\xFF\xD8"])).await;
        assert!(matches!(short, Err(SpoolError::UnknownFormat(None))), "{short:?}");
        let empty = spool.take(chunks(&[])).await;
        assert!(matches!(empty, Err(SpoolError::Empty)), "{empty:?}");
        assert_eq!(files(folder.path()), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_stops_sending_is_given_up_after_the_idle_time() {
        let folder = tempfile::tempdir().unwrap();
        let began = tokio::time::Instant::now();
        let stalls = chunks(&[b"GIF89a\x01\0\x01\0\0\0"]).chain(stream::pending());
        let stalled = spool(folder.path(), 1000, 30).take(stalls).await;
        assert!(matches!(stalled, Err(SpoolError::Stalled(time)) if time == began.elapsed()), "{stalled:?}");
        assert_eq!((began.elapsed(), files(folder.path())), (Duration::from_mins(1), 0));
    }

    #[tokio::test]
    async fn scratch_space_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let spool = spool(folder.path(), 60, 30);
        let gif: &[&'static [u8]] = &[b"GIF89a\x01\0\x01\0\0\0"];
        let first = spool.take(chunks(gif)).await.unwrap();
        let _second = spool.take(chunks(gif)).await.unwrap();
        assert!(matches!(spool.take(chunks(gif)).await, Err(SpoolError::Full)));
        drop(first);
        assert!(spool.take(chunks(gif)).await.is_ok(), "room comes back with a dropped file");
    }
}
