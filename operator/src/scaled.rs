//! What is told of scaling, of workers and of the events role alike: conditions, recommendations, and the words of events.
//! Pure, from what the scaler last decided.

use jiff::Timestamp;

use crate::{
    api::{Condition, ScalingRecommendation, ScalingStatus},
    conditions::Found,
    names::Component,
    scalings::{Freshness, Off, Outcome, Scaling},
};

/// The conditions that are told of scaling.
const ACTIVE: &str = "ScalingActive";
pub(crate) const FRESH: &str = "MetricsFresh";
const LIMITED: &str = "ScalingLimited";

/// What is scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scaled {
    /// The workers of a pipeline, by its queue.
    Workers,
    /// The events role of a platform, by its connections.
    Events,
}

impl Scaled {
    /// Its pods, for people.
    pub(crate) fn pods(self) -> &'static str {
        match self {
            Self::Workers => "workers",
            Self::Events => "pods of the events role",
        }
    }

    /// How people get the operator to leave it to them.
    pub(crate) fn way_out(self) -> &'static str {
        match self {
            Self::Workers => "let spec.autoscaling.mode be Disabled, and set spec.replicas",
            Self::Events => "set spec.eventBus.replicas instead of spec.eventBus.autoscaling",
        }
    }

    fn component(self) -> Component {
        match self {
            Self::Workers => Component::Worker,
            Self::Events => Component::Events,
        }
    }

    fn followed(self) -> &'static str {
        match self {
            Self::Workers => "FollowsQueue",
            Self::Events => "FollowsConnections",
        }
    }

    fn way_of_rivals(self) -> &'static str {
        match self {
            Self::Workers => "let spec.autoscaling.mode be External",
            Self::Events => "set spec.eventBus.replicas instead of spec.eventBus.autoscaling",
        }
    }

    fn unseen(self) -> &'static str {
        match self {
            Self::Workers => "the queue can't be seen, so the number of workers does not fall",
            Self::Events => "connections can't be counted, so the number of pods stays",
        }
    }

    fn too_few(self, desired: u32) -> String {
        match self {
            Self::Workers => {
                format!("photos wait longer than they should with {desired} workers: raise maxReplicas")
            }
            Self::Events => {
                format!(
                    "{desired} pods have more connections than they should: raise spec.eventBus.autoscaling.maxReplicas"
                )
            }
        }
    }
}

/// The conditions of what is scaled.
pub(crate) fn conditions(scaled: Scaled, scaling: &Scaling) -> Vec<Found> {
    vec![active(scaled, &scaling.outcome), fresh(scaled, &scaling.freshness), limited(scaled, scaling)]
}

/// Where there is no platform, nobody looks at its queues.
pub(crate) fn without_platform() -> Vec<Found> {
    vec![Found::no(ACTIVE, "PlatformMissing", "without its platform nobody looks at its queue")]
}

/// Whether a condition is one of scaling.
pub(crate) fn is_of_scaling(r#type: &str) -> bool {
    [ACTIVE, FRESH, LIMITED].contains(&r#type)
}

/// The conditions of scaling among those that were told before: an operator that has just started has not looked yet, and
/// what its predecessor told stays.
pub(crate) fn told_before(before: &[Condition]) -> impl Iterator<Item = Condition> {
    before.iter().filter(|old| is_of_scaling(&old.r#type)).cloned()
}

/// What is not a condition.
pub(crate) fn status(scaled: Scaled, scaling: &Scaling, before: Option<&ScalingStatus>) -> ScalingStatus {
    // After a restart the operator does not know when it last did.
    let last_scale_time = scaling.changed_at.or_else(|| before.and_then(|scaling| scaling.last_scale_time));
    let decision = &scaling.decision;
    let recommendation = decision.recommended.map(|recommended| ScalingRecommendation {
        component: scaled.component().as_str().to_owned(),
        current: narrow(scaling.current),
        recommended: narrow(recommended),
        reason: decision.reason.as_str().to_owned(),
        confidence_percent: decision.confidence_percent().into(),
        impact: decision.impact.as_str().to_owned(),
    });
    ScalingStatus {
        last_scale_time: last_scale_time.map(whole_second),
        reason: decision.reason.as_str().to_owned(),
        recommendations: recommendation.into_iter().collect(),
    }
}

fn active(scaled: Scaled, outcome: &Outcome) -> Found {
    let no = |reason, message: &str| Found::no(ACTIVE, reason, message);
    match outcome {
        Outcome::Followed => Found::yes(ACTIVE, scaled.followed(), ""),
        Outcome::Rival(autoscaler) => Found::no(
            ACTIVE,
            "ForeignAutoscaler",
            format!(
                "the HorizontalPodAutoscaler `{autoscaler}` chooses how many {} there are: delete it (or the \
                 ScaledObject that made it), or {}",
                scaled.pods(),
                scaled.way_of_rivals()
            ),
        ),
        Outcome::Failed(text) => Found::no(ACTIVE, "Failed", text.as_str()),
        Outcome::Recommended(Off::Disabled) => no("Disabled", "the spec's replicas say how many there are"),
        Outcome::Recommended(Off::External) => no("External", "whoever sets spec.replicas chooses"),
        Outcome::Recommended(Off::Cpu) => no("ByCPU", "a HorizontalPodAutoscaler chooses by processor time"),
        Outcome::Recommended(Off::Paused) => no("Paused", "nothing is changed while it is paused"),
        Outcome::Recommended(Off::Stopped) => no("Stopped", "no pod runs while operation is Stopped"),
    }
}

fn fresh(scaled: Scaled, freshness: &Freshness) -> Found {
    match freshness {
        Freshness::Fresh => Found::yes(FRESH, "Fresh", ""),
        Freshness::Stale(why) => Found::no(FRESH, "MetricsStale", format!("{}: {why}", scaled.unseen())),
        Freshness::Suspect => Found::no(
            FRESH,
            "MetricsSuspect",
            "the queue's numbers went back or contradict the workers, so their number does not fall for a while",
        ),
    }
}

fn limited(scaled: Scaled, scaling: &Scaling) -> Found {
    if scaling.is_limited {
        return Found::yes(LIMITED, "TooFewReplicas", scaled.too_few(scaling.desired()));
    }
    Found::no(LIMITED, "WithinBounds", "")
}

/// The API server keeps whole seconds.
pub(crate) fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

pub(crate) fn narrow(replicas: u32) -> i32 {
    i32::try_from(replicas).unwrap_or(i32::MAX)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        api::ConditionStatus,
        scaling::{Decision, Impact, Reason},
    };

    /// A decision that was followed, with something in every part but a queue.
    pub(crate) fn scaling() -> Scaling {
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
            queue: None,
            changed_at: Timestamp::from_second(100).ok(),
            is_limited: false,
        }
    }

    fn told(scaled: Scaled, change: impl FnOnce(&mut Scaling)) -> BTreeMap<&'static str, (ConditionStatus, String)> {
        let mut scaling = scaling();
        change(&mut scaling);
        let found = conditions(scaled, &scaling).into_iter();
        found.map(|found| (found.r#type, (found.status, format!("{}: {}", found.reason, found.message)))).collect()
    }

    #[test]
    fn each_outcome_has_its_reason() {
        use ConditionStatus::{False, True};
        let is = |(status, text): &(ConditionStatus, String), expected: (ConditionStatus, &str)| {
            assert!(*status == expected.0 && text.starts_with(&format!("{}:", expected.1)), "{status:?} {text}");
        };
        is(&told(Scaled::Workers, |_| ())[ACTIVE], (True, "FollowsQueue"));
        is(&told(Scaled::Events, |_| ())[ACTIVE], (True, "FollowsConnections"));
        for (outcome, reason) in [
            (Outcome::Rival("theirs".to_owned()), "ForeignAutoscaler"),
            (Outcome::Failed("refused".to_owned()), "Failed"),
            (Outcome::Recommended(Off::Disabled), "Disabled"),
            (Outcome::Recommended(Off::External), "External"),
            (Outcome::Recommended(Off::Cpu), "ByCPU"),
            (Outcome::Recommended(Off::Paused), "Paused"),
            (Outcome::Recommended(Off::Stopped), "Stopped"),
        ] {
            is(&told(Scaled::Workers, |scaling| scaling.outcome = outcome)[ACTIVE], (False, reason));
        }
        let stale = |scaling: &mut Scaling| scaling.freshness = Freshness::Stale("why".to_owned());
        let suspect = |scaling: &mut Scaling| scaling.freshness = Freshness::Suspect;
        is(&told(Scaled::Workers, |_| ())[FRESH], (True, "Fresh"));
        is(&told(Scaled::Workers, suspect)[FRESH], (False, "MetricsSuspect"));
        is(&told(Scaled::Events, stale)[FRESH], (False, "MetricsStale"));
        is(&told(Scaled::Workers, |_| ())[LIMITED], (False, "WithinBounds"));
        is(&told(Scaled::Workers, |scaling| scaling.is_limited = true)[LIMITED], (True, "TooFewReplicas"));
        assert!(told(Scaled::Events, |_| ()).keys().all(|found| is_of_scaling(found)) && !is_of_scaling("Ready"));
    }

    #[test]
    fn each_is_told_in_its_own_words() {
        let rival = |scaling: &mut Scaling| scaling.outcome = Outcome::Rival("theirs".to_owned());
        let stale = |scaling: &mut Scaling| scaling.freshness = Freshness::Stale("why".to_owned());
        let limited = |scaling: &mut Scaling| scaling.is_limited = true;
        for (scaled, words) in [
            (Scaled::Workers, ["spec.autoscaling.mode", "the queue can't be seen", "photos wait"]),
            (Scaled::Events, ["spec.eventBus.replicas", "connections can't be counted", "connections than"]),
        ] {
            let texts =
                [&told(scaled, rival)[ACTIVE].1, &told(scaled, stale)[FRESH].1, &told(scaled, limited)[LIMITED].1]
                    .map(ToString::to_string);
            assert!(texts.iter().zip(words).all(|(text, word)| text.contains(word)), "{texts:?}");
        }
    }

    #[test]
    fn a_decision_is_told_with_the_time_of_the_last_change() {
        let first = status(Scaled::Events, &scaling(), None);
        let recommendation = &first.recommendations[0];
        assert_eq!((recommendation.component.as_str(), recommendation.recommended), ("events", 6));
        assert_eq!((recommendation.confidence_percent, first.reason.as_str()), (60, "BacklogDrain"));
        assert_eq!(first.last_scale_time, Timestamp::from_second(100).ok());
        let restarted = Scaling { changed_at: None, ..scaling() };
        assert_eq!(status(Scaled::Events, &restarted, Some(&first)), first);
    }
}
