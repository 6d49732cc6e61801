//! The users of a managed Redis: one per role, and the default user off.

use photo_adapters::redis::{RedisRole, acl_rules};
use sha2::{Digest, Sha256};

/// Who has a user in Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RedisUser {
    /// The api role.
    Api,
    /// The storage role.
    Storage,
    /// The events role.
    Events,
    /// Workers.
    Worker,
    /// People who look for a fault; no process uses it.
    Admin,
}

impl RedisUser {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Api, Self::Storage, Self::Events, Self::Worker, Self::Admin];

    /// Its name in Redis, and the key of its password in the generated Secret.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Storage => "storage",
            Self::Events => "events",
            Self::Worker => "worker",
            Self::Admin => "admin",
        }
    }
}

/// What a user may do in a Redis that is the platform's alone, as rules of its access control lists: the least that each
/// role needs. Nobody may delete everything, change Redis or its users.
pub fn rules(user: RedisUser) -> String {
    let role = match user {
        RedisUser::Api => RedisRole::Api,
        RedisUser::Storage => RedisRole::Storage,
        RedisUser::Events => RedisRole::Events,
        RedisUser::Worker => RedisRole::Worker,
        RedisUser::Admin => {
            return "allkeys allchannels +@all -@admin -@dangerous +info +slowlog|get +client|list".to_owned();
        }
    };
    // The keys of a Redis that nobody shares have no prefix.
    acl_rules(role, "").join(" ")
}

/// A line of the list of users. Only the hash of the password is in it.
pub(super) fn line(user: RedisUser, password: &str, rules: &str) -> String {
    format!("user {} on #{} {rules}", user.as_str(), hex::encode(Sha256::digest(password)))
}

/// The line without which everybody could do everything.
pub(super) const NOBODY: &str = "user default off resetpass resetkeys resetchannels -@all";
