//! The probe listener: `/livez`, `/readyz`, `/health`, `/metrics`, apart from the role's own port so that several roles
//! can run side by side and metrics are not reachable from outside.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus_client::{encoding::text::encode, registry::Registry};

use crate::health::Health;

/// All four paths, for the probe listener.
pub fn routes(health: Health, metrics: Arc<Registry>) -> Router {
    health_routes(health).merge(Router::new().route("/metrics", get(show_metrics)).with_state(metrics))
}

/// The three paths without metrics, for the role's own port.
pub fn health_routes(health: Health) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/health", get(report))
        .with_state(health)
}

async fn ready(State(health): State<Health>) -> Response {
    if health.is_ready() {
        return "ok\n".into_response();
    }
    let reason = health.first_missing().unwrap_or("stopping");
    (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")).into_response()
}

async fn report(State(health): State<Health>) -> Response {
    let status = if health.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health.report())).into_response()
}

async fn show_metrics(State(metrics): State<Arc<Registry>>) -> Response {
    let mut text = String::new();
    match encode(&mut text, &metrics) {
        Ok(()) => {
            let format = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, format)], text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "metrics can't be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
