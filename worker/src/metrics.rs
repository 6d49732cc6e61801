//! The numbers of a worker.

use std::time::Duration;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

/// Jobs by how they ended, how long runs took, how many are under way.
#[derive(Debug, Clone)]
pub struct WorkerMetrics {
    jobs: Family<OutcomeLabels, Counter>,
    seconds: Histogram,
    pub(crate) active: Gauge,
}

impl WorkerMetrics {
    /// Adds them to a registry, once per process.
    pub fn register(registry: &mut Registry) -> Self {
        let bounds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];
        let metrics = Self { jobs: Family::default(), seconds: Histogram::new(bounds), active: Gauge::default() };
        registry.register("worker_jobs", "Jobs taken, by how they ended", metrics.jobs.clone());
        registry.register("worker_job_duration_seconds", "Time from taking a job to its end", metrics.seconds.clone());
        registry.register("worker_active_jobs", "Jobs under way", metrics.active.clone());
        metrics
    }

    pub(crate) fn ended(&self, outcome: &'static str, elapsed: Duration) {
        self.jobs.get_or_create(&OutcomeLabels { outcome }).inc();
        self.seconds.observe(elapsed.as_secs_f64());
    }
}
