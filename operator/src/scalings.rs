//! What is told of the scaling of pipelines: kept for their status, and renewed only where it is news.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use photo_core::job::QueueNumbers;
use tokio::time::Instant;

use crate::scaling::Decision;

/// Numbers that merely move are told so often at most.
const CALM: Duration = Duration::from_secs(15);

/// The scaling of one pipeline, as it was last decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaling {
    /// Workers that there are to be, before anything was done.
    pub current: u32,
    /// What was decided, or would be.
    pub decision: Decision,
    /// What became of it.
    pub outcome: Outcome,
    /// Whether the queue could be seen.
    pub freshness: Freshness,
    /// The queue's numbers, where they were ever seen.
    pub queue: Option<QueueTold>,
    /// When the number of workers was last changed by this.
    pub changed_at: Option<Timestamp>,
    /// Whether more workers than the most would be needed.
    pub is_limited: bool,
}

/// What became of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The workers are as many as was decided.
    Followed,
    /// It is a recommendation: somebody else chooses.
    Recommended(Off),
    /// It is a recommendation: this HorizontalPodAutoscaler chooses.
    Rival(String),
    /// The cluster did not take it; the text says why.
    Failed(String),
}

/// Why the operator does not choose how many workers there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Off {
    /// `replicas` says it.
    Disabled,
    /// `replicas` says it, and somebody's autoscaler sets that.
    External,
    /// The operator's own HorizontalPodAutoscaler does.
    Cpu,
    /// Nothing is changed while the platform, the pipeline or its queue is paused.
    Paused,
    /// There are none.
    Stopped,
}

/// Whether the queue could be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Freshness {
    /// It was.
    Fresh,
    /// It was not, or not for too long; the text says why.
    Stale(String),
    /// It was, and contradicted itself or the workers.
    Suspect,
}

/// The numbers of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueTold {
    /// The numbers.
    pub numbers: QueueNumbers,
    /// When they were read.
    pub at: Timestamp,
}

impl Scaling {
    /// Workers that there are to be now.
    pub fn desired(&self) -> u32 {
        match self.outcome {
            Outcome::Followed => self.decision.desired,
            Outcome::Recommended(_) | Outcome::Rival(_) | Outcome::Failed(_) => self.current,
        }
    }

    /// Jobs that are to be done.
    fn jobs(&self) -> u64 {
        let numbers = self.queue.as_ref().map(|queue| &queue.numbers);
        numbers.map_or(0, |numbers| numbers.waiting + numbers.prioritized + numbers.active + numbers.delayed)
    }

    /// Whether it is news after what was told last, so long ago.
    fn is_news_after(&self, told: &Self, ago: Duration) -> bool {
        let signs = |scaling: &Self| {
            let Self { outcome, freshness, changed_at, is_limited, .. } = scaling.clone();
            (scaling.desired(), outcome, freshness, changed_at, is_limited)
        };
        let (jobs, jobs_told) = (self.jobs(), told.jobs());
        let has_doubled = jobs.max(jobs_told) >= 2 * jobs.min(jobs_told).max(1);
        signs(self) != signs(told) || has_doubled || (ago >= CALM && !self.tells_the_same(told))
    }

    /// Whether its status would be the same.
    fn tells_the_same(&self, told: &Self) -> bool {
        let numbers = |scaling: &Self| scaling.queue.as_ref().map(|queue| queue.numbers.clone());
        let Decision { reason, recommended, impact, .. } = self.decision;
        (reason, recommended, impact) == (told.decision.reason, told.decision.recommended, told.decision.impact)
            && self.decision.confidence_percent() == told.decision.confidence_percent()
            && self.current == told.current
            && numbers(self) == numbers(told)
    }
}

/// What is told of all pipelines, by their uids.
#[derive(Debug, Default)]
pub struct Scalings(Mutex<HashMap<String, (Scaling, Instant)>>);

impl Scalings {
    /// What is told of a pipeline.
    pub fn of(&self, uid: &str) -> Option<Scaling> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(uid).map(|(told, _)| told.clone())
    }

    /// Tells of a pipeline from now on, where it is news; returns whether it is.
    pub(crate) fn tell(&self, uid: &str, scaling: Scaling, now: Instant) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = all.get(uid).is_some_and(|(told, at)| !scaling.is_news_after(told, now.duration_since(*at)));
        if !is_old {
            all.insert(uid.to_owned(), (scaling, now));
        }
        !is_old
    }

    /// Forgets a pipeline that is gone, or whose workers are.
    pub(crate) fn forget(&self, uid: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::{Impact, Reason};

    fn scaling(jobs: u64) -> Scaling {
        let numbers = QueueNumbers { waiting: jobs, ..QueueNumbers::default() };
        Scaling {
            current: 2,
            decision: Decision {
                desired: 2,
                reason: Reason::Steady,
                recommended: Some(2),
                projected_wait_seconds: None,
                confidence: 0.52,
                impact: Impact::Low,
            },
            outcome: Outcome::Followed,
            freshness: Freshness::Fresh,
            queue: Some(QueueTold { numbers, at: Timestamp::UNIX_EPOCH }),
            changed_at: None,
            is_limited: false,
        }
    }

    /// Whether it is news so many seconds after `scaling(10)`.
    fn is_news(seconds: u64, scaling_now: Scaling) -> bool {
        let (scalings, now) = (Scalings::default(), Instant::now());
        assert!(scalings.tell("one", scaling(10), now));
        scalings.tell("one", scaling_now, now + Duration::from_secs(seconds))
    }

    #[test]
    fn numbers_that_move_are_told_now_and_then_and_at_once_where_they_double() {
        assert!(!is_news(3600, scaling(10)));
        assert!(!is_news(14, scaling(19)));
        assert!(is_news(15, scaling(11)));
        assert!(is_news(1, scaling(20)));
        assert!(is_news(1, scaling(5)));
        let later = QueueTold { at: Timestamp::from_second(9).unwrap(), ..scaling(10).queue.unwrap() };
        assert!(!is_news(3600, Scaling { queue: Some(later), ..scaling(10) }), "only the time has passed");
    }

    #[test]
    fn what_becomes_of_workers_is_told_at_once() {
        assert!(is_news(1, Scaling { outcome: Outcome::Recommended(Off::Paused), ..scaling(10) }));
        assert!(is_news(1, Scaling { freshness: Freshness::Suspect, ..scaling(10) }));
        assert!(is_news(1, Scaling { decision: Decision { desired: 3, ..scaling(10).decision }, ..scaling(10) }));
        assert!(is_news(1, Scaling { is_limited: true, ..scaling(10) }));
        let surer = |confidence| Scaling { decision: Decision { confidence, ..scaling(10).decision }, ..scaling(10) };
        assert!(!is_news(3600, surer(0.54)) && is_news(3600, surer(0.58)) && !is_news(14, surer(0.58)));
    }

    #[test]
    fn only_what_is_followed_changes_how_many_there_are_to_be() {
        let decision = Decision { desired: 7, ..scaling(1).decision };
        let followed = Scaling { decision, ..scaling(1) };
        assert_eq!(followed.desired(), 7);
        assert_eq!(Scaling { outcome: Outcome::Rival("hpa".to_owned()), ..followed }.desired(), 2);
    }

    #[test]
    fn a_pipeline_that_is_gone_is_forgotten() {
        let scalings = Scalings::default();
        scalings.tell("one", scaling(1), Instant::now());
        assert_eq!(scalings.of("one"), Some(scaling(1)));
        scalings.forget("one");
        assert_eq!(scalings.of("one"), None);
    }
}
