//! The configuration of the events role: environment variables, parsed once.

use photo_adapters::{http::StorageConfig, redis::RedisConfig};
use photo_runtime::{failpoint::FailpointConfig, listener::ListenConfig, telemetry::LogConfig};

use crate::user_token::UserTokenConfig;

/// Settings of `photo-gateway events`.
#[derive(Debug, clap::Args)]
pub struct EventsConfig {
    /// Port of `/socket.io`.
    #[arg(long, env = "PORT", default_value_t = 3003)]
    pub(crate) port: u16,
    /// Origins whose pages may connect, separated by commas, such as `https://photos.example.org`. Without any, only
    /// pages of the host that the request is for.
    #[arg(long, env = "CORS_ORIGINS", value_delimiter = ',')]
    pub(crate) cors_origins: Vec<String>,
    #[command(flatten)]
    pub(crate) limits: SocketLimits,
    #[command(flatten)]
    pub(crate) redis: RedisConfig,
    #[command(flatten)]
    pub(crate) storage: StorageConfig,
    #[command(flatten)]
    pub(crate) tokens: UserTokenConfig,
    #[command(flatten)]
    pub(crate) listen: ListenConfig,
    #[command(flatten)]
    pub(crate) log: LogConfig,
    #[command(flatten)]
    pub(crate) failpoint: FailpointConfig,
}

/// What one socket may do.
#[derive(Debug, Clone, clap::Args)]
pub struct SocketLimits {
    /// Seconds between pings.
    #[arg(long, env = "PING_PERIOD_SECONDS", default_value_t = Self::DEFAULT.ping_period_seconds)]
    pub ping_period_seconds: u64,
    /// Seconds that a client has for its pong.
    #[arg(long, env = "PING_TIMEOUT_SECONDS", default_value_t = Self::DEFAULT.ping_timeout_seconds)]
    pub ping_timeout_seconds: u64,
    /// Longest message of a client in bytes.
    #[arg(long, env = "MAX_PAYLOAD_BYTES", default_value_t = Self::DEFAULT.max_payload_bytes)]
    pub max_payload_bytes: usize,
}

impl SocketLimits {
    const DEFAULT: Self = Self { ping_period_seconds: 25, ping_timeout_seconds: 60, max_payload_bytes: 64 * 1024 };
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
