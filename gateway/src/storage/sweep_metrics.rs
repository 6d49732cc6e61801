//! The numbers of the sweep.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

/// What sweeps found and did.
#[derive(Debug, Clone, Default)]
pub(crate) struct SweepMetrics {
    pub(crate) sweeps: Counter,
    pub(crate) failures: Counter,
    pub(crate) removed: Counter,
    pub(crate) quarantined: Counter,
    /// Whether the database was restored, and nothing is removed until that is settled.
    pub(crate) restored: Gauge,
    pub(crate) missing: Gauge,
    unreferenced: Gauge,
    foreign: Gauge,
}

impl SweepMetrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register("sweeps", "Sweeps through all objects that came to their end", metrics.sweeps.clone());
        registry.register("sweep_failures", "Sweeps that broke off", metrics.failures.clone());
        registry.register("sweep_removed", "Objects removed that no photo names", metrics.removed.clone());
        let quarantined = "Originals put out of the way that no photo names";
        registry.register("sweep_quarantined", quarantined, metrics.quarantined.clone());
        let restored = "1 while the database is a restored one and nothing is removed, until `restore --clear`";
        registry.register("database_restored", restored, metrics.restored.clone());
        let unreferenced = "Objects that no photo names and that are still there, by the last sweep";
        registry.register("unreferenced_objects", unreferenced, metrics.unreferenced.clone());
        let missing = "Objects that photos name and that are not there, by the last sweep";
        registry.register("missing_objects", missing, metrics.missing.clone());
        let foreign = "Objects below the platform's prefix that are not its own, by the last sweep";
        registry.register("foreign_objects", foreign, metrics.foreign.clone());
        metrics
    }

    /// A sweep came to its end.
    pub(crate) fn ended(&self, unreferenced: u64, foreign: u64) {
        self.sweeps.inc();
        self.unreferenced.set(i64::try_from(unreferenced).unwrap_or(i64::MAX));
        self.foreign.set(i64::try_from(foreign).unwrap_or(i64::MAX));
    }
}
