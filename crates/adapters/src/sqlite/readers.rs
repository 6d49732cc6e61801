//! The connections that only read. They see what has been committed, and never wait for the writer.

use std::time::Duration;

use deadpool_sqlite::{Config, Hook, HookError, Pool, Runtime};
use photo_core::port::{ErrorKind, PortError};
use rusqlite::Connection;

use super::{
    config::SqliteConfig,
    error::{OpenError, StoreError},
    schema::prepare_reader,
};

/// How long a caller waits for a connection.
const POOL_WAIT: Duration = Duration::from_secs(2);

/// The pool of reading connections.
#[derive(Clone)]
pub(super) struct Readers {
    pool: Pool,
}

impl Readers {
    /// A pool whose connections open when they are first needed.
    pub(super) fn new(config: &SqliteConfig) -> Result<Self, OpenError> {
        let only_read: Hook = Hook::async_fn(|connection, _| {
            Box::pin(async move {
                connection
                    .interact(|connection| prepare_reader(connection))
                    .await
                    .map_err(|error| HookError::message(error.to_string()))?
                    .map_err(HookError::Backend)
            })
        });
        let opened = deadpool_sqlite::Manager::from_config(&Config::new(&config.path), Runtime::Tokio1);
        let pool = Pool::builder(opened)
            .runtime(Runtime::Tokio1)
            .max_size(config.readers.get())
            .wait_timeout(Some(POOL_WAIT))
            .post_create(only_read)
            .build()?;
        Ok(Self { pool })
    }

    /// Reads from one snapshot.
    pub(super) async fn read<T, Q>(&self, attempt: &'static str, query: Q) -> Result<T, PortError>
    where
        T: Send + 'static,
        Q: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let unavailable =
            |error: Box<dyn std::error::Error + Send + Sync>| PortError::caused(ErrorKind::Unavailable, attempt, error);
        let connection = self.pool.get().await.map_err(|error| unavailable(error.into()))?;
        let answer = connection.interact(move |connection| in_snapshot(connection, query)).await;
        answer.map_err(|error| unavailable(error.to_string().into()))?.map_err(|error| error.during(attempt))
    }
}

/// A photo and its outputs are two statements; between them a run could finish.
fn in_snapshot<T>(
    connection: &mut Connection,
    query: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let snapshot = connection.transaction()?;
    query(&snapshot)
}
