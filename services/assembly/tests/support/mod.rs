//! A log in memory. Unlike the embedded one it has no threads of its own, so the
//! paused clock moves only when every task waits for it.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use rocket_events::{Delivery, EventLog, LogError, Partition, Record, Signal, Subscription};
use time::OffsetDateTime;
use tokio::{sync::watch, time::Instant};

#[derive(Debug, Default)]
struct Kept {
    records: Vec<(Record, Instant)>,
    positions: HashMap<(String, String), i64>,
    appends: usize,
    failing: usize,
}

/// A log of topics with one partition each.
#[derive(Debug, Clone)]
pub(crate) struct MemoryLog {
    kept: Arc<Mutex<Kept>>,
    changed: Arc<watch::Sender<()>>,
}

impl MemoryLog {
    pub(crate) fn new() -> Self {
        Self {
            kept: Arc::default(),
            changed: Arc::new(watch::Sender::new(())),
        }
    }

    /// The next appends fail.
    pub(crate) fn fail_appends(&self, count: usize) {
        self.lock().failing = count;
    }

    /// Everything in a topic, with the time of its append.
    pub(crate) fn topic(&self, topic: &str) -> Vec<(Record, Instant)> {
        let kept = self.lock();
        let of_topic = kept.records.iter().filter(|(it, _)| it.topic == topic);
        of_topic.cloned().collect()
    }

    /// How often something was appended.
    pub(crate) fn appends(&self) -> usize {
        self.lock().appends
    }

    /// How far a group has committed.
    pub(crate) fn committed(&self, group: &str, topic: &str) -> i64 {
        let key = (group.to_owned(), topic.to_owned());
        self.lock().positions.get(&key).copied().unwrap_or(0)
    }

    /// Waits until `ready` holds, which is looked at after every change; an hour on
    /// the paused clock is in vain.
    pub(crate) async fn until(&self, ready: impl Fn(&Self) -> bool) {
        let mut changes = self.changed.subscribe();
        let waiting = async {
            while !ready(self) {
                changes.changed().await.expect("the log holds the sender");
            }
        };
        let in_time = tokio::time::timeout(Duration::from_hours(1), waiting).await;
        in_time.expect("what is waited for happens within the hour");
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl EventLog for MemoryLog {
    async fn append(&self, records: Vec<Record>) -> Result<(), LogError> {
        {
            let mut kept = self.lock();
            if kept.failing > 0 {
                kept.failing -= 1;
                return Err(LogError::new("append", "away, as the test wants it"));
            }
            kept.appends += 1;
            let now = Instant::now();
            kept.records
                .extend(records.into_iter().map(|record| (record, now)));
        }
        self.changed.send_replace(());
        Ok(())
    }

    async fn subscribe(
        &self,
        group: &str,
        topics: &[&str],
    ) -> Result<Box<dyn Subscription>, LogError> {
        Ok(Box::new(Reader {
            log: self.clone(),
            changes: self.changed.subscribe(),
            group: group.to_owned(),
            next: topics
                .iter()
                .map(|&topic| (topic.to_owned(), self.committed(group, topic)))
                .collect(),
            page: VecDeque::new(),
        }))
    }
}

struct Reader {
    log: MemoryLog,
    changes: watch::Receiver<()>,
    group: String,
    next: Vec<(String, i64)>,
    page: VecDeque<Delivery>,
}

#[async_trait]
impl Subscription for Reader {
    async fn next(&mut self) -> Result<Signal, LogError> {
        loop {
            if let Some(delivery) = self.page.pop_front() {
                return Ok(Signal::Delivery(delivery));
            }
            self.changes.mark_unchanged();
            for (topic, next) in &mut self.next {
                let records = self.log.topic(topic);
                let from = usize::try_from(*next).unwrap();
                for (offset, (record, _)) in records.into_iter().enumerate().skip(from) {
                    let offset = i64::try_from(offset).unwrap();
                    *next = offset + 1;
                    self.page.push_back(Delivery {
                        record,
                        partition: 0,
                        offset,
                        appended_at: OffsetDateTime::UNIX_EPOCH,
                    });
                }
            }
            if self.page.is_empty() {
                self.changes
                    .changed()
                    .await
                    .expect("the log holds the sender");
            }
        }
    }

    async fn revoked(&mut self) -> Result<Vec<Partition>, LogError> {
        std::future::pending().await
    }

    fn pause(&mut self, _: &Partition) -> Result<(), LogError> {
        Ok(())
    }

    fn resume(&mut self, _: &Partition) -> Result<(), LogError> {
        Ok(())
    }

    async fn commit(&mut self, offsets: &[(Partition, i64)]) -> Result<(), LogError> {
        for (partition, next) in offsets {
            let key = (self.group.clone(), partition.topic.clone());
            self.log.lock().positions.insert(key, *next);
        }
        self.log.changed.send_replace(());
        Ok(())
    }
}
