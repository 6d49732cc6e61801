//! Specs as scaling reads them: a pipeline's for its workers, a platform's for its events role.

use std::time::Duration;

use super::{InvalidSpec, narrow};
use crate::{
    api::{EventBus, ProcessingPipelineSpec, Worker},
    scaling::{ConnectionPolicy, Fallback, Policy, PolicyFields},
};

/// Seconds beyond its own drain after which a worker is ended by force.
const BEYOND_DRAIN_SECONDS: i32 = 15;

/// Seconds that a worker which is told to stop may take.
pub fn worker_grace_seconds(worker: &Worker) -> i64 {
    i64::from(worker.drain_timeout_seconds) + i64::from(BEYOND_DRAIN_SECONDS)
}

/// What somebody who runs a pipeline asks of its scaling. Where its autoscaling is off, this is what recommendations go by.
///
/// # Errors
/// Numbers that make no sense together; the rules of the `CustomResourceDefinition` refuse them before.
pub fn scaling_policy(spec: &ProcessingPipelineSpec) -> Result<Policy, InvalidSpec> {
    let autoscaling = spec.autoscaling.unwrap_or_default();
    let queue = autoscaling.queue;
    let fallback = autoscaling.fallback.map(|fallback| {
        Ok::<_, InvalidSpec>(Fallback {
            replicas: narrow("autoscaling.fallback.replicas", fallback.replicas)?,
            after: seconds("autoscaling.fallback.afterSeconds", fallback.after_seconds)?,
        })
    });
    let percent = narrow::<i32, u8>;
    let cpu = percent("autoscaling.targetCPUUtilizationPercent", autoscaling.target_cpu_utilization_percent)?;
    let memory = percent("autoscaling.targetMemoryUtilizationPercent", autoscaling.target_memory_utilization_percent)?;
    let grace = worker_grace_seconds(&spec.worker);
    let fields = PolicyFields {
        min_replicas: narrow("autoscaling.minReplicas", autoscaling.min_replicas)?,
        max_replicas: narrow("autoscaling.maxReplicas", autoscaling.max_replicas)?,
        scale_up_cooldown: seconds("autoscaling.scaleUpCooldownSeconds", autoscaling.scale_up_cooldown_seconds)?,
        scale_down_cooldown: seconds("autoscaling.scaleDownCooldownSeconds", autoscaling.scale_down_cooldown_seconds)?,
        target_cpu_percent: Some(cpu),
        target_memory_percent: Some(memory),
        wait_slo: seconds("autoscaling.queue.waitSloSeconds", queue.wait_slo_seconds)?,
        wait_budget_percent: percent("autoscaling.queue.waitBudgetPercent", queue.wait_budget_percent)?,
        utilization_up_percent: percent("autoscaling.queue.utilizationUpPercent", queue.utilization_up_percent)?,
        utilization_down_percent: percent("autoscaling.queue.utilizationDownPercent", queue.utilization_down_percent)?,
        fast_window: seconds("autoscaling.queue.fastWindowSeconds", queue.fast_window_seconds)?,
        slow_window: seconds("autoscaling.queue.slowWindowSeconds", queue.slow_window_seconds)?,
        poll_period: seconds("autoscaling.queue.pollPeriodSeconds", queue.poll_period_seconds)?,
        stale_after: seconds("autoscaling.queue.staleAfterSeconds", queue.stale_after_seconds)?,
        anomaly_hold: seconds("autoscaling.queue.anomalyHoldSeconds", queue.anomaly_hold_seconds)?,
        scale_to_zero_after: seconds("autoscaling.queue.scaleToZeroAfterSeconds", queue.scale_to_zero_after_seconds)?,
        scale_down_step_percent: percent("autoscaling.queue.scaleDownStepPercent", queue.scale_down_step_percent)?,
        startup: seconds("autoscaling.queue.startupSeconds", queue.startup_seconds)?,
        expected_job: Duration::from_millis(narrow("autoscaling.queue.expectedJobMillis", queue.expected_job_millis)?),
        concurrency: narrow("worker.concurrency", spec.worker.concurrency)?,
        termination_grace: Duration::from_secs(narrow("worker.drainTimeoutSeconds", grace)?),
        fallback: fallback.transpose()?,
    };
    Ok(Policy::new(fields)?)
}

/// What somebody who runs a platform asks of its events role. Where its autoscaling is off, this is what recommendations go
/// by: one pod may be enough then.
///
/// # Errors
/// Numbers that make no sense; the rules of the `CustomResourceDefinition` refuse them before.
pub fn connection_policy(spec: &EventBus) -> Result<ConnectionPolicy, InvalidSpec> {
    let autoscaling = spec.autoscaling.unwrap_or_default();
    let fewest = spec.autoscaling.map_or(1, |autoscaling| autoscaling.min_replicas);
    let per_pod = "eventBus.autoscaling.targetConnectionsPerPod";
    let cooldown = "eventBus.autoscaling.scaleDownCooldownSeconds";
    Ok(ConnectionPolicy {
        min_replicas: narrow("eventBus.autoscaling.minReplicas", fewest)?,
        max_replicas: narrow("eventBus.autoscaling.maxReplicas", autoscaling.max_replicas)?,
        per_pod: narrow(per_pod, autoscaling.target_connections_per_pod)?,
        scale_down_cooldown: seconds(cooldown, autoscaling.scale_down_cooldown_seconds)?,
    })
}

fn seconds(field: &'static str, value: i32) -> Result<Duration, InvalidSpec> {
    Ok(Duration::from_secs(narrow(field, value)?))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn policy(changes: &Value) -> Result<Policy, InvalidSpec> {
        let mut spec = json!({"platformRef": {"name": "photos"}, "stages": [{"name": "a", "type": "Metadata"}]});
        spec.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        scaling_policy(&serde_json::from_value(spec).unwrap())
    }

    #[test]
    fn the_defaults_are_those_of_the_policy_with_what_workers_are() {
        let expected = PolicyFields {
            max_replicas: 10,
            concurrency: 2,
            termination_grace: Duration::from_secs(135),
            ..PolicyFields::default()
        };
        assert_eq!(*policy(&json!({"autoscaling": {}})).unwrap(), expected);
        assert_eq!(*policy(&json!({})).unwrap(), expected, "recommendations of a pipeline without autoscaling");
    }

    #[test]
    fn a_number_that_makes_no_sense_is_refused_by_the_name_that_people_wrote() {
        let refused = |field: &str, value: i32| {
            let spec = field.rsplit('.').fold(json!(value), |inner, name| json!({ name: inner }));
            policy(&spec).unwrap_err().to_string()
        };
        for field in [
            "autoscaling.targetCPUUtilizationPercent",
            "autoscaling.targetMemoryUtilizationPercent",
            "autoscaling.queue.waitSloSeconds",
            "autoscaling.queue.waitBudgetPercent",
            "autoscaling.queue.utilizationUpPercent",
            "autoscaling.queue.utilizationDownPercent",
            "autoscaling.queue.fastWindowSeconds",
            "autoscaling.queue.pollPeriodSeconds",
            "autoscaling.queue.scaleDownStepPercent",
            "autoscaling.queue.startupSeconds",
            "autoscaling.queue.expectedJobMillis",
            "worker.concurrency",
        ] {
            let refused = refused(field, 0);
            assert!(refused.starts_with(&format!("spec.{field} is 0: ")), "{refused}");
        }
        for field in ["autoscaling.minReplicas", "autoscaling.queue.slowWindowSeconds", "autoscaling.fallback.replicas"]
        {
            assert_eq!(refused(field, -1), format!("spec.{field}: -1 is out of bounds"));
        }
    }

    #[test]
    fn numbers_that_make_no_sense_together_are_refused_by_both_names() {
        let refused = |autoscaling: Value| policy(&json!({ "autoscaling": autoscaling })).unwrap_err().to_string();
        let queue = |queue: Value| refused(json!({ "queue": queue }));
        let bounds = "spec.autoscaling.minReplicas is 11 and maxReplicas 10: let maxReplicas be";
        assert!(refused(json!({"minReplicas": 11})).starts_with(bounds));
        let band = "spec.autoscaling.queue.utilizationDownPercent is 60 and utilizationUpPercent 50: let";
        assert!(queue(json!({"utilizationDownPercent": 60, "utilizationUpPercent": 50})).starts_with(band));
        let windows = "spec.autoscaling.queue.fastWindowSeconds is 70 and slowWindowSeconds 60: let";
        assert!(queue(json!({"fastWindowSeconds": 70})).starts_with(windows));
        let stale = "spec.autoscaling.queue.staleAfterSeconds is 9 and pollPeriodSeconds 5: let";
        assert!(queue(json!({"staleAfterSeconds": 9})).starts_with(stale));
    }
}
