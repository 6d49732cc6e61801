//! Where a photo comes from: each slot that works on it reads it anew, so that the worker never holds it.

use bytes::Bytes;
use futures::{
    FutureExt, StreamExt,
    future::{self, BoxFuture},
    stream::{self, BoxStream},
};
use photo_core::port::PortError;

/// Bytes that come from a slice at once: they stay in the processor's cache until they are in the pipe.
const PIECE_BYTES: usize = 64 * 1024;

/// A photo as it was uploaded.
pub trait OriginalSource: Send + Sync {
    /// Opens it for one slot, from the beginning.
    fn open(&self) -> BoxFuture<'_, Result<OpenOriginal<'_>, PortError>>;
}

/// A photo on its way to a slot.
pub struct OpenOriginal<'a> {
    /// Its length; so many bytes come, or an error.
    pub size_bytes: u64,
    /// The bytes in order; an error ends them. A slot begins once it has the last one: what must be known of all of them
    /// is found out before that is handed on.
    pub chunks: BoxStream<'a, Result<Bytes, PortError>>,
}

impl OriginalSource for &[u8] {
    fn open(&self) -> BoxFuture<'_, Result<OpenOriginal<'_>, PortError>> {
        let pieces = self.chunks(PIECE_BYTES).map(|piece| Ok(Bytes::copy_from_slice(piece)));
        let chunks = stream::iter(pieces).boxed();
        future::ready(Ok(OpenOriginal { size_bytes: self.len() as u64, chunks })).boxed()
    }
}
