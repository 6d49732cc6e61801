//! The events role as a process of its own: its ports are made from the environment.

use std::sync::Arc;

use axum::middleware;
use photo_adapters::{
    http::HttpMetadata,
    redis::{LogSettings, RedisEndpoint, RedisEventLog},
    service_token::CallerRole,
};
use photo_core::port::{EventLog, MetadataStore};
use photo_runtime::health::{Need, check};

use super::{Parts, config::EventsConfig};
use crate::{metrics::RequestMetrics, request_id, role::Role, user_token::UserTokens};

/// Runs the role until the process is told to stop.
///
/// # Errors
/// The configuration can't be used, or a port can't be listened on; the text says what to do.
pub async fn run(config: EventsConfig) -> anyhow::Result<()> {
    let mut role = Role::start("events", &config.log, &config.failpoint)?;
    let log: Arc<dyn EventLog> =
        Arc::new(RedisEventLog::new(Arc::new(RedisEndpoint::new(&config.redis)?), LogSettings::default()));
    let store: Arc<dyn MetadataStore> = Arc::new(HttpMetadata::from_config(&config.storage, CallerRole::Events)?);
    role.health.watch("log", Need::Required, check(&log, |log| async move { log.ready().await }));
    role.health.watch("storage", Need::Required, check(&store, |store| async move { store.ready().await }));
    let tokens = UserTokens::from_config(config.tokens)?;
    let parts = Parts { log, store, tokens, limits: config.limits, origins: config.cors_origins };
    let requests = RequestMetrics::register(&mut role.metrics);
    let (sockets, tasks) = parts.start(&mut role.metrics, &role.stop)?;
    let app = sockets.layer(middleware::from_fn_with_state(requests, request_id::attach));
    let served = role.serve(&config.listen, config.port, app).await;
    tasks.ended().await?;
    served
}
