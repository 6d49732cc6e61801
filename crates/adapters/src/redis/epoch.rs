//! The name of Redis' present life, kept in Redis itself: a Redis that lost its data has lost the name too.

use std::sync::LazyLock;

use photo_core::port::PortError;
use redis::Script;
use uuid::Uuid;

use super::connection::RedisEndpoint;

static NAME: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/epoch.lua")));

/// The epoch's name; a new life gets one here.
pub(super) async fn name(endpoint: &RedisEndpoint) -> Result<String, PortError> {
    endpoint.script("reading the epoch of Redis", &NAME, &[key(endpoint)], &[&new_name()]).await
}

/// The key that holds the name.
pub(super) fn key(endpoint: &RedisEndpoint) -> String {
    endpoint.name("epoch")
}

/// A name for a new life, used where there is none.
pub(super) fn new_name() -> String {
    Uuid::new_v4().simple().to_string()
}
