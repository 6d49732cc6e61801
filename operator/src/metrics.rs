//! The operator's own metrics.

use std::hash::Hash;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::scalings::Scaling;

/// Counters of what the operator did. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    reconciles: Family<ReconcileLabels, Counter>,
    steps: Family<KindLabels, Counter>,
    watch_failures: Counter,
    leading: Gauge,
    workers_desired: Family<PipelineLabels, Gauge>,
    workers_recommended: Family<PipelineLabels, Gauge>,
    queue_observed: Family<PipelineLabels, Gauge>,
    events_desired: Family<PlatformLabels, Gauge>,
    events_recommended: Family<PlatformLabels, Gauge>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PipelineLabels {
    namespace: String,
    pipeline: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PlatformLabels {
    namespace: String,
    platform: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReconcileLabels {
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabels {
    kind: &'static str,
}

impl Metrics {
    /// Counters that `registry` tells of.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register("reconciles", "Reconciles by kind and outcome", metrics.reconciles.clone());
        registry.register("child_writes", "Children applied or deleted, by kind", metrics.steps.clone());
        registry.register("watch_failures", "Watches that broke off", metrics.watch_failures.clone());
        registry.register("leading", "1 while this replica holds the lease", metrics.leading.clone());
        let desired = "Workers that a pipeline is to have";
        registry.register("workers_desired", desired, metrics.workers_desired.clone());
        let recommended =
            "Workers that a pipeline's queue asks for, within its bounds; missing where that is not known";
        registry.register("workers_recommended", recommended, metrics.workers_recommended.clone());
        let observed = "When a pipeline's queue was last seen, in seconds since 1970";
        registry.register("queue_observed_timestamp_seconds", observed, metrics.queue_observed.clone());
        let desired = "Pods that a platform's events role is to have";
        registry.register("events_pods_desired", desired, metrics.events_desired.clone());
        let recommended = "Pods that its connections ask for, within its bounds; missing where that is not known";
        registry.register("events_pods_recommended", recommended, metrics.events_recommended.clone());
        metrics
    }

    /// The scaling of a pipeline was decided.
    pub fn scaled(&self, namespace: &str, pipeline: &str, scaling: &Scaling) {
        let labels = PipelineLabels { namespace: namespace.to_owned(), pipeline: pipeline.to_owned() };
        self.workers_desired.get_or_create(&labels).set(scaling.desired().into());
        set_or_remove(&self.workers_recommended, &labels, scaling.decision.recommended);
        let seen = scaling.queue.as_ref().map(|queue| queue.at.as_second());
        set_or_remove(&self.queue_observed, &labels, seen);
    }

    /// A pipeline or its workers are gone.
    pub fn scaled_no_more(&self, namespace: &str, pipeline: &str) {
        let labels = PipelineLabels { namespace: namespace.to_owned(), pipeline: pipeline.to_owned() };
        for gauge in [&self.workers_desired, &self.workers_recommended, &self.queue_observed] {
            gauge.remove(&labels);
        }
    }

    /// The scaling of a platform's events role was decided.
    pub fn events_scaled(&self, namespace: &str, platform: &str, scaling: &Scaling) {
        let labels = PlatformLabels { namespace: namespace.to_owned(), platform: platform.to_owned() };
        self.events_desired.get_or_create(&labels).set(scaling.desired().into());
        set_or_remove(&self.events_recommended, &labels, scaling.decision.recommended);
    }

    /// A platform or its events role is gone.
    pub fn events_scaled_no_more(&self, namespace: &str, platform: &str) {
        let labels = PlatformLabels { namespace: namespace.to_owned(), platform: platform.to_owned() };
        self.events_desired.remove(&labels);
        self.events_recommended.remove(&labels);
    }

    /// A reconcile of `kind` ended.
    pub fn reconciled(&self, kind: &'static str, succeeded: bool) {
        let outcome = if succeeded { "success" } else { "error" };
        self.reconciles.get_or_create(&ReconcileLabels { kind, outcome }).inc();
    }

    /// A child of `kind` was written.
    pub fn wrote(&self, kind: &'static str) {
        self.steps.get_or_create(&KindLabels { kind }).inc();
    }

    /// A watch broke off.
    pub fn watch_failed(&self) {
        self.watch_failures.inc();
    }

    /// Whether this replica leads from now on.
    pub fn leads(&self, leading: bool) {
        self.leading.set(leading.into());
    }
}

/// Tells a number where it is known.
fn set_or_remove<L>(gauges: &Family<L, Gauge>, labels: &L, number: Option<impl Into<i64>>)
where
    L: Clone + Eq + Hash,
{
    match number {
        Some(number) => drop(gauges.get_or_create(labels).set(number.into())),
        None => drop(gauges.remove(labels)),
    }
}
