//! Observations for tests, by what matters in them.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    observation::{Counters, Observation, Pods, QueueSample, Utilization},
    policy::{Policy, PolicyFields},
};

/// A moment: one replica, nothing to do, unless it says otherwise. Pods take 12 s to start, jobs 2 s.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene {
    /// Seconds; the sample was read then.
    pub(super) at: i64,
    pub(super) is_seen: bool,
    pub(super) desired: u32,
    /// Of the desired ones; the rest is ready.
    pub(super) starting: u32,
    pub(super) idle: u32,
    pub(super) waiting: u64,
    pub(super) active: u64,
    /// Seconds.
    pub(super) oldest_wait: u64,
    pub(super) enqueued: u64,
    pub(super) completed: u64,
    pub(super) cpu: Option<f64>,
    pub(super) memory: Option<f64>,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            at: 100,
            is_seen: true,
            desired: 1,
            starting: 0,
            idle: 0,
            waiting: 0,
            active: 0,
            oldest_wait: 0,
            enqueued: 0,
            completed: 0,
            cpu: None,
            memory: None,
        }
    }
}

impl Scene {
    /// The defaults.
    pub(super) fn policy() -> Policy {
        Policy::new(PolicyFields::default()).unwrap()
    }

    /// A moment at which the queue can't be seen.
    pub(super) fn unseen() -> Self {
        Self { is_seen: false, ..Self::default() }
    }

    pub(super) fn sample(&self) -> QueueSample {
        QueueSample {
            at: second(self.at),
            waiting: self.waiting,
            active: self.active,
            oldest_wait: Duration::from_secs(self.oldest_wait),
            counters: Counters {
                enqueued: self.enqueued,
                completed: self.completed,
                busy: Duration::from_secs(2 * self.completed),
            },
        }
    }

    pub(super) fn pods(&self) -> Pods {
        Pods {
            desired: self.desired,
            ready: self.desired - self.starting,
            starting: self.starting,
            idle: self.idle,
            startup: Some(Duration::from_secs(12)),
        }
    }

    pub(super) fn observation(&self) -> Observation {
        let used = |share: Option<f64>| share.map(|share| Utilization { share, at: second(self.at) });
        Observation {
            queue: self.is_seen.then(|| self.sample()),
            pods: self.pods(),
            cpu: used(self.cpu),
            memory: used(self.memory),
        }
    }
}

/// So many seconds after the beginning.
pub(super) fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}
