//! What is decided, and why.

use serde::{Deserialize, Serialize};

use super::whole;

/// The answer to one observation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// Replicas from now on, within the bounds.
    pub desired: u32,
    /// Why so many.
    pub reason: Reason,
    /// Replicas that the load asks for within the bounds, cooldowns and guards aside; absent where it isn't known.
    pub recommended: Option<u32>,
    /// Seconds until what waits now has begun, with the workers that there are now; absent where it isn't known.
    pub projected_wait_seconds: Option<f64>,
    /// How much the estimates behind it are worth, 0 to 1.
    pub confidence: f64,
    /// How much it changes.
    pub impact: Impact,
}

impl Decision {
    /// [`Self::confidence`] in percent, in tens, so that noise is not told.
    pub fn confidence_percent(&self) -> u8 {
        let tens = whole::replicas((self.confidence.clamp(0.0, 1.0) * 10.0).round());
        u8::try_from(tens).unwrap_or(10) * 10
    }
}

/// Why a decision is what it is. Those that are one word for a change name its cause, the others what forbade one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reason {
    /// The fleet was not within the bounds.
    OutOfBounds,
    /// Up: what waits would not start in time.
    BacklogDrain,
    /// Up: more arrives than the fleet can do.
    ArrivalRate,
    /// Up: more clients are connected than the pods should have.
    ConnectionLoad,
    /// Down: less arrives.
    LowLoad,
    /// Down to nothing: there was no work for long enough.
    ScaleToZero,
    /// The fleet is as it should be.
    Steady,
    /// Not up: the last step up was not long ago.
    ScaleUpCooldown,
    /// Not down: the last change, or a higher recommendation, was not long ago.
    ScaleDownCooldown,
    /// Not down: too much waits for the smaller fleet.
    BacklogAboveTarget,
    /// Not down: the smaller fleet would use too much CPU.
    CpuGuard,
    /// Not down: it would use too much memory.
    MemoryGuard,
    /// Not down: jobs take long, and every pod has one.
    BusyPods,
    /// No change: there is no usable sample of the queue.
    MetricsStale,
    /// Up without a sample: the workers are saturated.
    MetricsStaleCpuUp,
    /// Up without a sample: to the policy's floor.
    MetricsStaleFallback,
    /// Not down: a counter of the queue went back not long ago.
    MetricsSuspect,
    /// Up although the queue says it is empty: a counter went back, and the workers are saturated.
    MetricsContradictCpuUp,
}

impl Reason {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OutOfBounds => "OutOfBounds",
            Self::BacklogDrain => "BacklogDrain",
            Self::ArrivalRate => "ArrivalRate",
            Self::ConnectionLoad => "ConnectionLoad",
            Self::LowLoad => "LowLoad",
            Self::ScaleToZero => "ScaleToZero",
            Self::Steady => "Steady",
            Self::ScaleUpCooldown => "ScaleUpCooldown",
            Self::ScaleDownCooldown => "ScaleDownCooldown",
            Self::BacklogAboveTarget => "BacklogAboveTarget",
            Self::CpuGuard => "CpuGuard",
            Self::MemoryGuard => "MemoryGuard",
            Self::BusyPods => "BusyPods",
            Self::MetricsStale => "MetricsStale",
            Self::MetricsStaleCpuUp => "MetricsStaleCpuUp",
            Self::MetricsStaleFallback => "MetricsStaleFallback",
            Self::MetricsSuspect => "MetricsSuspect",
            Self::MetricsContradictCpuUp => "MetricsContradictCpuUp",
        }
    }
}

/// How much a decision changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Impact {
    /// Less than a fifth of the fleet.
    Low,
    /// A fifth of it or more.
    Medium,
    /// Half of it or more, to or from nothing, or more replicas because jobs would start too late.
    High,
}

impl Impact {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
        }
    }

    /// Of a change; `is_late` is whether jobs would start later than they should.
    pub(super) fn of(current: u32, desired: u32, is_late: bool) -> Self {
        let change = f64::from(current.abs_diff(desired)) / f64::from(current.max(1));
        let is_to_or_from_zero = current != desired && (current == 0 || desired == 0);
        if change >= 0.5 || is_to_or_from_zero || (desired > current && is_late) {
            Self::High
        } else if change >= 0.2 {
            Self::Medium
        } else {
            Self::Low
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_impact_is_how_much_of_the_fleet_changes() {
        let cases = [
            (10, 10, false, Impact::Low),
            (10, 10, true, Impact::Low),
            (10, 11, false, Impact::Low),
            (10, 11, true, Impact::High),
            (10, 9, true, Impact::Low),
            (10, 8, false, Impact::Medium),
            (10, 5, false, Impact::High),
            (10, 15, false, Impact::High),
            (0, 1, false, Impact::High),
            (1, 0, false, Impact::High),
            (0, 0, false, Impact::Low),
        ];
        for (current, desired, is_late, impact) in cases {
            assert_eq!(Impact::of(current, desired, is_late), impact, "{current} -> {desired}, late: {is_late}");
        }
    }

    #[test]
    fn a_decision_is_told_in_the_words_of_the_definitions() {
        let decision = Decision {
            desired: 3,
            reason: Reason::BacklogDrain,
            recommended: Some(3),
            projected_wait_seconds: None,
            confidence: 0.5,
            impact: Impact::High,
        };
        let told = r#"{"desired":3,"reason":"BacklogDrain","recommended":3,"projectedWaitSeconds":null,"confidence":0.5,"impact":"high"}"#;
        assert_eq!(serde_json::to_string(&decision).unwrap(), told);
    }
}
