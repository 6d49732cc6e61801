//! An object's bytes on their way out: every wait for more is limited, and what was announced has to come.

use std::{io, pin::Pin, time::Duration};

use bytes::Bytes;
use futures::{
    StreamExt,
    stream::{self, BoxStream, Stream},
};
use photo_core::port::{ErrorKind, PortError};
use tokio::time::timeout;

/// The longest silence between two chunks.
const STALL_LIMIT: Duration = Duration::from_secs(15);

type Chunks = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

struct Download {
    object: String,
    chunks: Chunks,
    missing_bytes: u64,
}

/// The chunks of `object`, which has `size_bytes` bytes. The first error ends them.
pub(crate) fn chunks(object: String, chunks: Chunks, size_bytes: u64) -> BoxStream<'static, Result<Bytes, PortError>> {
    let download = Download { object, chunks, missing_bytes: size_bytes };
    stream::unfold(Some(download), |download| async {
        let mut download = download?;
        match download.next().await {
            Ok(Some(chunk)) => Some((Ok(chunk), Some(download))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    })
    .boxed()
}

impl Download {
    async fn next(&mut self) -> Result<Option<Bytes>, PortError> {
        let attempt = format!("reading {}", self.object);
        let Ok(chunk) = timeout(STALL_LIMIT, self.chunks.next()).await else {
            let text = format!("{attempt}: nothing came for {STALL_LIMIT:?}");
            return Err(PortError::new(ErrorKind::Unavailable, text));
        };
        let Some(chunk) = chunk else {
            return if self.missing_bytes == 0 { Ok(None) } else { Err(self.wrong_length("too few")) };
        };
        let chunk = chunk.map_err(|error| PortError::caused(ErrorKind::Unavailable, attempt, error))?;
        let length = chunk.len() as u64;
        self.missing_bytes = self.missing_bytes.checked_sub(length).ok_or_else(|| self.wrong_length("too many"))?;
        Ok(Some(chunk))
    }

    fn wrong_length(&self, which: &str) -> PortError {
        PortError::new(ErrorKind::Corrupt, format!("reading {}: {which} bytes came", self.object))
    }
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt;

    use super::*;

    async fn read(sent: Vec<io::Result<Bytes>>, size_bytes: u64) -> Result<Vec<Bytes>, ErrorKind> {
        let read = chunks("a photo".to_owned(), Box::pin(stream::iter(sent)), size_bytes);
        read.try_collect().await.map_err(|error| error.kind())
    }

    #[tokio::test]
    async fn only_the_announced_number_of_bytes_is_a_success() {
        let sent = || vec![Ok(Bytes::from_static(b"abc")), Ok(Bytes::from_static(b"de"))];
        assert_eq!(read(sent(), 5).await.unwrap(), [&b"abc"[..], b"de"]);
        assert_eq!(read(sent(), 6).await, Err(ErrorKind::Corrupt));
        assert_eq!(read(sent(), 4).await, Err(ErrorKind::Corrupt));
    }

    #[tokio::test]
    async fn a_broken_connection_is_unavailable() {
        let sent = vec![Ok(Bytes::from_static(b"abc")), Err(io::Error::other("reset"))];
        assert_eq!(read(sent, 5).await, Err(ErrorKind::Unavailable));
    }
}
