//! Logs, metrics and what reads them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::{StringMap, Switch, schema};

/// Logs, metrics and what reads them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Observability {
    /// How the platform's processes log.
    pub logging: Logging,
    /// Objects of the Prometheus operator.
    pub metrics: Metrics,
    /// A ConfigMap with a Grafana dashboard, found by its label `grafana_dashboard: "1"`.
    pub dashboard: Switch,
}

impl Default for Observability {
    fn default() -> Self {
        Self { logging: Logging::default(), metrics: Metrics::default(), dashboard: Switch::Disabled }
    }
}

/// How the platform's processes log, to standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Logging {
    /// Least level that is logged.
    pub level: LogLevel,
    /// The form of a line.
    pub format: LogFormat,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the usual words")]
pub enum LogLevel {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum LogFormat {
    /// One object per line.
    #[default]
    #[serde(rename = "JSON")]
    Json,
    /// Text for people.
    Text,
}

/// Objects of the Prometheus operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Metrics {
    /// A ServiceMonitor of all roles and workers.
    pub service_monitor: Presence,
    /// A PrometheusRule with alerts.
    pub prometheus_rule: Presence,
    /// Seconds between two readings.
    #[schemars(range(min = 5, max = 3600))]
    pub interval_seconds: i32,
    /// Labels by which Prometheus finds both.
    #[serde(skip_serializing_if = "StringMap::is_empty")]
    #[schemars(schema_with = "schema::labels")]
    pub labels: StringMap,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            service_monitor: Presence::default(),
            prometheus_rule: Presence::default(),
            interval_seconds: 30,
            labels: StringMap::new(),
        }
    }
}

/// Whether an object is made whose kind a cluster may not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Presence {
    /// Where the cluster knows its kind.
    #[default]
    Auto,
    /// Always; a cluster that does not know its kind stalls the platform.
    Enabled,
    /// Never.
    Disabled,
}
