//! The frames that a slot and its parent exchange: a version, two bounded lengths, a header in JSON, raw bytes.
//!
//! The parent reads what may be written by an attacker's photo, so every length has a bound before anything is held.

use std::io::{self, Read, Write};

use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncRead, AsyncReadExt};

/// First byte of every frame. Both ends are one program, so another version is a mistake and nothing to negotiate.
const VERSION: u8 = 1;

/// Longest header. The longest honest one holds 128 EXIF tags of 256 characters, each escaped in six.
const HEADER_BYTES_MAX: u32 = 256 * 1024;

/// A version, the header's length in 4 bytes, the body's in 8; big endian.
const PRELUDE_BYTES: usize = 13;

/// Why bytes are no frame, or could not be passed.
#[derive(Debug, thiserror::Error)]
pub(super) enum FrameError {
    /// The other end speaks another language.
    #[error("version {0} is not spoken here")]
    Version(u8),
    /// A length above its bound.
    #[error("{what} of {bytes} bytes is too long, at most {max} are taken")]
    TooLong { what: &'static str, bytes: u64, max: u64 },
    /// The header is none that is expected.
    #[error("the header is unreadable")]
    Header(#[from] serde_json::Error),
    /// The other end is gone, or the pipe is broken.
    #[error("the pipe broke")]
    Pipe(#[from] io::Error),
}

/// The lengths of a frame's parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Prelude {
    header_bytes: u32,
    body_bytes: u64,
}

impl Prelude {
    fn encode(self) -> [u8; PRELUDE_BYTES] {
        let mut bytes = [VERSION; PRELUDE_BYTES];
        let [_, header @ .., _, _, _, _, _, _, _, _] = &mut bytes;
        *header = self.header_bytes.to_be_bytes();
        let [_, _, _, _, _, body @ ..] = &mut bytes;
        *body = self.body_bytes.to_be_bytes();
        bytes
    }

    fn decode(bytes: [u8; PRELUDE_BYTES], body_max: u64) -> Result<Self, FrameError> {
        let [version, header @ .., _, _, _, _, _, _, _, _] = bytes;
        let [_, _, _, _, _, body @ ..] = bytes;
        if version != VERSION {
            return Err(FrameError::Version(version));
        }
        let prelude = Self { header_bytes: u32::from_be_bytes(header), body_bytes: u64::from_be_bytes(body) };
        within("a header", prelude.header_bytes.into(), HEADER_BYTES_MAX.into())?;
        within("a body", prelude.body_bytes, body_max)?;
        Ok(prelude)
    }
}

fn within(what: &'static str, bytes: u64, max: u64) -> Result<(), FrameError> {
    if bytes > max { Err(FrameError::TooLong { what, bytes, max }) } else { Ok(()) }
}

/// Prelude and header of a frame whose body of `body_bytes` follows.
pub(super) fn head(header: &impl Serialize, body_bytes: u64) -> Result<Vec<u8>, FrameError> {
    let header = serde_json::to_vec(header)?;
    let header_bytes = u32::try_from(header.len()).unwrap_or(u32::MAX);
    within("a header", header_bytes.into(), HEADER_BYTES_MAX.into())?;
    let prelude = Prelude { header_bytes, body_bytes };
    Ok([prelude.encode().as_slice(), &header].concat())
}

/// Writes a frame.
pub(super) fn write(pipe: &mut impl Write, header: &impl Serialize, body: &[u8]) -> Result<(), FrameError> {
    pipe.write_all(&head(header, body.len() as u64)?)?;
    Ok(pipe.write_all(body)?)
}

/// Reads a frame whose body has no bound but this process's own memory; `None` where the other end has nothing more.
pub(super) fn read<H: DeserializeOwned>(pipe: &mut impl Read) -> Result<Option<(H, Vec<u8>)>, FrameError> {
    let mut prelude = [0; PRELUDE_BYTES];
    let (first, rest) = prelude.split_at_mut(1);
    if pipe.read(first)? == 0 {
        return Ok(None);
    }
    pipe.read_exact(rest)?;
    let Prelude { header_bytes, body_bytes } = Prelude::decode(prelude, u64::MAX)?;
    let header = read_part(pipe, header_bytes.into())?;
    let body = read_part(pipe, body_bytes)?;
    Ok(Some((serde_json::from_slice(&header)?, body)))
}

fn read_part(pipe: &mut impl Read, bytes: u64) -> Result<Vec<u8>, FrameError> {
    let mut part = Vec::with_capacity(usize::try_from(bytes).unwrap_or(usize::MAX));
    pipe.take(bytes).read_to_end(&mut part)?;
    whole(part, bytes)
}

/// Reads a frame whose body is at most `body_max` long, without waiting on a thread.
pub(super) async fn receive<H: DeserializeOwned>(
    pipe: &mut (impl AsyncRead + Unpin),
    body_max: u64,
) -> Result<(H, Vec<u8>), FrameError> {
    let mut prelude = [0; PRELUDE_BYTES];
    pipe.read_exact(&mut prelude).await?;
    let Prelude { header_bytes, body_bytes } = Prelude::decode(prelude, body_max)?;
    let header = receive_part(pipe, header_bytes.into()).await?;
    let body = receive_part(pipe, body_bytes).await?;
    Ok((serde_json::from_slice(&header)?, body))
}

async fn receive_part(pipe: &mut (impl AsyncRead + Unpin), bytes: u64) -> Result<Vec<u8>, FrameError> {
    // Memory that is asked for is not touched before bytes arrive.
    let mut part = Vec::with_capacity(usize::try_from(bytes).unwrap_or(usize::MAX));
    pipe.take(bytes).read_to_end(&mut part).await?;
    whole(part, bytes)
}

fn whole(part: Vec<u8>, bytes: u64) -> Result<Vec<u8>, FrameError> {
    if part.len() as u64 == bytes { Ok(part) } else { Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(header: &str, body: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes, &header, body).unwrap();
        bytes
    }

    async fn received(mut bytes: &[u8], body_max: u64) -> Result<(String, Vec<u8>), FrameError> {
        receive(&mut bytes, body_max).await
    }

    #[tokio::test]
    async fn both_ends_read_what_was_written_one_frame_after_the_other() {
        let bytes = [frame("first", b"raw \0 bytes"), frame("second", b"")].concat();
        let mut pipe = bytes.as_slice();
        assert_eq!(read(&mut pipe).unwrap(), Some(("first".to_owned(), b"raw \0 bytes".to_vec())));
        assert_eq!(read(&mut pipe).unwrap(), Some(("second".to_owned(), Vec::new())));
        assert!(read::<String>(&mut pipe).unwrap().is_none(), "the end between two frames is no error");
        let mut pipe = bytes.as_slice();
        assert_eq!(receive(&mut pipe, 11).await.unwrap(), ("first".to_owned(), b"raw \0 bytes".to_vec()));
        assert_eq!(receive(&mut pipe, 11).await.unwrap(), ("second".to_owned(), Vec::new()));
    }

    #[tokio::test]
    async fn a_frame_that_stops_anywhere_is_an_error_on_both_ends() {
        let bytes = frame("header", b"body");
        for end in 1..bytes.len() {
            let half = &bytes[..end];
            assert!(matches!(read::<String>(&mut &*half), Err(FrameError::Pipe(_))), "{end}");
            assert!(matches!(received(half, 4).await, Err(FrameError::Pipe(_))), "{end}");
        }
    }

    #[tokio::test]
    async fn lengths_above_their_bounds_are_refused_before_anything_is_held() {
        let refused = received(&frame("header", b"body"), 3).await.unwrap_err();
        assert_eq!(refused.to_string(), "a body of 4 bytes is too long, at most 3 are taken");
        let endless = Prelude { header_bytes: u32::MAX, body_bytes: 0 }.encode();
        assert!(matches!(received(&endless, 3).await, Err(FrameError::TooLong { what: "a header", .. })));
        let endless = Prelude { header_bytes: 0, body_bytes: u64::MAX }.encode();
        assert!(matches!(received(&endless, 3).await, Err(FrameError::TooLong { what: "a body", .. })));
        let long = "x".repeat(HEADER_BYTES_MAX as usize);
        assert!(matches!(head(&long, 0), Err(FrameError::TooLong { .. })), "neither end writes what the other refuses");
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_frame_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let versioned = [&[VERSION], bytes.as_slice()].concat();
            for bytes in [bytes, versioned] {
                drop(runtime.block_on(received(&bytes, 1000)));
            }
        }
    }
}
