//! The api role as a process of its own: its ports are made from the environment.

use std::sync::Arc;

use photo_adapters::{
    http::HttpMetadata,
    s3::{S3BlobStore, StoreRights},
    service_token::CallerRole,
};
use photo_core::{
    blob_key::BucketPurpose,
    port::{BlobStore, MetadataStore},
};
use photo_runtime::health::{Need, check};

use super::{Parts, config::ApiConfig, socket_proxy::SocketProxy};
use crate::{role::Role, user_token::UserTokens};

/// What uploads and downloads need.
const RIGHTS: StoreRights = StoreRights {
    reads: &[BucketPurpose::Originals, BucketPurpose::LargeOriginals, BucketPurpose::Variants],
    writes: &[BucketPurpose::Originals, BucketPurpose::LargeOriginals],
};

/// Runs the role until the process is told to stop.
///
/// # Errors
/// The configuration can't be used, or a port can't be listened on; the text says what to do.
pub async fn run(config: ApiConfig) -> anyhow::Result<()> {
    let mut role = Role::start("api", &config.log, &config.failpoint)?;
    let platform = config.platform()?;
    let store: Arc<dyn MetadataStore> = Arc::new(HttpMetadata::from_config(&config.storage, CallerRole::Api)?);
    let blobs: Arc<dyn BlobStore> = Arc::new(S3BlobStore::new(&config.store)?.proving(RIGHTS));
    role.health.watch("storage", Need::Required, check(&store, |store| async move { store.ready().await }));
    role.health.watch("store", Need::Required, check(&blobs, |blobs| async move { blobs.ready().await }));
    let tokens = UserTokens::from_config(config.tokens)?;
    let parts = Parts { store, blobs, tokens, spool: config.spool, platform, health: role.health.clone() };
    let sockets = SocketProxy::new(&config.events_url)?.routes();
    let app = parts.routes(sockets, &mut role.metrics)?;
    role.serve(&config.listen, config.port, app).await
}
