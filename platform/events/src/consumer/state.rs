//! What the loop knows: the records at work, by partition and key.

use std::collections::{HashMap, VecDeque};

use rocket_runtime::shutdown::CancellationToken;

use super::{
    task::{Ticket, Worker},
    tracker::Tracker,
};
use crate::log::{Delivery, Partition};

pub(super) struct State {
    worker: Worker,
    partitions: HashMap<Partition, Assigned>,
    /// Grows with each assignment, so that a late report of an earlier one shows.
    generation: u64,
    in_flight: usize,
}

/// A partition from its first record until it is revoked.
struct Assigned {
    generation: u64,
    tracker: Tracker,
    /// Keys at work, each with the records that wait for it.
    keys: HashMap<String, VecDeque<Delivery>>,
    /// Records that are being retried; the partition is paused while there are any.
    failing: usize,
    /// Ends this assignment's tasks.
    stop: CancellationToken,
}

impl State {
    pub(super) fn new(worker: Worker) -> Self {
        Self {
            worker,
            partitions: HashMap::new(),
            generation: 0,
            in_flight: 0,
        }
    }

    /// Records at work or waiting for another of their key.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Those of partitions that are not paused: a failing partition must not use up
    /// the room of the others. It takes nothing new, so it stays bounded as well.
    pub(super) fn progressing(&self) -> usize {
        self.partitions
            .values()
            .filter(|assigned| assigned.failing == 0)
            .map(|assigned| assigned.tracker.outstanding())
            .sum()
    }

    /// Starts a record, or lets it wait for the one of its key that is at work.
    pub(super) fn start(&mut self, delivery: Delivery) {
        let partition = delivery.from();
        let assigned = self.partitions.entry(partition).or_insert_with(|| {
            self.generation += 1;
            Assigned {
                generation: self.generation,
                tracker: Tracker::new(delivery.offset),
                keys: HashMap::new(),
                failing: 0,
                stop: CancellationToken::new(),
            }
        });
        assigned.tracker.start(delivery.offset);
        self.in_flight += 1;
        if let Some(waiting) = assigned.keys.get_mut(&delivery.record.key) {
            waiting.push_back(delivery);
            return;
        }
        assigned
            .keys
            .insert(delivery.record.key.clone(), VecDeque::new());
        self.worker
            .spawn(delivery, assigned.generation, assigned.stop.clone());
    }

    /// A record is done: its key's next one starts.
    pub(super) fn finish(&mut self, ticket: &Ticket) {
        let worker = &self.worker;
        let Some(assigned) = current(&mut self.partitions, ticket) else {
            return;
        };
        if assigned.tracker.finish(ticket.offset) {
            self.in_flight -= 1;
        }
        let next = assigned
            .keys
            .get_mut(&ticket.key)
            .and_then(VecDeque::pop_front);
        match next {
            Some(delivery) => {
                worker.spawn(delivery, assigned.generation, assigned.stop.clone());
            }
            None => {
                assigned.keys.remove(&ticket.key);
            }
        }
    }

    /// A record began to fail; true when its partition is to be paused for that.
    pub(super) fn failing(&mut self, ticket: &Ticket) -> bool {
        let Some(assigned) = current(&mut self.partitions, ticket) else {
            return false;
        };
        assigned.failing += 1;
        assigned.failing == 1
    }

    /// A record no longer fails; true when its partition may go on.
    pub(super) fn recovered(&mut self, ticket: &Ticket) -> bool {
        let Some(assigned) = current(&mut self.partitions, ticket) else {
            return false;
        };
        assigned.failing -= 1;
        assigned.failing == 0
    }

    /// These partitions are somebody else's now.
    pub(super) fn revoke(&mut self, partitions: &[Partition]) {
        for partition in partitions {
            if let Some(assigned) = self.partitions.remove(partition) {
                assigned.stop.cancel();
                self.in_flight -= assigned.tracker.outstanding();
            }
        }
    }

    /// Ends all tasks.
    pub(super) fn stop(&mut self) {
        for assigned in self.partitions.values() {
            assigned.stop.cancel();
        }
    }

    pub(super) fn has_uncommitted(&self) -> bool {
        self.partitions
            .values()
            .any(|assigned| assigned.tracker.committable().is_some())
    }

    pub(super) fn committable(&self) -> Vec<(Partition, i64)> {
        self.partitions
            .iter()
            .filter_map(|(partition, assigned)| {
                let next = assigned.tracker.committable()?;
                Some((partition.clone(), next))
            })
            .collect()
    }

    pub(super) fn committed(&mut self, offsets: &[(Partition, i64)]) {
        for (partition, next) in offsets {
            if let Some(assigned) = self.partitions.get_mut(partition) {
                assigned.tracker.committed(*next);
            }
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The partition of a report, unless the report is from an earlier assignment.
fn current<'a>(
    partitions: &'a mut HashMap<Partition, Assigned>,
    ticket: &Ticket,
) -> Option<&'a mut Assigned> {
    partitions
        .get_mut(&ticket.partition)
        .filter(|assigned| assigned.generation == ticket.generation)
}
