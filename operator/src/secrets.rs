//! The Secrets of a platform: those that are generated, those that are referenced, and in which versions pods have them.

mod content;
mod plan;
mod redis_users;
mod versions;

pub use content::{Random, content, renewed_users};
pub use plan::{PlannedSecret, RequiredSecret, left_over, planned, referenced};
pub use redis_users::{RedisUser, rules};
pub use versions::SecretVersions;

/// Keys of Secrets.
pub mod key {
    /// Redis' list of users, generated.
    pub const REDIS_USERS: &str = "users.acl";
    /// The user of an external Redis.
    pub const REDIS_USERNAME: &str = "username";
    /// The password of an external Redis.
    pub const REDIS_PASSWORD: &str = "password";
    /// The access key of an object store.
    pub const ACCESS: &str = "accessKey";
    /// The secret key of an object store.
    pub const SECRET: &str = "secretKey";
    /// The key of tokens between roles.
    pub const SERVICE: &str = "key";
    /// The key of users' tokens.
    pub const JWT: &str = "secret";
    /// The key of the signatures of calls that tell of dead letters.
    pub const HOOK: &str = "secret";
}
