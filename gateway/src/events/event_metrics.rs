//! The numbers of the events role.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

/// Sockets, events and what went wrong with them.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventMetrics {
    pub(crate) connections: Gauge,
    pub(crate) events: Counter,
    pub(crate) gaps: Counter,
    pub(crate) lagging: Counter,
}

impl EventMetrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register("eventbus_connections", "Sockets that are connected", metrics.connections.clone());
        registry.register("eventbus_events", "Events read from the log", metrics.events.clone());
        registry.register("eventbus_log_gaps", "Times that events were missing in the log", metrics.gaps.clone());
        let slow = "Times that a socket's queue was full";
        registry.register("eventbus_slow_clients", slow, metrics.lagging.clone());
        metrics
    }
}
