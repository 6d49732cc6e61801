//! The newest so many values of a kind, each once.

use std::{
    borrow::Borrow,
    collections::{HashSet, VecDeque},
    hash::Hash,
};

/// A set that forgets its oldest values.
#[derive(Debug)]
pub(super) struct Recent<T> {
    max: usize,
    order: VecDeque<T>,
    members: HashSet<T>,
}

impl<T: Clone + Eq + Hash> Recent<T> {
    /// An empty set of at most `max` values.
    pub(super) fn new(max: usize) -> Self {
        Self { max, order: VecDeque::new(), members: HashSet::new() }
    }

    /// Adds a value. Returns whether it was new; one that is there keeps its age.
    pub(super) fn insert(&mut self, value: T) -> bool {
        let is_new = self.members.insert(value.clone());
        if is_new {
            self.order.push_back(value);
            if self.order.len() > self.max {
                self.order.pop_front().inspect(|oldest| {
                    self.members.remove(oldest);
                });
            }
        }
        is_new
    }

    /// Forgets a value.
    pub(super) fn remove<Q: ?Sized + Eq + Hash>(&mut self, value: &Q)
    where
        T: Borrow<Q>,
    {
        if self.members.remove(value) {
            self.order.retain(|kept| kept.borrow() != value);
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_values_are_forgotten() {
        let mut recent = Recent::new(3);
        assert_eq!([1, 2, 1, 3, 4].map(|value| recent.insert(value)), [true, true, false, true, true]);
        assert_eq!(recent.len(), 3);
        assert!(recent.insert(1), "it was the oldest");
        assert!(!recent.insert(4), "it was not");
    }

    #[test]
    fn a_removed_value_makes_room() {
        let mut recent = Recent::new(2);
        recent.insert(1);
        recent.insert(2);
        recent.remove(&2);
        recent.remove(&7);
        recent.insert(3);
        assert_eq!(recent.len(), 2);
        assert!(!recent.insert(1), "nothing had to go");
    }
}
