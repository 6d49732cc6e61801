//! The configuration of the api role: environment variables, parsed once.

use std::path::PathBuf;

use anyhow::Context;
use photo_adapters::{http::StorageConfig, s3::S3Config};
use photo_core::platform::PlatformSpec;
use photo_runtime::{failpoint::FailpointConfig, listener::ListenConfig, telemetry::LogConfig};

use super::spool::SpoolConfig;
use crate::user_token::UserTokenConfig;

/// Settings of `photo-gateway api`.
#[derive(Debug, clap::Args)]
pub struct ApiConfig {
    /// Port of the API and the web page.
    #[arg(long, env = "PORT", default_value_t = 3000)]
    pub(crate) port: u16,
    /// The events role, to which `/socket.io` is passed on.
    #[arg(long, env = "EVENTS_URL", default_value = "http://localhost:3003")]
    pub(crate) events_url: String,
    /// YAML file with the `spec` of the `PhotoPlatform`; without it the defaults hold.
    #[arg(long, env = "PLATFORM_FILE")]
    platform_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) spool: SpoolConfig,
    #[command(flatten)]
    pub(crate) storage: StorageConfig,
    #[command(flatten)]
    pub(crate) store: S3Config,
    #[command(flatten)]
    pub(crate) tokens: UserTokenConfig,
    #[command(flatten)]
    pub(crate) listen: ListenConfig,
    #[command(flatten)]
    pub(crate) log: LogConfig,
    #[command(flatten)]
    pub(crate) failpoint: FailpointConfig,
}

impl ApiConfig {
    /// The platform's settings.
    pub(crate) fn platform(&self) -> anyhow::Result<PlatformSpec> {
        let Some(path) = &self.platform_file else { return Ok(PlatformSpec::default()) };
        let text =
            std::fs::read_to_string(path).with_context(|| format!("PLATFORM_FILE: can't read {}", path.display()))?;
        serde_saphyr::from_str(&text)
            .with_context(|| format!("PLATFORM_FILE: {} is not a platform's spec", path.display()))
    }
}
