//! A ServiceMonitor, as much of it as is written here: its kind comes with the Prometheus operator.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use serde::Serialize;

use super::METRICS;
use crate::{api::StringMap, labels};

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
    /// Reads all endpoints of the Services with those labels.
    pub(super) fn of(metadata: ObjectMeta, mut services: StringMap, interval_seconds: i32) -> Self {
        // While a release is rolled out, the Service may still have the label of the one before.
        services.remove("app.kubernetes.io/version");
        let endpoint = Endpoint { port: METRICS, path: "/metrics", interval: format!("{interval_seconds}s") };
        let selector = LabelSelector { match_labels: Some(services), match_expressions: None };
        Self { metadata, spec: Spec { selector, endpoints: [endpoint], pod_target_labels: POD_LABELS } }
    }
}
