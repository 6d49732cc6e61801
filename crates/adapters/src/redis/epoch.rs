//! The name of Redis' present life, kept in Redis itself: a Redis that lost its data has lost the name too. Beside it, for
//! as long as it asks, whose the queues are.

use std::sync::LazyLock;

use photo_core::port::{ErrorKind, PortError, Reason, job_queue::OWNED_FOR};
use redis::Script;
use uuid::Uuid;

use super::connection::RedisEndpoint;

static NAME: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/epoch.lua")));

/// The epoch's name, for the platform that owns the queues; a new life gets one here. Twice [`OWNED_FOR`] is claimed
/// and half of it is left at least, so that it need not be written each time.
pub(super) async fn name(endpoint: &RedisEndpoint, owner: &str) -> Result<String, PortError> {
    let attempt = "reading the epoch of Redis";
    let (keys, lasts) = ([key(endpoint), endpoint.name("owner")], (OWNED_FOR * 2).as_millis().to_string());
    let found: Vec<String> = endpoint.script(attempt, &NAME, &keys, &[&new_name(), owner, &lasts]).await?;
    match <[String; 2]>::try_from(found) {
        Ok([_, epoch]) => Ok(epoch),
        Err(found) => {
            let holder = found.into_iter().next().unwrap_or_default();
            let text = format!(
                "{attempt}: the queues behind this prefix belong to the platform `{holder}`: choose another REDIS_PREFIX"
            );
            Err(PortError::new(ErrorKind::Conflict, text).because(Reason::Misconfigured))
        }
    }
}

/// The key that holds the name.
pub(super) fn key(endpoint: &RedisEndpoint) -> String {
    endpoint.name("epoch")
}

/// A name for a new life, used where there is none.
pub(super) fn new_name() -> String {
    Uuid::new_v4().simple().to_string()
}
