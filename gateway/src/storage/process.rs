//! The storage role as a process of its own: its ports are made from the environment, and the other roles reach it
//! through its internal endpoints.

use std::sync::Arc;

use axum::{Router, middleware};
use photo_adapters::{
    http::Hook,
    redis::{BullQueue, BullSettings, LogSettings, RedisEndpoint, RedisEventLog},
    s3::{S3BlobStore, StoreRights},
    service_token::ServiceTokenVerifier,
    sqlite::SqliteMetadata,
};
use photo_core::{
    blob_key::BucketPurpose,
    clock::Clock,
    port::{BlobStore, EventLog, JobQueue, MetadataStore},
};
use photo_runtime::health::{Need, check};
use tower_http::catch_panic::CatchPanicLayer;

use super::{Parts, config::StorageRoleConfig, routes};
use crate::{
    metrics::RequestMetrics,
    request_id,
    role::{self, Role},
};

/// What marking the buckets, deleting photos, the sweep and backups need.
const RIGHTS: StoreRights = StoreRights {
    reads: &[BucketPurpose::Originals, BucketPurpose::LargeOriginals, BucketPurpose::Backups],
    writes: &BucketPurpose::ALL,
};

/// Runs the role until the process is told to stop.
///
/// # Errors
/// The configuration or the database can't be used, or a port can't be listened on; the text says what to do.
pub async fn run(config: StorageRoleConfig) -> anyhow::Result<()> {
    let mut role = Role::start("storage", &config.log, &config.failpoint)?;
    let tokens = ServiceTokenVerifier::new(config.service_token.secret()?);
    let hook = Hook::from_config(config.hook)?;
    let sqlite = config.sqlite;
    let store = tokio::task::spawn_blocking(move || SqliteMetadata::open(&sqlite, Clock::System)).await??;
    let redis = Arc::new(RedisEndpoint::new(&config.redis)?);
    let queue: Arc<dyn JobQueue> = Arc::new(BullQueue::new(Arc::clone(&redis), BullSettings::default()));
    let log: Arc<dyn EventLog> = Arc::new(RedisEventLog::new(redis, LogSettings::default()));
    let blobs: Arc<dyn BlobStore> = Arc::new(S3BlobStore::new(&config.store)?.proving(RIGHTS));
    let metadata: Arc<dyn MetadataStore> = Arc::new(store.clone());
    role.health.watch("sqlite", Need::Required, check(&metadata, |store| async move { store.ready().await }));
    role.health.watch("queue", Need::Deferred, check(&queue, |queue| async move { queue.ready().await }));
    let owner = config.platform_uid.clone();
    let claims = move |queue: Arc<dyn JobQueue>| {
        let owner = owner.clone();
        async move { queue.epoch(&owner).await.map(drop) }
    };
    role.health.watch("queueOwner", Need::Deferred, check(&queue, claims));
    role.health.watch("store", Need::Deferred, check(&blobs, |blobs| async move { blobs.ready().await }));
    let requests = RequestMetrics::register(&mut role.metrics);
    let queues = routes::Queues { store: store.clone(), queue: Arc::clone(&queue) };
    let parts = Parts {
        store,
        queue,
        log,
        blobs,
        platform_uid: config.platform_uid,
        sweep: config.sweep,
        backup: config.backup,
        hook,
        health: role.health.clone(),
    };
    let tasks = parts.start(&mut role.metrics, &role.stop);
    let app = Router::new()
        .merge(routes::routes(metadata, queues, tokens))
        .layer(CatchPanicLayer::custom(role::panicked))
        .layer(middleware::from_fn_with_state(requests, request_id::attach));
    let served = role.serve(&config.listen, config.port, app).await;
    tasks.ended().await?;
    served
}
