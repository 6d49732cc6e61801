//! A ServiceMonitor, as much of it as is written here: its kind comes with the Prometheus operator.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use serde::Serialize;

use crate::{api::StringMap, labels, pod::Port};

/// Labels of pods that their series get, so that roles and pipelines can be told apart.
const POD_LABELS: [&str; 3] = ["app.kubernetes.io/component", labels::PLATFORM, labels::PIPELINE];

#[derive(Debug, Serialize)]
pub(super) struct ServiceMonitor {
    metadata: ObjectMeta,
    spec: Spec,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    job_label: &'static str,
    selector: LabelSelector,
    endpoints: [Endpoint; 1],
    pod_target_labels: [&'static str; 3],
}

#[derive(Debug, Serialize)]
struct Endpoint {
    port: &'static str,
    path: &'static str,
    interval: String,
}

impl ServiceMonitor {
    /// Reads every pod behind the Services with those labels that have a port of probes: one for each role and for the
    /// workers of each pipeline.
    pub(super) fn of(metadata: ObjectMeta, services: StringMap, interval_seconds: i32) -> Self {
        let endpoint = Endpoint { port: Port::PROBE.name, path: "/metrics", interval: format!("{interval_seconds}s") };
        let spec = Spec {
            job_label: labels::PLATFORM,
            selector: LabelSelector { match_labels: Some(services), match_expressions: None },
            endpoints: [endpoint],
            pod_target_labels: POD_LABELS,
        };
        Self { metadata, spec }
    }
}
