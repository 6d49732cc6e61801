//! What is told of a pipeline's queue and workers: pure, from what the scaler last decided.

use photo_core::job::QueueNumbers;

use crate::{
    api::{ProcessingPipelineStatus, QueueStatus},
    scaled::{self, Scaled, narrow, whole_second},
    scalings::{QueueTold, Scaling},
};

/// Puts what is not a condition into a status.
pub(super) fn fill(status: &mut ProcessingPipelineStatus, before: &ProcessingPipelineStatus, scaling: &Scaling) {
    status.desired_replicas = Some(narrow(scaling.desired()));
    status.queue = scaling.queue.as_ref().map(|queue| queue_status(queue, before.queue.as_ref()));
    status.scaling = Some(scaled::status(Scaled::Workers, scaling, before.scaling.as_ref()));
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

#[cfg(test)]
pub(super) mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::scaled::tests::scaling as scaling_without_queue;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// A decision that was followed, with something in every part.
    pub(in crate::pipeline::status) fn scaling() -> Scaling {
        let numbers = QueueNumbers { waiting: 1, prioritized: 2, oldest_seconds: Some(3), ..QueueNumbers::default() };
        let queue = QueueTold { numbers, at: "1970-01-01T00:01:40.5Z".parse().unwrap() };
        Scaling { queue: Some(queue), ..scaling_without_queue() }
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
}
