//! Where the storage role is, and the key of the tokens that it takes.

use reqwest::Url;

use crate::service_token::ServiceTokenConfig;

/// How the other roles reach the storage role.
#[derive(Debug, Clone, clap::Args)]
pub struct StorageConfig {
    /// The storage role, for example <http://127.0.0.1:3001>.
    #[arg(id = "storage_url", long = "storage-url", env = "STORAGE_URL", value_name = "STORAGE_URL")]
    pub url: Url,
    /// The key of the tokens between roles.
    #[command(flatten)]
    pub service_token: ServiceTokenConfig,
}
