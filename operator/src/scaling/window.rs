//! The highest recommendation of the last while: the fleet comes down to it and not below.

use std::{collections::VecDeque, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::sample::is_younger;

/// Recommendations that a later one has not made superfluous, so that there are never more than the fleet has sizes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Window {
    /// Each is higher than all after it.
    peaks: VecDeque<Recommended>,
    /// Since when there was no gap.
    since: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Recommended {
    at: Timestamp,
    replicas: u32,
}

impl Window {
    /// Adds one, and forgets those that are as old as the window is long. After a gap as long as that, and as `gap`, it is
    /// watched anew. A window may be shorter than a poll, and then there are no others in it.
    pub(super) fn add(&mut self, now: Timestamp, replicas: u32, length: Duration, gap: Duration) {
        if self.peaks.back().is_none_or(|last| !is_younger(last.at, now, length.max(gap))) {
            self.since = Some(now);
        }
        self.peaks.retain(|peak| is_younger(peak.at, now, length));
        self.peaks.retain(|peak| peak.replicas > replicas);
        self.peaks.push_back(Recommended { at: now, replicas });
    }

    /// The highest of the last while, which is at most as long as the window.
    pub(super) fn highest(&self, now: Timestamp, of_last: Duration) -> u32 {
        let is_recent = |peak: &&Recommended| is_younger(peak.at, now, of_last);
        self.peaks.iter().find(is_recent).or(self.peaks.back()).map_or(0, |peak| peak.replicas)
    }

    /// Whether it was watched for its whole length: until then a higher one may have been missed.
    pub(super) fn is_full(&self, now: Timestamp, length: Duration) -> bool {
        self.since.is_some_and(|since| !is_younger(since, now, length))
    }

    /// Nothing is later than now: a clock that was ahead would else keep the fleet up for as long as it was.
    pub(super) fn settle(&mut self, now: Timestamp) {
        for peak in &mut self.peaks {
            peak.at = peak.at.min(now);
        }
        self.since = self.since.map(|since| since.min(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::scene::second;

    const LENGTH: Duration = Duration::from_secs(10);

    fn window(added: &[(i64, u32)]) -> Window {
        let mut window = Window::default();
        for (at, replicas) in added {
            window.add(second(*at), *replicas, LENGTH, LENGTH);
        }
        window
    }

    #[test]
    fn the_highest_of_the_window_counts() {
        assert_eq!(window(&[(0, 9), (5, 3), (9, 1)]).highest(second(9), LENGTH), 9);
        assert_eq!(window(&[(0, 9), (5, 3), (10, 1)]).highest(second(10), LENGTH), 3);
        assert_eq!(window(&[(0, 9), (5, 3), (10, 1), (12, 4)]).highest(second(12), LENGTH), 4);
        assert_eq!(window(&[]).highest(second(0), LENGTH), 0);
    }

    #[test]
    fn a_part_of_the_window_has_a_highest_too() {
        let window = window(&[(0, 9), (5, 3), (9, 1)]);
        assert_eq!(
            [10, 9, 5, 4, 0].map(|of_last| window.highest(second(9), Duration::from_secs(of_last))),
            [9, 3, 3, 1, 1]
        );
    }

    #[test]
    fn it_holds_no_more_than_there_are_sizes() {
        let rising_and_falling: Vec<_> = (0..1000).map(|at| (at / 200, u32::try_from(at % 7).unwrap())).collect();
        assert!(window(&rising_and_falling).peaks.len() <= 7);
    }

    #[test]
    fn it_is_full_once_it_was_watched_for_its_length_without_a_gap() {
        assert!(!window(&[(0, 1), (9, 1)]).is_full(second(9), LENGTH));
        assert!(window(&[(0, 1), (9, 1), (10, 1)]).is_full(second(10), LENGTH));
        assert!(!window(&[(0, 1), (9, 1), (10, 1), (25, 1)]).is_full(second(25), LENGTH));
        assert!(!Window::default().is_full(second(100), LENGTH));
    }

    #[test]
    fn a_window_that_is_shorter_than_a_poll_is_full_by_the_next() {
        let mut window = Window::default();
        let short = Duration::from_secs(1);
        window.add(second(0), 9, short, LENGTH);
        assert!(!window.is_full(second(0), short));
        window.add(second(5), 1, short, LENGTH);
        assert!(window.is_full(second(5), short));
        assert_eq!(window.highest(second(5), short), 1);
    }

    #[test]
    fn what_is_later_than_now_was_now() {
        let mut window = window(&[(1000, 9)]);
        window.settle(second(20));
        window.add(second(30), 1, LENGTH, LENGTH);
        assert_eq!(window.highest(second(30), LENGTH), 1);
    }
}
