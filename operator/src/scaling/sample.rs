//! Whether a sample of the queue can be used, and how old something is.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    observation::{Observation, QueueSample},
    policy::Policy,
};

/// The sample, if there is one that is not too old. One from the future says that clocks differ, and nothing of its age.
pub(super) fn usable<'a>(observation: &'a Observation, policy: &Policy, now: Timestamp) -> Option<&'a QueueSample> {
    observation.queue.as_ref().filter(|sample| is_within(policy.stale_after, sample.at, now))
}

/// Whether something happened at most so long before now.
pub(super) fn is_within(longest: Duration, at: Timestamp, now: Timestamp) -> bool {
    age(at, now).is_some_and(|age| age <= longest)
}

/// Whether something happened less than so long before now, or is still to come.
pub(super) fn is_younger(at: Timestamp, now: Timestamp, than: Duration) -> bool {
    age(at, now).is_none_or(|age| age < than)
}

/// How long ago something happened; `None` where that is in the future.
pub(super) fn age(at: Timestamp, now: Timestamp) -> Option<Duration> {
    Duration::try_from(now.duration_since(at)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::scene::{Scene, second};

    #[test]
    fn a_sample_is_usable_until_it_is_stale() {
        let policy = Scene::policy();
        let mut observation = Scene::default().observation();
        for (read_at, is_usable) in [(100, true), (85, true), (84, false), (101, false)] {
            observation.queue.as_mut().unwrap().at = second(read_at);
            assert_eq!(usable(&observation, &policy, second(100)).is_some(), is_usable, "read at {read_at}");
        }
        observation.queue = None;
        assert_eq!(usable(&observation, &policy, second(100)), None);
    }
}
