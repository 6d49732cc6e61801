//! The lines, as they are written.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::scaling::{Decision, Impact, Reason};

/// A line that comes in. Fields that this version does not know are passed over.
#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Line {
    /// The first.
    Init { version: u32, policy: Box<PolicyLine> },
    /// Every other one.
    Observation(ObservationLine),
}

/// A policy: seconds and shares. What is absent has its default.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PolicyLine {
    pub(super) min_replicas: Option<f64>,
    pub(super) max_replicas: Option<f64>,
    pub(super) scale_up_cooldown: Option<f64>,
    pub(super) scale_down_cooldown: Option<f64>,
    /// Percent; 0 is none.
    #[serde(rename = "targetCPUUtilization")]
    pub(super) target_cpu: Option<f64>,
    /// Percent; 0 is none.
    pub(super) target_memory_utilization: Option<f64>,
    pub(super) queue_wait_slo: Option<f64>,
    pub(super) wait_budget: Option<f64>,
    pub(super) utilization_up: Option<f64>,
    pub(super) utilization_down: Option<f64>,
    pub(super) fast_window: Option<f64>,
    pub(super) slow_window: Option<f64>,
    pub(super) poll_interval: Option<f64>,
    pub(super) stale_after: Option<f64>,
    pub(super) anomaly_hold: Option<f64>,
    pub(super) scale_to_zero_after: Option<f64>,
    pub(super) scale_down_step: Option<f64>,
    pub(super) startup_seconds: Option<f64>,
    pub(super) expected_job_seconds: Option<f64>,
    pub(super) concurrency: Option<f64>,
    pub(super) termination_grace: Option<f64>,
    pub(super) fallback_replicas: Option<f64>,
    pub(super) fallback_after: Option<f64>,
}

/// An observation. The queue's numbers and uses may be anything: what is no number of its kind is a missing one.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct ObservationLine {
    /// Seconds.
    pub(super) t: f64,
    #[serde(default)]
    pub(super) queue: Value,
    pub(super) pods: PodsLine,
    #[serde(default)]
    pub(super) cpu: Value,
    #[serde(default)]
    pub(super) memory: Value,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct PodsLine {
    pub(super) desired: u32,
    pub(super) ready: u32,
    pub(super) starting: u32,
    #[serde(default)]
    pub(super) idle: u32,
    /// Seconds.
    #[serde(default)]
    pub(super) startup_s: Option<f64>,
}

/// A line that goes out.
#[derive(Debug, Serialize)]
pub(super) struct DecisionLine {
    desired: u32,
    reason: Reason,
    confidence: f64,
    impact: Impact,
    recommended: Option<u32>,
    projected_wait_s: Option<f64>,
}

impl From<&Decision> for DecisionLine {
    fn from(decision: &Decision) -> Self {
        let rounded = |value: f64| (value * 1000.0).round() / 1000.0;
        Self {
            desired: decision.desired,
            reason: decision.reason,
            confidence: rounded(decision.confidence),
            impact: decision.impact,
            recommended: decision.recommended,
            projected_wait_s: decision.projected_wait_seconds.map(rounded),
        }
    }
}
