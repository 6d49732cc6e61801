//! What somebody who runs a pipeline asks of its scaling.

use std::{ops::Deref, time::Duration};

/// The settings, as they were given. [`Policy::new`] checks them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFields {
    /// Never fewer replicas. With 0 an idle pipeline has none.
    pub min_replicas: u32,
    /// Never more replicas.
    pub max_replicas: u32,
    /// Between two steps up. From zero it is always allowed.
    pub scale_up_cooldown: Duration,
    /// Before a step down: since the last change, and for how long every recommendation was that low. At least three times
    /// what a pod takes to start.
    pub scale_down_cooldown: Duration,
    /// Percent of CPU that workers should use. It forbids steps down that would go far above it, and drives steps up while
    /// the queue can't be seen.
    pub target_cpu_percent: Option<u8>,
    /// Percent of memory that workers should use. It only forbids steps down: memory does not fall with the load.
    pub target_memory_percent: Option<u8>,
    /// How long a job should wait at most, from the queue to a worker.
    pub wait_slo: Duration,
    /// Percent of `wait_slo` that the plan uses.
    pub wait_budget_percent: u8,
    /// Percent of a worker's slots that new jobs may fill before there are more workers.
    pub utilization_up_percent: u8,
    /// The same before there are fewer; the distance of the two keeps the fleet from flapping.
    pub utilization_down_percent: u8,
    /// Over which the arrival rate is measured to see growth.
    pub fast_window: Duration,
    /// Over which it is measured to see that it lasts.
    pub slow_window: Duration,
    /// Between two decisions.
    pub poll_period: Duration,
    /// A sample of the queue that is older says nothing.
    pub stale_after: Duration,
    /// No step down for so long after a counter of the queue went backwards.
    pub anomaly_hold: Duration,
    /// Nothing waiting, worked on or arriving for so long before the last replica goes.
    pub scale_to_zero_after: Duration,
    /// Percent of the replicas that one decision may remove; at least one replica.
    pub scale_down_step_percent: u8,
    /// What a pod takes to start, until it was measured.
    pub startup: Duration,
    /// What a job takes, until it was measured.
    pub expected_job: Duration,
    /// Jobs that a worker does at the same time.
    pub concurrency: u32,
    /// What a pod that is stopped has to finish its jobs.
    pub termination_grace: Duration,
    /// A floor while the queue can't be seen.
    pub fallback: Option<Fallback>,
}

/// So many replicas at least once the queue was not seen for so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fallback {
    /// The floor.
    pub replicas: u32,
    /// Since the last usable sample.
    pub after: Duration,
}

impl Default for PolicyFields {
    fn default() -> Self {
        Self {
            min_replicas: 1,
            max_replicas: 30,
            scale_up_cooldown: Duration::ZERO,
            scale_down_cooldown: Duration::from_secs(45),
            target_cpu_percent: Some(80),
            target_memory_percent: Some(85),
            wait_slo: Duration::from_secs(30),
            wait_budget_percent: 80,
            utilization_up_percent: 95,
            utilization_down_percent: 85,
            fast_window: Duration::from_secs(20),
            slow_window: Duration::from_mins(1),
            poll_period: Duration::from_secs(5),
            stale_after: Duration::from_secs(15),
            anomaly_hold: Duration::from_mins(2),
            scale_to_zero_after: Duration::from_mins(2),
            scale_down_step_percent: 50,
            startup: Duration::from_secs(15),
            expected_job: Duration::from_secs(2),
            concurrency: 4,
            termination_grace: Duration::from_secs(30),
            fallback: None,
        }
    }
}

/// Settings that make sense together. They are read as the fields that they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy(PolicyFields);

/// Why settings make no sense. The text says what to do, and names fields as the spec of a pipeline does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyRefused {
    /// No number of replicas is allowed.
    #[error(
        "autoscaling.minReplicas is {min} and maxReplicas {max}: let maxReplicas be at least 1 and at least minReplicas"
    )]
    Bounds {
        /// `minReplicas`.
        min: u32,
        /// `maxReplicas`.
        max: u32,
    },
    /// The dead band is upside down.
    #[error(
        "autoscaling.queue.utilizationDownPercent is {down} and utilizationUpPercent {up}: let utilizationDownPercent be at \
         most utilizationUpPercent"
    )]
    DeadBand {
        /// `utilizationDownPercent`.
        down: u8,
        /// `utilizationUpPercent`.
        up: u8,
    },
    /// Every sample would be too old by the next poll.
    #[error(
        "autoscaling.queue.staleAfterSeconds is {} and pollPeriodSeconds {}: let staleAfterSeconds be at least twice \
         pollPeriodSeconds", .stale_after.as_secs_f64(), .poll.as_secs_f64()
    )]
    StaleTooSoon {
        /// `staleAfterSeconds`.
        stale_after: Duration,
        /// `pollPeriodSeconds`.
        poll: Duration,
    },
    /// The slow window would see less than the fast one.
    #[error(
        "autoscaling.queue.fastWindowSeconds is {} and slowWindowSeconds {}: let slowWindowSeconds be at least \
         fastWindowSeconds", .fast.as_secs_f64(), .slow.as_secs_f64()
    )]
    Windows {
        /// `fastWindowSeconds`.
        fast: Duration,
        /// `slowWindowSeconds`.
        slow: Duration,
    },
    /// A share that is none.
    #[error("{field} is {percent}: give 1 to 100")]
    Percent {
        /// Its name.
        field: &'static str,
        /// What was given.
        percent: u8,
    },
    /// Something that has to be more than nothing.
    #[error("{0} is 0: give more")]
    Zero(&'static str),
}

impl Policy {
    /// The settings, if they make sense.
    pub fn new(fields: PolicyFields) -> Result<Self, PolicyRefused> {
        if fields.max_replicas == 0 || fields.min_replicas > fields.max_replicas {
            return Err(PolicyRefused::Bounds { min: fields.min_replicas, max: fields.max_replicas });
        }
        check_percents(&fields)?;
        check_not_zero(&fields)?;
        if fields.utilization_down_percent > fields.utilization_up_percent {
            return Err(PolicyRefused::DeadBand {
                down: fields.utilization_down_percent,
                up: fields.utilization_up_percent,
            });
        }
        if fields.slow_window < fields.fast_window {
            return Err(PolicyRefused::Windows { fast: fields.fast_window, slow: fields.slow_window });
        }
        if fields.stale_after < fields.poll_period.saturating_mul(2) {
            return Err(PolicyRefused::StaleTooSoon { stale_after: fields.stale_after, poll: fields.poll_period });
        }
        Ok(Self(fields))
    }

    /// What a wait may take in the plan, in seconds: T = budget × SLO.
    pub(super) fn budget(&self) -> f64 {
        share(self.wait_budget_percent) * self.wait_slo.as_secs_f64()
    }

    /// The number within the bounds.
    pub(super) fn clamp(&self, replicas: u32) -> u32 {
        replicas.clamp(self.min_replicas, self.max_replicas)
    }

    /// The smallest fleet that one step down may leave of this one.
    pub(super) fn one_step_below(&self, current: u32) -> u32 {
        let step = u64::from(current) * u64::from(self.scale_down_step_percent) / 100;
        current.saturating_sub(u32::try_from(step).unwrap_or(u32::MAX).max(1))
    }
}

impl Deref for Policy {
    type Target = PolicyFields;

    fn deref(&self) -> &PolicyFields {
        &self.0
    }
}

/// A percentage as a share of one.
pub(super) fn share(percent: u8) -> f64 {
    f64::from(percent) / 100.0
}

fn check_percents(fields: &PolicyFields) -> Result<(), PolicyRefused> {
    let percents = [
        ("autoscaling.queue.waitBudgetPercent", Some(fields.wait_budget_percent)),
        ("autoscaling.queue.utilizationUpPercent", Some(fields.utilization_up_percent)),
        ("autoscaling.queue.utilizationDownPercent", Some(fields.utilization_down_percent)),
        ("autoscaling.queue.scaleDownStepPercent", Some(fields.scale_down_step_percent)),
        ("autoscaling.targetCPUUtilizationPercent", fields.target_cpu_percent),
        ("autoscaling.targetMemoryUtilizationPercent", fields.target_memory_percent),
    ];
    for (field, percent) in percents {
        if let Some(percent) = percent.filter(|percent| !(1..=100).contains(percent)) {
            return Err(PolicyRefused::Percent { field, percent });
        }
    }
    Ok(())
}

fn check_not_zero(fields: &PolicyFields) -> Result<(), PolicyRefused> {
    let is_zero = [
        ("autoscaling.queue.waitSloSeconds", fields.wait_slo.is_zero()),
        ("autoscaling.queue.fastWindowSeconds", fields.fast_window.is_zero()),
        ("autoscaling.queue.pollPeriodSeconds", fields.poll_period.is_zero()),
        ("autoscaling.queue.startupSeconds", fields.startup.is_zero()),
        ("autoscaling.queue.expectedJobMillis", fields.expected_job.is_zero()),
        ("worker.concurrency", fields.concurrency == 0),
    ];
    match is_zero.into_iter().find(|(_, is_zero)| *is_zero) {
        Some((field, _)) => Err(PolicyRefused::Zero(field)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(change: impl Fn(&mut PolicyFields)) -> String {
        let mut fields = PolicyFields::default();
        change(&mut fields);
        Policy::new(fields).unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_make_sense() {
        let policy = Policy::new(PolicyFields::default()).unwrap();
        assert!((policy.budget() - 24.0).abs() < 1e-9);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_name() {
        let bounds =
            "autoscaling.minReplicas is 31 and maxReplicas 30: let maxReplicas be at least 1 and at least minReplicas";
        assert_eq!(refusal(|f| f.min_replicas = 31), bounds);
        assert!(refusal(|f| f.max_replicas = 0).starts_with("autoscaling.minReplicas is 1 and maxReplicas 0"));
        let queue =
            |change: fn(&mut PolicyFields)| refusal(change).strip_prefix("autoscaling.queue.").unwrap().to_owned();
        assert!(
            queue(|f| f.utilization_down_percent = 96)
                .starts_with("utilizationDownPercent is 96 and utilizationUpPercent 95")
        );
        assert!(
            queue(|f| f.stale_after = Duration::from_secs(9))
                .starts_with("staleAfterSeconds is 9 and pollPeriodSeconds 5: ")
        );
        assert!(
            queue(|f| f.slow_window = Duration::from_secs(9))
                .starts_with("fastWindowSeconds is 20 and slowWindowSeconds 9: ")
        );
        assert_eq!(queue(|f| f.wait_budget_percent = 0), "waitBudgetPercent is 0: give 1 to 100");
        assert_eq!(queue(|f| f.wait_slo = Duration::ZERO), "waitSloSeconds is 0: give more");
        let memory = "autoscaling.targetMemoryUtilizationPercent is 101: give 1 to 100";
        assert_eq!(refusal(|f| f.target_memory_percent = Some(101)), memory);
        assert_eq!(refusal(|f| f.concurrency = 0), "worker.concurrency is 0: give more");
    }

    #[test]
    fn a_step_down_takes_its_share_and_at_least_one() {
        let policy = Policy::new(PolicyFields { scale_down_step_percent: 30, ..PolicyFields::default() }).unwrap();
        assert_eq!([0, 1, 3, 10].map(|current| policy.one_step_below(current)), [0, 0, 2, 7]);
    }
}
