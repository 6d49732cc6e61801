//! The numbers of the relay.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::{Registry, Unit},
};

/// What was handed on, what failed, and how long the oldest entry has been waiting.
#[derive(Debug, Clone, Default)]
pub(crate) struct RelayMetrics {
    pub(crate) relayed: Counter,
    pub(crate) failed: Counter,
    pub(crate) reopened: Counter,
    pub(crate) oldest_seconds: Gauge<f64, AtomicU64>,
}

impl RelayMetrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register("outbox_relayed", "Outbox entries handed on", metrics.relayed.clone());
        registry.register("outbox_failures", "Outbox entries that could not be handed on", metrics.failed.clone());
        let reopened = "Open photos enqueued again because the queue had lost their jobs";
        registry.register("outbox_reopened", reopened, metrics.reopened.clone());
        let oldest = "Age of the oldest outbox entry";
        registry.register_with_unit("outbox_oldest_age", oldest, Unit::Seconds, metrics.oldest_seconds.clone());
        metrics
    }
}
