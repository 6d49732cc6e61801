//! Who chooses the number of workers, and how.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who chooses the number of workers, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {"rule": "self.minReplicas <= self.maxReplicas", "message": "minReplicas may not be above maxReplicas"},
    {"rule": "self.mode != 'CPU' || self.minReplicas >= 1", "message": "processor time tells nothing without workers: with mode CPU let minReplicas be at least 1"},
]))]
pub struct Autoscaling {
    /// Who it is. `Queue`: the operator, by the queue. `CPU`: a HorizontalPodAutoscaler of the operator's, by processor time.
    /// `External`: whoever sets `replicas` through the scale subresource. `Disabled`: you, by `replicas`.
    pub mode: AutoscalingMode,
    /// Fewest workers. With 0, which takes the mode `Queue`, an idle pipeline has none.
    #[schemars(range(min = 0, max = 1000))]
    pub min_replicas: i32,
    /// Most workers. The condition `ScalingLimited` tells when photos need more.
    #[schemars(range(min = 1, max = 1000))]
    pub max_replicas: i32,
    /// Seconds between two steps up, where the mode is `Queue`. From zero it is always allowed.
    #[schemars(range(min = 0, max = 3600))]
    pub scale_up_cooldown_seconds: i32,
    /// Seconds before a step down, where the mode is `Queue`: since the last change, and for how long so few workers were
    /// enough. At least three times what a worker takes to start is kept.
    #[schemars(range(min = 0, max = 3600))]
    pub scale_down_cooldown_seconds: i32,
    /// Processor time that workers should use, in percent of what they request. With `CPU` it is aimed at. With `Queue` it
    /// forbids steps down that would go far above it, and drives steps up while the queue can't be seen.
    #[serde(rename = "targetCPUUtilizationPercent")]
    #[schemars(range(min = 1, max = 100))]
    pub target_cpu_utilization_percent: i32,
    /// Memory that workers should use, in percent of their limit, where the mode is `Queue`. It only forbids steps down:
    /// memory does not fall with the load.
    #[schemars(range(min = 1, max = 100))]
    pub target_memory_utilization_percent: i32,
    /// How the queue is judged, where the mode is `Queue`.
    pub queue: QueueScaling,
    /// A floor while the queue can't be seen, where the mode is `Queue`; without it the number of workers stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<ScalingFallback>,
}

impl Default for Autoscaling {
    fn default() -> Self {
        Self {
            mode: AutoscalingMode::default(),
            min_replicas: 1,
            max_replicas: 10,
            scale_up_cooldown_seconds: 0,
            scale_down_cooldown_seconds: 45,
            target_cpu_utilization_percent: 80,
            target_memory_utilization_percent: 85,
            queue: QueueScaling::default(),
            fallback: None,
        }
    }
}

/// Who chooses the number of workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum AutoscalingMode {
    /// The operator, by the queue.
    #[default]
    Queue,
    /// A HorizontalPodAutoscaler of the operator's, by processor time.
    #[serde(rename = "CPU")]
    Cpu,
    /// Whoever sets `replicas` through the pipeline's scale subresource, such as your own autoscaler.
    External,
    /// You, by `replicas`.
    Disabled,
}

/// How the queue is judged. What comes with it keeps the waits of nearly all photos within `waitSloSeconds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {"rule": "self.utilizationDownPercent <= self.utilizationUpPercent", "message": "utilizationDownPercent may not be above utilizationUpPercent: workers would come and go"},
    {"rule": "self.fastWindowSeconds <= self.slowWindowSeconds", "message": "fastWindowSeconds may not be above slowWindowSeconds"},
    {"rule": "self.staleAfterSeconds >= 2 * self.pollPeriodSeconds", "message": "let staleAfterSeconds be at least twice pollPeriodSeconds: one answer that is lost may not make the queue unseen"},
]))]
pub struct QueueScaling {
    /// Seconds that a photo should wait at most before a worker begins with it.
    #[schemars(range(min = 1, max = 86_400))]
    pub wait_slo_seconds: i32,
    /// Percent of `waitSloSeconds` that the plan uses.
    #[schemars(range(min = 1, max = 100))]
    pub wait_budget_percent: i32,
    /// Percent of the workers' time that new photos may fill before there are more workers.
    #[schemars(range(min = 1, max = 100))]
    pub utilization_up_percent: i32,
    /// Percent of the time of fewer workers that new photos may fill before the others go. The distance to
    /// `utilizationUpPercent` keeps workers from coming and going.
    #[schemars(range(min = 1, max = 100))]
    pub utilization_down_percent: i32,
    /// Seconds over which the rate of arrivals is measured to see that it grows.
    #[schemars(range(min = 1, max = 3600))]
    pub fast_window_seconds: i32,
    /// Seconds over which the rate of arrivals is measured to see that it lasts.
    #[schemars(range(min = 1, max = 3600))]
    pub slow_window_seconds: i32,
    /// Seconds between two decisions.
    #[schemars(range(min = 1, max = 300))]
    pub poll_period_seconds: i32,
    /// Seconds after which what was seen of the queue says nothing any more.
    #[schemars(range(min = 2, max = 3600))]
    pub stale_after_seconds: i32,
    /// Seconds without a step down after the queue contradicted itself.
    #[schemars(range(min = 0, max = 86_400))]
    pub anomaly_hold_seconds: i32,
    /// Seconds without any work before the last worker goes, where `minReplicas` is 0.
    #[schemars(range(min = 0, max = 86_400))]
    pub scale_to_zero_after_seconds: i32,
    /// Percent of the workers that one step down may remove; at least one worker.
    #[schemars(range(min = 1, max = 100))]
    pub scale_down_step_percent: i32,
    /// Seconds that a worker takes to start, until that was measured.
    #[schemars(range(min = 1, max = 3600))]
    pub startup_seconds: i32,
    /// Milliseconds that a photo takes, until that was measured.
    #[schemars(range(min = 1, max = 3_600_000))]
    pub expected_job_millis: i32,
}

impl Default for QueueScaling {
    fn default() -> Self {
        Self {
            wait_slo_seconds: 30,
            wait_budget_percent: 80,
            utilization_up_percent: 95,
            utilization_down_percent: 85,
            fast_window_seconds: 20,
            slow_window_seconds: 60,
            poll_period_seconds: 5,
            stale_after_seconds: 15,
            anomaly_hold_seconds: 120,
            scale_to_zero_after_seconds: 120,
            scale_down_step_percent: 50,
            startup_seconds: 15,
            expected_job_millis: 2000,
        }
    }
}

/// A floor while the queue can't be seen. It only raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScalingFallback {
    /// So many workers at least.
    #[schemars(range(min = 1, max = 1000))]
    pub replicas: i32,
    /// Seconds that the queue was not seen before.
    #[serde(default = "a_minute")]
    #[schemars(range(min = 0, max = 86_400))]
    pub after_seconds: i32,
}

fn a_minute() -> i32 {
    60
}
