//! What Prometheus and Grafana read: where metrics are, when somebody should be told, a dashboard.

mod service_monitor;
#[cfg(test)]
mod tests;
mod text;

use k8s_openapi::{
    api::core::v1::{ConfigMap, Service, ServicePort, ServiceSpec},
    apimachinery::pkg::{apis::meta::v1::ObjectMeta, util::intstr::IntOrString},
};

use crate::{
    api::{Operation, PhotoPlatformSpec, Presence, StringMap, Switch},
    children::{ChildKind, NotRendered, Rendered},
    labels,
    names::port,
    settings::Capabilities,
};

use sha2::{Digest, Sha256};

use service_monitor::ServiceMonitor;
use text::{Platform, PrometheusRule};

/// The component of what is here, as its labels say.
const METRICS: &str = "metrics";
/// The name of the port of probes and metrics in every pod.
const PROBE_PORT: &str = "probe";
/// By this label Grafana's sidecar finds dashboards.
const DASHBOARD_LABEL: (&str, &str) = ("grafana_dashboard", "1");

/// What is made from.
#[derive(Debug, Clone, Copy)]
pub struct Monitored<'a> {
    /// The platform's name.
    pub platform: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// What is wanted of it.
    pub spec: &'a PhotoPlatformSpec,
    /// What the cluster knows.
    pub capabilities: Capabilities,
}

/// What monitors a platform and all of its pipelines, as far as it is wanted.
///
/// # Errors
/// It can't be written.
pub fn of_platform(monitored: &Monitored) -> Result<Vec<Rendered>, NotRendered> {
    let wanted = &monitored.spec.observability;
    let mut children = Vec::new();
    if is_present(wanted.metrics.service_monitor, monitored.capabilities) {
        children.push(endpoints(monitored)?);
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

/// All pods of the platform and its pipelines that have metrics, each by its own address: workers have no other Service.
fn endpoints(monitored: &Monitored) -> Result<Rendered, NotRendered> {
    let port = ServicePort {
        name: Some(METRICS.to_owned()),
        port: port::PROBE,
        protocol: Some("TCP".to_owned()),
        // By name: Redis and the object store have no such port, and so are not asked.
        target_port: Some(IntOrString::String(PROBE_PORT.to_owned())),
        ..ServicePort::default()
    };
    let service = Service {
        metadata: monitored.metadata(METRICS, StringMap::new()),
        spec: Some(ServiceSpec {
            cluster_ip: Some("None".to_owned()),
            // A process that is not ready has the more to tell.
            publish_not_ready_addresses: Some(true),
            selector: Some(labels::selector_of_all(monitored.platform)),
            ports: Some(vec![port]),
            ..ServiceSpec::default()
        }),
        status: None,
    };
    Rendered::of(ChildKind::Service, monitored.name(METRICS), &service)
}

fn service_monitor(monitored: &Monitored) -> Result<Rendered, NotRendered> {
    let wanted = &monitored.spec.observability.metrics;
    let metadata = monitored.metadata(METRICS, wanted.labels.clone());
    let monitor = ServiceMonitor::of(metadata, labels::of_whole(monitored.platform, METRICS), wanted.interval_seconds);
    Rendered::of(ChildKind::ServiceMonitor, monitored.name(METRICS), &monitor)
}

fn rules(monitored: &Monitored) -> Result<Rendered, NotRendered> {
    let labels = monitored.spec.observability.metrics.labels.clone();
    let rule = PrometheusRule { metadata: monitored.metadata(METRICS, labels), spec: monitored.texts().alerts() };
    Rendered::of(ChildKind::PrometheusRule, monitored.name(METRICS), &rule)
}

fn dashboard(monitored: &Monitored) -> Result<Rendered, NotRendered> {
    let (label, value) = DASHBOARD_LABEL;
    let labels = StringMap::from([(label.to_owned(), value.to_owned())]);
    let file = format!("{}-{}.json", monitored.namespace, monitored.platform);
    let map = ConfigMap {
        metadata: monitored.metadata("dashboard", labels),
        data: Some(StringMap::from([(file, monitored.texts().dashboard())])),
        ..ConfigMap::default()
    };
    Rendered::of(ChildKind::ConfigMap, monitored.name("dashboard"), &map)
}

/// A short name for several names together, of 16 hexadecimal digits.
fn digest(names: &[&str]) -> String {
    let mut hex = hex::encode(Sha256::digest(names.join("/")));
    hex.truncate(16);
    hex
}

impl Monitored<'_> {
    fn name(&self, purpose: &str) -> String {
        format!("{}-{purpose}", self.platform)
    }

    /// Metadata with these labels below ours.
    fn metadata(&self, purpose: &str, mut labels: StringMap) -> ObjectMeta {
        labels.extend(labels::of_whole(self.platform, purpose));
        ObjectMeta { name: Some(self.name(purpose)), labels: Some(labels), ..ObjectMeta::default() }
    }

    /// Prometheus names the job after the Service.
    fn texts(&self) -> Platform<'_> {
        Platform { namespace: self.namespace, name: self.platform, job: self.name(METRICS) }
    }
}
