//! Only as much of `photo-gateway storage` as the laws of the metadata store need; the whole of it is the lead's.

use std::sync::Arc;

use clap::Parser;
use photo_adapters::{
    service_token::{ServiceTokenConfig, ServiceTokenVerifier},
    sqlite::{SqliteConfig, SqliteMetadata},
};
use photo_core::clock::Clock;
use photo_runtime::{listener, listener::ListenConfig, shutdown};

mod storage;

#[derive(Debug, Parser)]
enum Role {
    Storage(StorageRole),
}

#[derive(Debug, clap::Args)]
struct StorageRole {
    #[command(flatten)]
    listen: ListenConfig,
    #[arg(long, env = "PORT", default_value_t = 3001)]
    port: u16,
    #[command(flatten)]
    sqlite: SqliteConfig,
    #[command(flatten)]
    tokens: ServiceTokenConfig,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Role::Storage(role) = Role::parse();
    let store = SqliteMetadata::open(&role.sqlite, Clock::System)?;
    let tokens = ServiceTokenVerifier::new(role.tokens.resolve()?)?;
    let listener = role.listen.bind(role.port).await?;
    let routes = storage::routes::routes(Arc::new(store), tokens);
    listener::serve(listener, routes, shutdown::on_signal()?, role.listen.shutdown_timeout()).await
}
