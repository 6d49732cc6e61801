//! What Prometheus and Grafana read: where metrics are, when somebody should be told, a dashboard.

mod service_monitor;
#[cfg(test)]
mod tests;
mod text;

use k8s_openapi::{api::core::v1::ConfigMap, apimachinery::pkg::apis::meta::v1::ObjectMeta};

use serde::Serialize;

use crate::{
    api::{Operation, PhotoPlatformSpec, Presence, StringMap, Switch},
    children::{ChildKind, Family, NotRendered, Rendered},
    labels,
    settings::Capabilities,
};

use service_monitor::ServiceMonitor;
use text::{Platform, PrometheusRule};

/// The component of what is here, as its labels say.
const METRICS: &str = "metrics";
/// By this label Grafana's sidecar finds dashboards.
const DASHBOARD_LABEL: (&str, &str) = ("grafana_dashboard", "1");

/// What is made from.
#[derive(Debug, Clone, Copy)]
pub struct Monitored<'a> {
    /// The platform's children.
    pub family: Family<'a>,
    /// What is wanted of it.
    pub spec: &'a PhotoPlatformSpec,
    /// What the cluster knows.
    pub capabilities: Capabilities,
}

/// What monitors a platform and all of its pipelines, as far as it is wanted.
///
/// # Errors
/// It can't be written.
pub fn children(monitored: &Monitored) -> Result<Vec<Rendered>, NotRendered> {
    let wanted = &monitored.spec.observability;
    let mut children = Vec::new();
    if is_present(wanted.metrics.service_monitor, monitored.capabilities) {
        children.push(service_monitor(monitored)?);
    }
    // Nobody should be woken because a platform that was stopped does not answer.
    let runs = monitored.spec.operation != Operation::Stopped;
    if runs && is_present(wanted.metrics.prometheus_rule, monitored.capabilities) {
        children.push(rules(monitored)?);
    }
    if wanted.dashboard == Switch::Enabled {
        children.push(dashboard(monitored)?);
    }
    Ok(children)
}

fn is_present(presence: Presence, capabilities: Capabilities) -> bool {
    match presence {
        Presence::Auto => capabilities.prometheus,
        Presence::Enabled => true,
        Presence::Disabled => false,
    }
}

fn service_monitor(monitored: &Monitored) -> Result<Rendered, NotRendered> {
    let wanted = &monitored.spec.observability.metrics;
    let services = labels::selector_of_all(monitored.family.platform);
    let monitor = ServiceMonitor::of(labelled(wanted.labels.clone()), services, wanted.interval_seconds);
    monitored.child(METRICS, ChildKind::ServiceMonitor, &monitor)
}

fn rules(monitored: &Monitored) -> Result<Rendered, NotRendered> {
    let labels = monitored.spec.observability.metrics.labels.clone();
    let rule = PrometheusRule { metadata: labelled(labels), spec: monitored.texts().alerts() };
    monitored.child(METRICS, ChildKind::PrometheusRule, &rule)
}

fn dashboard(monitored: &Monitored) -> Result<Rendered, NotRendered> {
    let (label, value) = DASHBOARD_LABEL;
    let labels = StringMap::from([(label.to_owned(), value.to_owned())]);
    let file = format!("{}-{}.json", monitored.family.namespace, monitored.family.platform);
    let map = ConfigMap {
        metadata: labelled(labels),
        data: Some(StringMap::from([(file, monitored.texts().dashboard())])),
        ..ConfigMap::default()
    };
    monitored.child("dashboard", ChildKind::ConfigMap, &map)
}

/// Labels beside ours.
fn labelled(labels: StringMap) -> ObjectMeta {
    ObjectMeta { labels: Some(labels), ..ObjectMeta::default() }
}

impl Monitored<'_> {
    fn name(&self, purpose: &str) -> String {
        format!("{}-{purpose}", self.family.platform)
    }

    /// An object of the whole platform.
    fn child(&self, purpose: &str, kind: ChildKind, object: &impl Serialize) -> Result<Rendered, NotRendered> {
        let rendered = Rendered::of(kind, self.name(purpose), object)?;
        Ok(self.family.stamped(rendered, labels::of_whole(self.family.platform, purpose)))
    }

    fn texts(&self) -> Platform<'_> {
        Platform { namespace: self.family.namespace, name: self.family.platform }
    }
}
