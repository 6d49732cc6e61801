//! How long workers take to start, measured by those that did.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use super::crew::Member;

/// So many of the last ones make the mean.
const LAST: usize = 10;

/// The last workers that became ready.
#[derive(Debug, Clone, Default)]
pub(super) struct Startups {
    /// The uids of the pods that were counted, as far as they are there.
    counted: BTreeSet<String>,
    took: VecDeque<Duration>,
}

impl Startups {
    /// Counts pods that have become ready since the last look. One whose container ended in between took longer than
    /// starting takes.
    pub(super) fn see(&mut self, members: &[Member]) {
        let there: BTreeSet<&str> = members.iter().map(|member| member.uid.as_str()).collect();
        self.counted.retain(|uid| there.contains(uid.as_str()));
        for member in members {
            if let Some(took) = member.startup
                && self.counted.insert(member.uid.clone())
            {
                self.took.push_back(took);
            }
        }
        while self.took.len() > LAST {
            self.took.pop_front();
        }
    }

    /// What a worker takes from its creation to ready, on average; `None` until one did.
    pub(super) fn mean(&self) -> Option<Duration> {
        let count = u32::try_from(self.took.len()).ok()?;
        self.took.iter().sum::<Duration>().checked_div(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(uid: u32, seconds: u64) -> Member {
        Member { uid: uid.to_string(), startup: Some(Duration::from_secs(seconds)), ..Member::default() }
    }

    #[test]
    fn the_last_ten_are_counted_once_each() {
        let mut startups = Startups::default();
        assert_eq!(startups.mean(), None);
        startups.see(&[Member { startup: None, ..member(0, 0) }]);
        assert_eq!(startups.mean(), None);
        for _ in 0..3 {
            startups.see(&[member(1, 4), member(2, 8)]);
        }
        assert_eq!((startups.mean(), startups.took.len()), (Some(Duration::from_secs(6)), 2));
        let ten: Vec<Member> = (10..20).map(|uid| member(uid, 20)).collect();
        startups.see(&ten);
        assert_eq!(startups.mean(), Some(Duration::from_secs(20)));
        startups.see(&[]);
        assert!(startups.counted.is_empty(), "pods that are gone need no memory");
        assert_eq!(startups.mean(), Some(Duration::from_secs(20)));
    }
}
