//! The files in `operator/monitoring`, filled in for one platform.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Serialize, Serializer};

use crate::digest;

pub(super) const ALERTS: &str = include_str!("../../monitoring/alerts.yaml");
pub(super) const DASHBOARD: &str = include_str!("../../monitoring/dashboard.json");

/// Whose series are asked for.
pub(super) struct Platform<'a> {
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
}

impl Platform<'_> {
    /// A ServiceMonitor of ours names the job after the platform. All names are DNS labels, so they need no escaping in queries, YAML or JSON.
    fn fill(&self, text: &str) -> String {
        text.replace("@SELECTOR@", &format!("namespace='{}',job='{}'", self.namespace, self.name))
            .replace("@UID@", &self.dashboard_uid())
            .replace("@NAMESPACE@", self.namespace)
            .replace("@PLATFORM@", self.name)
    }

    /// Grafana takes 40 characters.
    fn dashboard_uid(&self) -> String {
        digest::of(&vec![self.namespace, self.name].into())
    }

    /// The groups of a PrometheusRule.
    pub(super) fn alerts(&self) -> Groups {
        Groups(self.fill(ALERTS))
    }

    /// A dashboard as Grafana imports it.
    pub(super) fn dashboard(&self) -> String {
        self.fill(DASHBOARD)
    }
}

/// A PrometheusRule: its kind comes with the Prometheus operator.
#[derive(Serialize)]
pub(super) struct PrometheusRule {
    pub(super) metadata: ObjectMeta,
    pub(super) spec: Groups,
}

/// The text of a YAML document, which is written as what it says.
pub(super) struct Groups(String);

impl Serialize for Groups {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let groups: serde_json::Value = serde_saphyr::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        groups.serialize(serializer)
    }
}
