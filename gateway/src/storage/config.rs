//! The configuration of the storage role: environment variables, parsed once.

use photo_adapters::{
    http::HookConfig, redis::RedisConfig, s3::S3Config, service_token::ServiceTokenConfig, sqlite::SqliteConfig,
};
use photo_runtime::{failpoint::FailpointConfig, listener::ListenConfig, telemetry::LogConfig};

use super::{backup::BackupConfig, sweep::SweepConfig};

/// Settings of `photo-gateway storage`.
#[derive(Debug, clap::Args)]
pub struct StorageRoleConfig {
    /// Port of the internal endpoints.
    #[arg(long, env = "PORT", default_value_t = 3001)]
    pub(crate) port: u16,
    /// Marks the platform's objects in the buckets as its own; in a cluster the uid of the first `PhotoPlatform` that had
    /// them.
    #[arg(long, env = "PLATFORM_UID", default_value = "local")]
    pub(crate) platform_uid: String,
    #[command(flatten)]
    pub(crate) service_token: ServiceTokenConfig,
    #[command(flatten)]
    pub(crate) sqlite: SqliteConfig,
    #[command(flatten)]
    pub(crate) redis: RedisConfig,
    #[command(flatten)]
    pub(crate) store: S3Config,
    #[command(flatten)]
    pub(crate) sweep: SweepConfig,
    #[command(flatten)]
    pub(crate) backup: BackupConfig,
    #[command(flatten)]
    pub(crate) hook: HookConfig,
    #[command(flatten)]
    pub(crate) listen: ListenConfig,
    #[command(flatten)]
    pub(crate) log: LogConfig,
    #[command(flatten)]
    pub(crate) failpoint: FailpointConfig,
}
