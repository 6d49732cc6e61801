//! What is told of a pipeline's scaling: pure, from what the scaler last decided.

use photo_core::job::QueueNumbers;

use crate::{
    api::{ProcessingPipelineStatus, QueueStatus, ScalingRecommendation, ScalingStatus},
    conditions::Found,
    names::Component,
    scalings::{Freshness, Off, Outcome, QueueTold, Scaling},
};

/// The conditions that are told of scaling.
const ACTIVE: &str = "ScalingActive";
const FRESH: &str = "MetricsFresh";
const LIMITED: &str = "ScalingLimited";

/// The conditions of a pipeline's scaling.
pub(super) fn conditions(scaling: &Scaling) -> Vec<Found> {
    vec![active(&scaling.outcome), fresh(&scaling.freshness), limited(scaling)]
}

/// Where there is no platform, nobody looks at its queues.
pub(super) fn without_platform() -> Vec<Found> {
    vec![Found::no(ACTIVE, "PlatformMissing", "without its platform nobody looks at its queue")]
}

/// Whether a condition is one of scaling.
pub(super) fn is_of_scaling(r#type: &str) -> bool {
    [ACTIVE, FRESH, LIMITED].contains(&r#type)
}

/// Puts what is not a condition into a status.
pub(super) fn fill(status: &mut ProcessingPipelineStatus, before: &ProcessingPipelineStatus, scaling: &Scaling) {
    status.desired_replicas = Some(narrow(scaling.desired()));
    status.queue = scaling.queue.as_ref().map(|queue| queue_status(queue, before.queue.as_ref()));
    // After a restart the operator does not know when it last did.
    let last_scale_time =
        scaling.changed_at.or_else(|| before.scaling.as_ref().and_then(|scaling| scaling.last_scale_time));
    let decision = &scaling.decision;
    let recommendation = decision.recommended.map(|recommended| ScalingRecommendation {
        component: Component::Worker.as_str().to_owned(),
        current: narrow(scaling.current),
        recommended: narrow(recommended),
        reason: decision.reason.as_str().to_owned(),
        confidence_percent: decision.confidence_percent().into(),
        impact: decision.impact.as_str().to_owned(),
    });
    status.scaling = Some(ScalingStatus {
        last_scale_time: last_scale_time.map(whole_second),
        reason: decision.reason.as_str().to_owned(),
        recommendations: recommendation.into_iter().collect(),
    });
}

fn active(outcome: &Outcome) -> Found {
    let no = |reason, message: &str| Found::no(ACTIVE, reason, message);
    match outcome {
        Outcome::Followed => Found::yes(ACTIVE, "FollowsQueue", ""),
        Outcome::Rival(autoscaler) => Found::no(
            ACTIVE,
            "ForeignAutoscaler",
            format!(
                "the HorizontalPodAutoscaler `{autoscaler}` chooses how many workers there are: delete it (or the \
                 ScaledObject that made it), or let spec.autoscaling.mode be External"
            ),
        ),
        Outcome::Failed(text) => Found::no(ACTIVE, "Failed", text.as_str()),
        Outcome::Recommended(Off::Disabled) => no("Disabled", "spec.replicas says how many workers there are"),
        Outcome::Recommended(Off::External) => no("External", "whoever sets spec.replicas chooses"),
        Outcome::Recommended(Off::Cpu) => no("ByCPU", "a HorizontalPodAutoscaler chooses by processor time"),
        Outcome::Recommended(Off::Paused) => no("Paused", "nothing is changed while the queue is paused"),
        Outcome::Recommended(Off::Stopped) => no("Stopped", "no worker runs while operation is Stopped"),
    }
}

fn fresh(freshness: &Freshness) -> Found {
    match freshness {
        Freshness::Fresh => Found::yes(FRESH, "Fresh", ""),
        Freshness::Stale(why) => Found::no(
            FRESH,
            "MetricsStale",
            format!("the queue can't be seen, so the number of workers does not fall: {why}"),
        ),
        Freshness::Suspect => Found::no(
            FRESH,
            "MetricsSuspect",
            "the queue's numbers went back or contradict the workers, so their number does not fall for a while",
        ),
    }
}

fn limited(scaling: &Scaling) -> Found {
    if scaling.is_limited {
        let text = format!("photos wait longer than they should with {} workers: raise maxReplicas", scaling.desired());
        return Found::yes(LIMITED, "TooFewReplicas", text);
    }
    Found::no(LIMITED, "WithinBounds", "")
}

/// The numbers as they were read; the time stays as long as they do, so that a queue at rest writes nothing.
fn queue_status(queue: &QueueTold, before: Option<&QueueStatus>) -> QueueStatus {
    let QueueNumbers { waiting, prioritized, active, delayed, failed, oldest_seconds, .. } = queue.numbers;
    let wide = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let now = QueueStatus {
        waiting: wide(waiting),
        prioritized: wide(prioritized),
        active: wide(active),
        delayed: wide(delayed),
        failed: wide(failed),
        oldest_seconds: oldest_seconds.map(wide),
        observed_at: Some(whole_second(queue.at)),
    };
    match before {
        Some(before) if (QueueStatus { observed_at: now.observed_at, ..before.clone() }) == now => before.clone(),
        Some(_) | None => now,
    }
}

/// The API server keeps whole seconds.
fn whole_second(time: jiff::Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_second(time.as_second()).unwrap_or(time)
}

fn narrow(replicas: u32) -> i32 {
    i32::try_from(replicas).unwrap_or(i32::MAX)
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;

    use super::*;
    use crate::{
        api::ConditionStatus,
        scaling::{Decision, Impact, Reason},
    };

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// A decision that was followed, with something in every part.
    pub(in crate::pipeline::status) fn scaling() -> Scaling {
        let numbers = QueueNumbers { waiting: 1, prioritized: 2, oldest_seconds: Some(3), ..QueueNumbers::default() };
        Scaling {
            current: 2,
            decision: Decision {
                desired: 5,
                reason: Reason::BacklogDrain,
                recommended: Some(6),
                projected_wait_seconds: None,
                confidence: 0.56,
                impact: Impact::High,
            },
            outcome: Outcome::Followed,
            freshness: Freshness::Fresh,
            queue: Some(QueueTold { numbers, at: "1970-01-01T00:01:40.5Z".parse().unwrap() }),
            changed_at: Some(second(100)),
            is_limited: false,
        }
    }

    fn filled(before: &ProcessingPipelineStatus, scaling: &Scaling) -> ProcessingPipelineStatus {
        let mut status = ProcessingPipelineStatus::default();
        fill(&mut status, before, scaling);
        status
    }

    #[test]
    fn every_part_of_a_decision_is_told() {
        let status = serde_json::to_value(filled(&ProcessingPipelineStatus::default(), &scaling())).unwrap();
        let expected = serde_json::json!({
            "replicas": 0, "readyReplicas": 0, "desiredReplicas": 5,
            "queue": {"waiting": 1, "prioritized": 2, "active": 0, "delayed": 0, "failed": 0, "oldestSeconds": 3,
                "observedAt": "1970-01-01T00:01:40Z"},
            "scaling": {"lastScaleTime": "1970-01-01T00:01:40Z", "reason": "BacklogDrain", "recommendations": [{
                "component": "worker", "current": 2, "recommended": 6, "reason": "BacklogDrain",
                "confidencePercent": 60, "impact": "High"}]},
        });
        assert_eq!(status, expected);
    }

    #[test]
    fn times_stay_as_long_as_what_they_are_of() {
        let before = filled(&ProcessingPipelineStatus::default(), &scaling());
        let at = |second: i64| Some(QueueTold { at: self::second(second), ..scaling().queue.unwrap() });
        assert_eq!(filled(&before, &Scaling { queue: at(200), changed_at: None, ..scaling() }), before);
        let mut moved = Scaling { queue: at(200), ..scaling() };
        moved.queue.as_mut().unwrap().numbers.active = 9;
        assert_eq!(filled(&before, &moved).queue.unwrap().observed_at, Some(second(200)));
    }

    fn told(change: impl FnOnce(&mut Scaling)) -> BTreeMap<&'static str, (ConditionStatus, &'static str)> {
        let mut scaling = scaling();
        change(&mut scaling);
        conditions(&scaling).into_iter().map(|found| (found.r#type, (found.status, found.reason))).collect()
    }

    #[test]
    fn each_outcome_has_its_reason() {
        use ConditionStatus::{False, True};
        assert_eq!(told(|_| ())[ACTIVE], (True, "FollowsQueue"));
        for (outcome, reason) in [
            (Outcome::Rival("theirs".to_owned()), "ForeignAutoscaler"),
            (Outcome::Failed("refused".to_owned()), "Failed"),
            (Outcome::Recommended(Off::Disabled), "Disabled"),
            (Outcome::Recommended(Off::External), "External"),
            (Outcome::Recommended(Off::Cpu), "ByCPU"),
            (Outcome::Recommended(Off::Paused), "Paused"),
            (Outcome::Recommended(Off::Stopped), "Stopped"),
        ] {
            assert_eq!(told(|scaling| scaling.outcome = outcome)[ACTIVE], (False, reason));
        }
        assert_eq!(told(|_| ())[FRESH], (True, "Fresh"));
        assert_eq!(told(|scaling| scaling.freshness = Freshness::Suspect)[FRESH], (False, "MetricsSuspect"));
        assert_eq!(
            told(|scaling| scaling.freshness = Freshness::Stale("why".to_owned()))[FRESH],
            (False, "MetricsStale")
        );
        assert_eq!(told(|_| ())[LIMITED], (False, "WithinBounds"));
        assert_eq!(told(|scaling| scaling.is_limited = true)[LIMITED], (True, "TooFewReplicas"));
        assert!(told(|_| ()).keys().all(|found| is_of_scaling(found)) && !is_of_scaling("Ready"));
    }
}
