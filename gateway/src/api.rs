//! The api role: takes uploads, answers questions about photos, serves the page and passes `/socket.io` on.
//!
//! It holds no state of its own but the files that are on their way in.

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, middleware, routing};
use photo_core::{
    pipeline::PipelineName,
    platform::{PlatformSpec, UploadSpec},
    port::{BlobStore, MetadataStore},
};
use photo_runtime::health::Health;
use prometheus_client::registry::Registry;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    metrics::RequestMetrics,
    problem::{Code, Problem},
    request_id, role,
    user_token::UserTokens,
};

mod blob_response;
mod body_rest;
mod changes;
mod config;
mod consistency;
mod dead_letters;
mod identity;
mod page;
mod photo_view;
mod photos;
mod process;
mod socket_proxy;
mod spool;
mod upload;
mod upload_metrics;

pub use config::ApiConfig;
pub use process::run;
pub use spool::SpoolConfig;

use spool::Spool;
use upload_metrics::UploadMetrics;

/// What the role is made of.
pub struct Parts {
    /// Accepts photos and knows them.
    pub store: Arc<dyn MetadataStore>,
    /// Takes and serves their bytes.
    pub blobs: Arc<dyn BlobStore>,
    /// Verifies users.
    pub tokens: UserTokens,
    /// Where uploads are gathered.
    pub spool: SpoolConfig,
    /// Limits of uploads, and the pipeline of those that name none.
    pub platform: PlatformSpec,
    /// Uploads are refused while something required is missing here.
    pub health: Health,
}

/// What the handlers need.
#[derive(Clone)]
struct Api {
    store: Arc<dyn MetadataStore>,
    blobs: Arc<dyn BlobStore>,
    tokens: UserTokens,
    spool: Arc<Spool>,
    limits: UploadSpec,
    default_pipeline: Option<PipelineName>,
    health: Health,
    uploads: UploadMetrics,
}

impl Parts {
    /// The role's routes, with `sockets` serving `/socket.io/`.
    ///
    /// # Errors
    /// The scratch folder can't be used.
    pub fn routes(self, sockets: Router, metrics: &mut Registry) -> anyhow::Result<Router> {
        let requests = RequestMetrics::register(metrics);
        let limits = self.platform.gateway.upload;
        let api = Api {
            store: self.store,
            blobs: self.blobs,
            tokens: self.tokens,
            spool: Arc::new(Spool::new(self.spool, limits.max_bytes)?),
            limits,
            default_pipeline: self.platform.default_pipeline_ref.map(|reference| reference.name),
            health: self.health,
            uploads: UploadMetrics::register(metrics),
        };
        Ok(routes(api, sockets)
            .layer(CatchPanicLayer::custom(role::panicked))
            .layer(middleware::from_fn_with_state(requests, request_id::attach)))
    }
}

fn routes(api: Api, sockets: Router) -> Router {
    let read_rest = middleware::from_fn(body_rest::read_rest);
    let photos = Router::new()
        .route("/photos", routing::get(photos::list))
        .route(
            "/photos/upload",
            routing::post(upload::upload).layer(DefaultBodyLimit::disable()).layer(read_rest.clone()),
        )
        .route("/photos/{id}", routing::get(photos::show).delete(changes::delete))
        .route("/photos/{id}/reprocess", routing::post(changes::reprocess).layer(read_rest))
        .route("/photos/{id}/cancel", routing::post(changes::cancel))
        .route("/photos/{id}/log", routing::get(changes::log))
        .route("/photos/{id}/original", routing::get(photos::original))
        .route("/photos/{id}/variants/{name}", routing::get(photos::variant))
        .route("/pipelines", routing::get(photos::pipelines))
        .route("/admin/consistency", routing::get(consistency::show))
        .route("/admin/dead-letters", routing::get(dead_letters::list))
        .route("/admin/dead-letters/retry", routing::post(dead_letters::retry_page))
        .route("/admin/dead-letters/{id}", routing::get(dead_letters::show).delete(dead_letters::discard))
        .route("/admin/dead-letters/{id}/retry", routing::post(dead_letters::retry));
    Router::new()
        .nest("/api", photos.clone().fallback(no_such_path))
        .merge(photos)
        .method_not_allowed_fallback(no_such_method)
        .fallback(page::asset)
        .with_state(api)
        .merge(sockets)
}

async fn no_such_path() -> Problem {
    Problem::new(Code::NotFound, "There is no such path.")
}

async fn no_such_method() -> Problem {
    Problem::new(Code::MethodNotAllowed, "This path exists, but not for this method.")
}
