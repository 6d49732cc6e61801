//! The numbers of the deletions.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

/// Photos whose objects are gone, tries that failed, and photos that still have some.
#[derive(Debug, Clone, Default)]
pub(crate) struct DeletionMetrics {
    pub(crate) deleted: Counter,
    pub(crate) failures: Counter,
    pub(crate) pending: Gauge,
}

impl DeletionMetrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register("deletions", "Photos deleted with everything stored of them", metrics.deleted.clone());
        registry.register("deletion_failures", "Deletions that failed and are tried again", metrics.failures.clone());
        let pending = "Deleted photos of which something is still stored";
        registry.register("deletions_pending", pending, metrics.pending.clone());
        metrics
    }
}
