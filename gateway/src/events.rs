//! The events role: tails the event log and tells each event to the sockets whose rooms it belongs to.
//!
//! Any number of replicas run side by side without knowing of one another: each reads the whole log. Nothing here is
//! the truth about a photo; a client that missed something asks for a snapshot.

use std::sync::Arc;

use axum::middleware;
use photo_adapters::{
    http::HttpMetadata,
    redis::{LogSettings, RedisEndpoint, RedisEventLog},
    service_token::CallerRole,
};
use photo_core::port::{EventLog, MetadataStore};
use photo_runtime::health::{Need, check};

use crate::{request_id, role::Role, user_token::UserTokens};

mod access;
pub(crate) mod config;
mod event_metrics;
mod messages;
mod origin;
mod tail;
mod transport;

use access::Access;
use config::EventsConfig;
use event_metrics::EventMetrics;
use origin::AllowedOrigins;
use transport::Sockets;

/// Runs the role until the process is told to stop.
pub(crate) async fn run(config: EventsConfig) -> anyhow::Result<()> {
    let mut role = Role::start("events", &config.log)?;
    let log: Arc<dyn EventLog> =
        Arc::new(RedisEventLog::new(Arc::new(RedisEndpoint::new(&config.redis)?), LogSettings::default()));
    let store: Arc<dyn MetadataStore> = Arc::new(HttpMetadata::from_config(&config.storage, CallerRole::Events)?);
    role.health.watch("log", Need::Required, check(&log, |log| async move { log.ready().await }));
    role.health.watch("storage", Need::Required, check(&store, |store| async move { store.ready().await }));
    let metrics = EventMetrics::register(&mut role.metrics);
    let access = Access::new(UserTokens::from_config(config.tokens)?, store);
    let (sockets, routes) = Sockets::new(access, metrics.clone(), &config.limits);
    let tailing = tokio::spawn(tail::follow(log, sockets.clone(), metrics, role.stop.clone()));
    let keeping = tokio::spawn(sockets.clone().mend_lagging(role.stop.clone()));
    let origins = AllowedOrigins::new(config.cors_origins)?;
    let app = routes
        .layer(middleware::from_fn_with_state(origins, origin::guard))
        .layer(middleware::from_fn_with_state(role.requests.clone(), request_id::attach));
    let stop = role.stop.clone();
    let closing = tokio::spawn(async move {
        stop.cancelled().await;
        sockets.close().await;
    });
    let served = role.serve(&config.listen, config.port, app).await;
    closing.await?;
    keeping.await?;
    tailing.await?;
    served
}
