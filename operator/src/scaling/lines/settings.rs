//! A policy's fields, as lines have them: seconds and shares become durations and percent.

use std::time::Duration;

use super::{
    line::PolicyLine,
    reading::{count, seconds},
};
use crate::scaling::{Fallback, Policy, PolicyFields, PolicyRefused};

/// Why a policy can't be taken. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum SettingsRefused {
    /// A field is no number of its kind.
    #[error("the policy's {field} is {given}: give {kind}")]
    Field {
        /// Its name.
        field: &'static str,
        /// What was given.
        given: f64,
        /// What it should be.
        kind: &'static str,
    },
    /// The fields make no sense together. They are named as a pipeline's spec does, which is where most people give them.
    #[error("the policy's {0}")]
    Policy(#[from] PolicyRefused),
}

/// The policy of a line; what it leaves out has its default.
pub(super) fn policy(line: &PolicyLine) -> Result<Policy, SettingsRefused> {
    let default = PolicyFields::default();
    let fields = PolicyFields {
        min_replicas: whole("minReplicas", line.min_replicas, default.min_replicas)?,
        max_replicas: whole("maxReplicas", line.max_replicas, default.max_replicas)?,
        concurrency: whole("concurrency", line.concurrency, default.concurrency)?,
        scale_up_cooldown: time("scaleUpCooldown", line.scale_up_cooldown, default.scale_up_cooldown)?,
        scale_down_cooldown: time("scaleDownCooldown", line.scale_down_cooldown, default.scale_down_cooldown)?,
        wait_slo: time("queueWaitSlo", line.queue_wait_slo, default.wait_slo)?,
        fast_window: time("fastWindow", line.fast_window, default.fast_window)?,
        slow_window: time("slowWindow", line.slow_window, default.slow_window)?,
        poll_period: time("pollInterval", line.poll_interval, default.poll_period)?,
        stale_after: time("staleAfter", line.stale_after, default.stale_after)?,
        anomaly_hold: time("anomalyHold", line.anomaly_hold, default.anomaly_hold)?,
        scale_to_zero_after: time("scaleToZeroAfter", line.scale_to_zero_after, default.scale_to_zero_after)?,
        startup: time("startupSeconds", line.startup_seconds, default.startup)?,
        expected_job: time("expectedJobSeconds", line.expected_job_seconds, default.expected_job)?,
        termination_grace: time("terminationGrace", line.termination_grace, default.termination_grace)?,
        wait_budget_percent: percent("waitBudget", line.wait_budget, default.wait_budget_percent)?,
        utilization_up_percent: percent("utilizationUp", line.utilization_up, default.utilization_up_percent)?,
        utilization_down_percent: percent("utilizationDown", line.utilization_down, default.utilization_down_percent)?,
        scale_down_step_percent: percent("scaleDownStep", line.scale_down_step, default.scale_down_step_percent)?,
        target_cpu_percent: target("targetCPUUtilization", line.target_cpu, default.target_cpu_percent)?,
        target_memory_percent: target(
            "targetMemoryUtilization",
            line.target_memory_utilization,
            default.target_memory_percent,
        )?,
        fallback: fallback(line)?,
    };
    Ok(Policy::new(fields)?)
}

fn fallback(line: &PolicyLine) -> Result<Option<Fallback>, SettingsRefused> {
    let after = time("fallbackAfter", line.fallback_after, Duration::from_mins(1))?;
    line.fallback_replicas
        .map(|given| Ok(Fallback { replicas: whole("fallbackReplicas", Some(given), 0)?, after }))
        .transpose()
}

fn whole(field: &'static str, given: Option<f64>, default: u32) -> Result<u32, SettingsRefused> {
    let Some(given) = given else {
        return Ok(default);
    };
    let whole = count(given).filter(|_| given.fract() == 0.0).and_then(|count| u32::try_from(count).ok());
    whole.ok_or(SettingsRefused::Field { field, given, kind: "a whole number, 0 or more" })
}

fn time(field: &'static str, given: Option<f64>, default: Duration) -> Result<Duration, SettingsRefused> {
    given.map_or(Ok(default), |given| {
        seconds(given).ok_or(SettingsRefused::Field { field, given, kind: "seconds, 0 or more" })
    })
}

/// Of a share.
fn percent(field: &'static str, given: Option<f64>, default: u8) -> Result<u8, SettingsRefused> {
    let Some(given) = given else {
        return Ok(default);
    };
    let percent = count(100.0 * given).and_then(|percent| u8::try_from(percent).ok());
    percent.ok_or(SettingsRefused::Field { field, given, kind: "a share from 0.01 to 1" })
}

/// Of percent, 0 for none.
fn target(field: &'static str, given: Option<f64>, default: Option<u8>) -> Result<Option<u8>, SettingsRefused> {
    let Some(given) = given else {
        return Ok(default);
    };
    let percent = count(given).and_then(|percent| u8::try_from(percent).ok());
    let percent = percent.ok_or(SettingsRefused::Field { field, given, kind: "percent, 1 to 100, or 0 for none" })?;
    Ok(Some(percent).filter(|percent| *percent > 0))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(fields: Value) -> Result<Policy, SettingsRefused> {
        policy(&serde_json::from_value(fields).unwrap())
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        assert_eq!(read(json!({})).unwrap(), Policy::new(PolicyFields::default()).unwrap());
        let defaults = json!({"minReplicas": 1, "maxReplicas": 30, "scaleUpCooldown": 0, "scaleDownCooldown": 45,
            "targetCPUUtilization": 80, "targetMemoryUtilization": 85, "queueWaitSlo": 30, "waitBudget": 0.8,
            "utilizationUp": 0.95, "utilizationDown": 0.85, "fastWindow": 20, "slowWindow": 60, "pollInterval": 5,
            "staleAfter": 15, "anomalyHold": 120, "scaleToZeroAfter": 120, "scaleDownStep": 0.5, "startupSeconds": 15,
            "expectedJobSeconds": 2.0, "concurrency": 4, "terminationGrace": 30, "fallbackReplicas": null,
            "fallbackAfter": 60, "unknown": true});
        assert_eq!(read(defaults).unwrap(), read(json!({})).unwrap());
    }

    #[test]
    fn every_field_reaches_the_policy() {
        let default = read(json!({})).unwrap();
        for field in [
            "minReplicas",
            "maxReplicas",
            "scaleUpCooldown",
            "scaleDownCooldown",
            "queueWaitSlo",
            "fastWindow",
            "slowWindow",
            "staleAfter",
            "anomalyHold",
            "scaleToZeroAfter",
            "startupSeconds",
            "expectedJobSeconds",
            "concurrency",
            "terminationGrace",
            "targetCPUUtilization",
            "targetMemoryUtilization",
            "fallbackReplicas",
        ] {
            let changed = if field == "fastWindow" { 19 } else { 61 };
            let changed = if field == "minReplicas" { 3 } else { changed };
            assert_ne!(read(json!({ field: changed })).unwrap(), default, "{field}");
        }
        for (field, changed) in [
            ("waitBudget", 0.7),
            ("utilizationUp", 0.9),
            ("utilizationDown", 0.8),
            ("scaleDownStep", 0.3),
            ("pollInterval", 4.0),
        ] {
            assert_ne!(read(json!({ field: changed })).unwrap(), default, "{field}");
        }
    }

    #[test]
    fn no_target_is_zero() {
        let policy = read(json!({"targetCPUUtilization": 0, "fallbackReplicas": 4, "fallbackAfter": 90})).unwrap();
        assert_eq!(policy.target_cpu_percent, None);
        assert_eq!(policy.fallback, Some(Fallback { replicas: 4, after: Duration::from_secs(90) }));
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_its_name() {
        for (fields, words) in [
            (json!({"minReplicas": -1}), "the policy's minReplicas is -1: give a whole number"),
            (json!({"minReplicas": 1.5}), "the policy's minReplicas is 1.5"),
            (json!({"queueWaitSlo": -3}), "the policy's queueWaitSlo is -3: give seconds"),
            (json!({"waitBudget": 80}), "the policy's waitBudget is 80: give a share"),
            (json!({"waitBudget": 1.5}), "the policy's autoscaling.queue.waitBudgetPercent is 150: give"),
            (
                json!({"minReplicas": 5, "maxReplicas": 3}),
                "the policy's autoscaling.minReplicas is 5 and maxReplicas 3",
            ),
        ] {
            assert!(read(fields).unwrap_err().to_string().starts_with(words), "{words}");
        }
    }
}
