//! The users of a managed Redis: one per role, and the default user off.

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

/// What every client may do to its own connection.
const CONNECTION: &str = "+ping +hello +auth +select +client|setname +client|id +script|load";

/// What a user may do in a Redis that is the platform's alone, as rules of its access control lists. Nobody may delete
/// everything, change Redis or its users.
pub fn rules(user: RedisUser) -> String {
    let queues = "~bull:* ~eb:* ~epoch ~ready &photo:* &bull:* +@all -@admin -@dangerous +info";
    match user {
        RedisUser::Api => format!("resetkeys resetchannels -@all {CONNECTION}"),
        RedisUser::Storage | RedisUser::Worker => format!("resetkeys resetchannels {queues} {CONNECTION}"),
        RedisUser::Events => format!(
            "resetkeys resetchannels ~eb:* ~epoch -@all +@read +set +eval +evalsha -@dangerous +info {CONNECTION}"
        ),
        RedisUser::Admin => "allkeys allchannels +@all -@admin -@dangerous +info +slowlog|get +client|list".to_owned(),
    }
}

/// A line of the list of users. Only the hash of the password is in it.
pub(super) fn line(user: RedisUser, password: &str, rules: &str) -> String {
    format!("user {} on #{} {rules}", user.as_str(), hex::encode(Sha256::digest(password)))
}

/// The line without which everybody could do everything.
pub(super) const NOBODY: &str = "user default off resetpass resetkeys resetchannels -@all";
