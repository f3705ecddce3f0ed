//! Which offset of a partition may be committed.

use std::collections::BTreeSet;

/// The records of one partition that are at work.
#[derive(Debug)]
pub(super) struct Tracker {
    outstanding: BTreeSet<i64>,
    /// One past the last record taken.
    end: i64,
    committed: i64,
}

impl Tracker {
    /// Begins with the first record that the assignment brings: what is before it
    /// is committed already.
    pub(super) fn new(first: i64) -> Self {
        Self {
            outstanding: BTreeSet::new(),
            end: first,
            committed: first,
        }
    }

    /// A record was taken from the log. Offsets grow; gaps are fine.
    pub(super) fn start(&mut self, offset: i64) {
        self.outstanding.insert(offset);
        self.end = offset + 1;
    }

    /// A record is done; false when it was not at work.
    pub(super) fn finish(&mut self, offset: i64) -> bool {
        self.outstanding.remove(&offset)
    }

    /// The offset before which everything is done, when that has moved since it was
    /// committed last.
    pub(super) fn committable(&self) -> Option<i64> {
        let next = self.outstanding.first().copied().unwrap_or(self.end);
        (next > self.committed).then_some(next)
    }

    /// How many records are at work.
    pub(super) fn outstanding(&self) -> usize {
        self.outstanding.len()
    }

    /// Everything before `next` is committed.
    pub(super) fn committed(&mut self, next: i64) {
        self.committed = next;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever the order of completion, nothing unfinished is ever passed, and
        /// at the end everything is committed.
        #[test]
        fn only_a_contiguous_prefix_is_committable(
            order in Just((0_i64..60).collect::<Vec<_>>()).prop_shuffle(),
            stride in 1_i64..4,
        ) {
            let mut tracker = Tracker::new(0);
            for n in 0..60 {
                tracker.start(n * stride);
            }
            let mut done = BTreeSet::new();
            for n in order {
                prop_assert!(tracker.finish(n * stride));
                prop_assert!(!tracker.finish(n * stride));
                done.insert(n);
                let first_open = (0..60).find(|n| !done.contains(n));
                if let Some(next) = tracker.committable() {
                    prop_assert_eq!(Some(next), first_open.map(|n| n * stride).or(Some(59 * stride + 1)));
                    tracker.committed(next);
                }
            }
            prop_assert_eq!(tracker.committable(), None);
            prop_assert_eq!(tracker.committed, 59 * stride + 1);
        }
    }
}
