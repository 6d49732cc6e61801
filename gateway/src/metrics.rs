//! The numbers of a role. No label holds what a client sends.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    /// The route's template, never the path.
    route: String,
    status: u16,
}

/// Requests by route and status, and how long they took.
#[derive(Debug, Clone)]
pub(crate) struct RequestMetrics {
    total: Family<RequestLabels, Counter>,
    seconds: Histogram,
}

impl RequestMetrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
        let metrics = Self { total: Family::default(), seconds: Histogram::new(bounds) };
        registry.register("http_requests", "Requests answered", metrics.total.clone());
        registry.register("http_request_duration_seconds", "Time to answer a request", metrics.seconds.clone());
        metrics
    }

    pub(crate) fn observe(&self, method: &Method, route: &str, status: StatusCode, elapsed: Duration) {
        let labels = RequestLabels { method: method_label(method), route: route.to_owned(), status: status.as_u16() };
        self.total.get_or_create(&labels).inc();
        self.seconds.observe(elapsed.as_secs_f64());
    }
}

/// A method as a label; a client can invent methods, but no series.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "PATCH" => "PATCH",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
