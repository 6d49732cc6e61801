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

/// An adapter of the port `P`, with the server behind it where there is one.
#[async_trait]
pub trait Subject<P: ?Sized + Send + Sync>: Send + Sync {
    /// The adapter. All handles reach the same server.
    fn port(&self) -> Arc<P>;

    /// Whether the adapter speaks to a server in a process of its own, whose death it survives and notices.
    fn has_server(&self) -> bool;

    /// Ends the server at once, as a crash would (SIGKILL); an adapter without one forgets what it holds in memory.
    async fn kill_server(&self);

    /// Starts the server again on the same address and the same disk.
    async fn start_server(&self);
}

/// What a law asks of a subject beside the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requires {
    /// Nothing: every adapter keeps it.
    Adapter,
    /// A server in a process of its own. It is about what the adapter says while that one is dead.
    Server,
}

impl Requires {
    /// Whether the law can be asked of a subject.
    pub fn is_met(self, has_server: bool) -> bool {
        match self {
            Self::Adapter => true,
            Self::Server => has_server,
        }
    }
}

/// One law of the port `P`.
pub struct Law<P: ?Sized + Send + Sync + 'static> {
    /// A sentence in snake case: what holds.
    pub name: &'static str,
    /// Of which subjects it can be asked.
    pub requires: Requires,
    /// Returns where the law holds and panics where it does not.
    pub check: for<'a> fn(&'a dyn Subject<P>) -> BoxFuture<'a, ()>,
}

/// Lists laws, which are functions `async fn(&dyn Subject<dyn BlobStore>)`, first those of every adapter:
/// `laws![dyn BlobStore; reads_back_what_was_put, …; with a server: a_dead_server_is_unavailable]`.
#[macro_export]
macro_rules! laws {
    (@law $port:ty, $requires:ident, $law:ident) => {
        $crate::contract::Law::<$port> {
            name: stringify!($law),
            requires: $crate::contract::Requires::$requires,
            check: |subject| ::std::boxed::Box::pin($law(subject)),
        }
    };
    ($port:ty; $($law:ident),+ $(,)? $(; with a server: $($server_law:ident),+ $(,)?)?) => {
        &[
            $($crate::laws!(@law $port, Adapter, $law),)+
            $($($crate::laws!(@law $port, Server, $server_law),)+)?
        ]
    };
}
