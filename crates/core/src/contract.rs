//! The laws of the ports, as public async functions that every adapter passes. A law panics where it does not hold.
//!
//! Each port's module lists its laws in `LAWS`; `tests/laws` runs every list on every adapter of the port, prints the
//! matrix and fails on a hole in it.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    clippy::indexing_slicing,
    reason = "a law is a test: it panics where it does not hold"
)]

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::BoxFuture;

mod answer;
pub mod blob_store;
pub mod event_log;
pub mod job_queue;
pub mod metadata_store;
pub mod sample;

/// An adapter of the port `P`, with the server behind it.
#[async_trait]
pub trait Subject<P: ?Sized + Send + Sync>: Send + Sync {
    /// The adapter. All handles reach the same server.
    fn port(&self) -> Arc<P>;

    /// Ends the server at once, as a crash would (SIGKILL); an adapter without one forgets what it holds in memory.
    async fn kill_server(&self);

    /// Starts the server again on the same address and the same disk.
    async fn start_server(&self);
}

/// One law of the port `P`.
pub struct Law<P: ?Sized + Send + Sync + 'static> {
    /// A sentence in snake case: what holds.
    pub name: &'static str,
    /// Returns where the law holds and panics where it does not.
    pub check: for<'a> fn(&'a dyn Subject<P>) -> BoxFuture<'a, ()>,
}

/// Lists laws: `laws![dyn BlobStore; reads_back_what_was_put, …]` of functions `async fn(&dyn Subject<dyn BlobStore>)`.
#[macro_export]
macro_rules! laws {
    ($port:ty; $($law:ident),+ $(,)?) => {
        &[$($crate::contract::Law::<$port> {
            name: stringify!($law),
            check: |subject| ::std::boxed::Box::pin($law(subject)),
        }),+]
    };
}
