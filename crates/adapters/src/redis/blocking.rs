//! Connections for commands that wait on the server. Each carries one command at a time: behind a waiting one every
//! other would wait too.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use photo_core::port::PortError;
use redis::{
    AsyncConnectionConfig, Client, Cmd, RedisResult, Value,
    aio::{ConnectionLike, MultiplexedConnection},
};
use tokio::time::timeout;

use super::{failure, limits::CONNECT_LIMIT};

/// How much later than asked an answer may come before the connection counts as dead.
const GRACE: Duration = Duration::from_secs(1);

/// As many connections as commands wait at the same time; those that don't are kept for the next.
pub(super) struct BlockingConnections {
    client: Client,
    idle: Mutex<Vec<MultiplexedConnection>>,
}

impl BlockingConnections {
    pub(super) fn new(client: Client) -> Self {
        Self { client, idle: Mutex::default() }
    }

    /// Runs a command that waits on the server for up to `wait`. A call that is dropped closes its connection, so that
    /// the server does not answer into the void.
    pub(super) async fn run(&self, attempt: &str, command: &Cmd, wait: Duration) -> Result<Value, PortError> {
        let limit = wait + GRACE;
        if let Some(connection) = self.take_idle() {
            match timeout(limit, self.run_on(connection, command)).await {
                // It died while it was idle, and so did its neighbours: connect anew.
                Ok(Err(error)) if error.is_connection_dropped() => self.forget_idle(),
                Ok(answer) => return answer.map_err(|error| failure::of_redis(attempt, error)),
                Err(_) => return Err(failure::out_of_time(attempt)),
            }
        }
        let fresh = async { self.run_on(self.connect().await?, command).await };
        match timeout(limit + CONNECT_LIMIT, fresh).await {
            Ok(answer) => answer.map_err(|error| failure::of_redis(attempt, error)),
            Err(_) => Err(failure::out_of_time(attempt)),
        }
    }

    async fn run_on(&self, mut connection: MultiplexedConnection, command: &Cmd) -> RedisResult<Value> {
        let answer = connection.req_packed_command(command).await?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        answer.extract_error()
    }

    async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        let settings =
            AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT_LIMIT)).set_response_timeout(None);
        self.client.get_multiplexed_async_connection_with_config(&settings).await
    }

    fn take_idle(&self) -> Option<MultiplexedConnection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn forget_idle(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
