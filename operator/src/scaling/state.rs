//! What is remembered from one decision to the next.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    job_time::JobTime,
    observation::{Counters, QueueSample},
    policy::Policy,
    sample::is_younger,
    window::Window,
};

/// It begins as its default, which knows nothing: no rates, and no step down before a whole window was watched.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The counters over the slow window, the oldest first.
    pub(super) samples: Vec<Counted>,
    pub(super) job_time: JobTime,
    pub(super) recommended: Window,
    pub(super) last_up: Option<Timestamp>,
    pub(super) last_down: Option<Timestamp>,
    /// When a sample could last be used.
    pub(super) last_fresh: Option<Timestamp>,
    /// When the queue last had work.
    last_busy: Option<Timestamp>,
    /// When a counter went back.
    suspect_since: Option<Timestamp>,
}

/// The counters of a sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counted {
    pub(super) at: Timestamp,
    pub(super) counters: Counters,
}

impl State {
    /// The same, with nothing in it later than now. Wall clocks jump, and what was noted by one that was ahead would hold
    /// the fleet for as long as it was.
    pub(super) fn settled(mut self, now: Timestamp) -> Self {
        self.samples.retain(|sample| sample.at <= now);
        self.recommended.settle(now);
        let times = [
            &mut self.last_up,
            &mut self.last_down,
            &mut self.last_fresh,
            &mut self.last_busy,
            &mut self.suspect_since,
        ];
        for time in times {
            *time = time.map(|time| time.min(now));
        }
        self
    }

    /// Takes in a usable sample. One that was seen before tells levels and nothing of rates.
    pub(super) fn take(&mut self, sample: &QueueSample, now: Timestamp, policy: &Policy) {
        if let Some(last) = self.samples.last() {
            if sample.at <= last.at {
                return;
            }
            if sample.counters.went_back_from(&last.counters) {
                self.samples.clear();
                self.suspect_since = Some(now);
            } else {
                self.job_time.learn(&last.counters, &sample.counters, policy.expected_job);
            }
        }
        self.samples.push(Counted { at: sample.at, counters: sample.counters.clone() });
        self.forget_before_the_slow_window(policy);
        self.last_fresh = Some(now);
    }

    /// Keeps what the slow window needs: all within it, and one before it.
    fn forget_before_the_slow_window(&mut self, policy: &Policy) {
        let Some(last) = self.samples.last().map(|last| last.at) else {
            return;
        };
        let needed = self.samples.iter().rposition(|sample| !is_younger(sample.at, last, policy.slow_window));
        self.samples.drain(..needed.unwrap_or(0));
    }

    /// Whether a counter went back not long ago: what the queue says of itself may be of another queue.
    pub fn is_suspect(&self, now: Timestamp, policy: &Policy) -> bool {
        let hold = policy.anomaly_hold.max(policy.scale_down_cooldown).max(policy.stale_after);
        self.suspect_since.is_some_and(|since| is_younger(since, now, hold))
    }

    /// Something else contradicts the queue: the suspicion begins anew.
    pub(super) fn suspect(&mut self, now: Timestamp) {
        self.suspect_since = Some(now);
    }

    /// Notes whether there is work, and tells whether there was none for so long.
    pub(super) fn is_idle_for(&mut self, so_long: Duration, has_work: bool, now: Timestamp) -> bool {
        let last_busy = self.last_busy.filter(|_| !has_work).unwrap_or(now);
        self.last_busy = Some(last_busy);
        !is_younger(last_busy, now, so_long)
    }

    /// Whether the number of replicas was changed less than so long ago.
    pub(super) fn changed_within(&self, so_long: Duration, now: Timestamp) -> bool {
        self.last_up.max(self.last_down).is_some_and(|last| is_younger(last, now, so_long))
    }

    /// Whether it was raised less than so long ago.
    pub(super) fn raised_within(&self, so_long: Duration, now: Timestamp) -> bool {
        self.last_up.is_some_and(|last| is_younger(last, now, so_long))
    }

    /// The same where what was decided after `before` was not done: what was seen stays seen.
    #[must_use]
    pub fn not_done(self, before: &Self) -> Self {
        Self { last_up: before.last_up, last_down: before.last_down, ..self }
    }

    /// Notes what becomes of the number of replicas.
    pub(super) fn note_change(&mut self, current: u32, desired: u32, now: Timestamp) {
        if desired > current {
            self.last_up = Some(now);
        } else if desired < current {
            self.last_down = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::scene::{Scene, second};

    fn taken(counted: &[(i64, u64)]) -> State {
        let mut state = State::default();
        for (at, jobs) in counted {
            let sample = Scene { at: *at, enqueued: *jobs, completed: *jobs, ..Scene::default() }.sample();
            state.take(&sample, second(*at), &Scene::policy());
        }
        state
    }

    fn times(state: &State) -> Vec<i64> {
        state.samples.iter().map(|sample| sample.at.as_second()).collect()
    }

    #[test]
    fn samples_reach_over_the_slow_window_and_no_further() {
        assert_eq!(times(&taken(&[(0, 0), (5, 1), (30, 2), (60, 3), (66, 4)])), [5, 30, 60, 66]);
        assert_eq!(times(&taken(&[(0, 0), (5, 1), (500, 2)])), [5, 500]);
    }

    #[test]
    fn a_sample_that_was_seen_before_is_not_taken_again() {
        assert_eq!(taken(&[(5, 10), (10, 20), (10, 0), (8, 0)]), taken(&[(5, 10), (10, 20)]));
    }

    #[test]
    fn a_counter_that_went_back_is_suspect_and_its_rates_are_dropped() {
        let state = taken(&[(5, 10), (10, 20), (15, 0)]);
        assert_eq!(times(&state), [15]);
        let suspect = |at| state.is_suspect(second(at), &Scene::policy());
        assert_eq!([15, 134, 135].map(suspect), [true, true, false]);
    }

    #[test]
    fn idle_is_counted_from_the_last_work() {
        let mut state = State::default();
        let mut idle = |at, has_work| state.is_idle_for(Duration::from_secs(10), has_work, second(at));
        assert_eq!(
            [idle(0, false), idle(10, false), idle(15, true), idle(24, false), idle(25, false)],
            [false, true, false, false, true]
        );
    }

    #[test]
    fn a_state_of_a_clock_that_was_ahead_holds_nothing_for_long() {
        let mut ahead = taken(&[(90_000, 10), (90_005, 0)]);
        ahead.note_change(1, 2, second(90_000));
        let now = second(100);
        let state = ahead.settled(now);
        assert_eq!(times(&state), Vec::<i64>::new());
        assert!(state.raised_within(Duration::from_secs(5), second(104)));
        assert!(!state.raised_within(Duration::from_secs(5), second(105)));
        assert!(!state.is_suspect(second(220), &Scene::policy()));
    }

    #[test]
    fn a_change_that_was_not_done_holds_nothing_back() {
        let before = taken(&[(5, 10)]);
        let mut after = taken(&[(5, 10), (10, 20)]);
        after.note_change(1, 2, second(10));
        let after = after.not_done(&before);
        assert!(!after.changed_within(Duration::from_hours(1), second(10)));
        assert_eq!(times(&after), [5, 10]);
    }

    #[test]
    fn it_is_the_same_after_it_was_stored() {
        let mut state = taken(&[(5, 10), (10, 20), (15, 0)]);
        state.note_change(3, 2, second(15));
        state.recommended.add(second(15), 2, Duration::from_secs(45), Duration::from_secs(15));
        let stored = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<State>(&stored).unwrap(), state);
    }
}
