//! The api role: takes uploads, answers questions about photos, serves the page and passes `/socket.io` on.
//!
//! It holds no state of its own but the files that are on their way in.

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, middleware, routing};
use photo_adapters::{http::HttpMetadata, s3::S3BlobStore, service_token::CallerRole};
use photo_core::{
    pipeline::PipelineName,
    platform::UploadSpec,
    port::{BlobStore, MetadataStore},
};
use photo_runtime::health::{Health, Need, check};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    problem::{Code, Problem},
    request_id,
    role::{self, Role},
    user_token::UserTokens,
};

mod blob_response;
mod body_rest;
pub(crate) mod config;
mod identity;
mod page;
mod photo_view;
mod photos;
mod socket_proxy;
mod spool;
mod upload;
mod upload_metrics;

use config::ApiConfig;
use socket_proxy::SocketProxy;
use spool::Spool;
use upload_metrics::UploadMetrics;

/// What the handlers need.
#[derive(Clone)]
pub(crate) struct Api {
    store: Arc<dyn MetadataStore>,
    blobs: Arc<dyn BlobStore>,
    tokens: UserTokens,
    spool: Arc<Spool>,
    limits: UploadSpec,
    default_pipeline: Option<PipelineName>,
    health: Health,
    uploads: UploadMetrics,
}

/// Runs the role until the process is told to stop.
pub(crate) async fn run(config: ApiConfig) -> anyhow::Result<()> {
    let mut role = Role::start("api", &config.log)?;
    let platform = config.platform()?;
    let store: Arc<dyn MetadataStore> = Arc::new(HttpMetadata::from_config(&config.storage, CallerRole::Api)?);
    let blobs: Arc<dyn BlobStore> = Arc::new(S3BlobStore::new(&config.store)?);
    role.health.watch("storage", Need::Required, check(&store, |store| async move { store.ready().await }));
    role.health.watch("store", Need::Required, check(&blobs, |blobs| async move { blobs.ready().await }));
    let limits = platform.gateway.upload;
    let api = Api {
        store,
        blobs,
        tokens: UserTokens::from_config(config.tokens)?,
        spool: Arc::new(Spool::new(config.spool, limits.max_bytes)?),
        limits,
        default_pipeline: platform.default_pipeline_ref.map(|reference| reference.name),
        health: role.health.clone(),
        uploads: UploadMetrics::register(&mut role.metrics),
    };
    let proxy = SocketProxy::new(&config.events_url)?;
    let app = routes(api, proxy, &role);
    role.serve(&config.listen, config.port, app).await
}

fn routes(api: Api, proxy: SocketProxy, role: &Role) -> Router {
    let read_rest = middleware::from_fn(body_rest::read_rest);
    let photos = Router::new()
        .route("/photos", routing::get(photos::list))
        .route("/photos/upload", routing::post(upload::upload).layer(DefaultBodyLimit::disable()).layer(read_rest))
        .route("/photos/{id}", routing::get(photos::show))
        .route("/photos/{id}/original", routing::get(photos::original))
        .route("/photos/{id}/variants/{name}", routing::get(photos::variant))
        .route("/pipelines", routing::get(photos::pipelines));
    let sockets = Router::new().route("/socket.io/", routing::any(socket_proxy::forward)).with_state(proxy);
    Router::new()
        .nest("/api", photos.clone().fallback(no_such_path))
        .merge(photos)
        .method_not_allowed_fallback(no_such_method)
        .fallback(page::asset)
        .with_state(api)
        .merge(sockets)
        .layer(CatchPanicLayer::custom(role::panicked))
        .layer(middleware::from_fn_with_state(role.requests.clone(), request_id::attach))
}

async fn no_such_path() -> Problem {
    Problem::new(Code::NotFound, "There is no such path.")
}

async fn no_such_method() -> Problem {
    Problem::new(Code::MethodNotAllowed, "This path exists, but not for this method.")
}
