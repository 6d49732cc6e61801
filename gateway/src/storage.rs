//! The storage role: the truth about photos in SQLite, the relay that hands work and events on, and the internal
//! endpoints through which the other roles reach both. Exactly one process per platform.

use std::sync::Arc;

use axum::{Router, middleware};
use photo_adapters::{
    redis::{BullQueue, BullSettings, LogSettings, RedisEndpoint, RedisEventLog},
    s3::S3BlobStore,
    service_token::ServiceTokenVerifier,
    sqlite::SqliteMetadata,
};
use photo_core::{
    clock::Clock,
    port::{BlobStore, EventLog, JobQueue, MetadataStore},
};
use photo_runtime::health::{Need, check};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    request_id,
    role::{self, Role},
};

mod buckets;
pub(crate) mod config;
mod relay;
mod relay_metrics;
mod routes;

use config::StorageRoleConfig;
use relay::Relay;
use relay_metrics::RelayMetrics;

/// Runs the role until the process is told to stop.
pub(crate) async fn run(config: StorageRoleConfig) -> anyhow::Result<()> {
    let mut role = Role::start("storage", &config.log)?;
    let tokens = ServiceTokenVerifier::new(config.service_token.secret()?);
    let sqlite = config.sqlite;
    let store = tokio::task::spawn_blocking(move || SqliteMetadata::open(&sqlite, Clock::System)).await??;
    let redis = Arc::new(RedisEndpoint::new(&config.redis)?);
    let queue: Arc<dyn JobQueue> = Arc::new(BullQueue::new(Arc::clone(&redis), BullSettings::default()));
    let log: Arc<dyn EventLog> = Arc::new(RedisEventLog::new(redis, LogSettings::default()));
    let blobs: Arc<dyn BlobStore> = Arc::new(S3BlobStore::new(&config.store)?);
    let metadata: Arc<dyn MetadataStore> = Arc::new(store.clone());
    role.health.watch("sqlite", Need::Required, check(&metadata, |store| async move { store.ready().await }));
    role.health.watch("queue", Need::Deferred, check(&queue, |queue| async move { queue.ready().await }));
    role.health.watch("store", Need::Deferred, check(&blobs, |blobs| async move { blobs.ready().await }));
    let preparing = tokio::spawn(buckets::prepare(blobs, config.platform_uid, role.stop.clone()));
    let relay = Relay { store, queue, log, clock: Clock::System, metrics: RelayMetrics::register(&mut role.metrics) };
    let relaying = tokio::spawn(relay.run(role.stop.clone()));
    let app = Router::new()
        .merge(routes::routes(metadata, tokens))
        .layer(CatchPanicLayer::custom(role::panicked))
        .layer(middleware::from_fn_with_state(role.requests.clone(), request_id::attach));
    let served = role.serve(&config.listen, config.port, app).await;
    relaying.await?;
    preparing.await?;
    served
}
