//! What every request carries: an id that the client sees and a trace that continues in jobs and events.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue},
    middleware::Next,
    response::Response,
};
use photo_core::trace::TraceParent;
use tracing::Instrument;

use crate::metrics::RequestMetrics;

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request that this task answers; `none` outside of one.
pub(crate) fn current() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_else(|_| "none".to_owned())
}

/// The trace of a request: the caller's, where it sent one. An extension of every request below [`attach`].
#[derive(Debug, Clone)]
pub(crate) struct Trace(pub(crate) TraceParent);

/// Asked by every role several times a second: well answered it is no news.
pub(crate) const ROUTINE: &str = "/internal/ready";

/// Middleware: gives the request an id and a trace, logs its end, counts it.
pub(crate) async fn attach(State(metrics): State<RequestMetrics>, mut request: Request, next: Next) -> Response {
    let id = uuid::Uuid::now_v7().to_string();
    let trace = incoming_trace(request.headers());
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let span = tracing::info_span!("request", request_id = %id, trace_id = trace.trace_id(), %method, route);
    request.extensions_mut().insert(Trace(trace));
    let is_routine = route == ROUTINE;
    let started = Instant::now();
    let answered = CURRENT.scope(id.clone(), next.run(request)).instrument(span.clone());
    let mut response = answered.await;
    let elapsed = started.elapsed();
    metrics.observe(&method, &route, response.status(), elapsed);
    span.in_scope(|| {
        let (status, milliseconds) = (response.status().as_u16(), elapsed.as_millis());
        if is_routine && response.status().is_success() {
            tracing::debug!(status, milliseconds, "answered");
        } else {
            tracing::info!(status, milliseconds, "answered");
        }
    });
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

fn incoming_trace(headers: &HeaderMap) -> TraceParent {
    let sent = headers.get("traceparent").and_then(|value| value.to_str().ok());
    sent.and_then(|text| text.parse::<TraceParent>().ok()).map_or_else(TraceParent::generate, |trace| trace.child())
}
