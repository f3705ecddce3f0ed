//! An event log that holds what a target puts there, and tells when it was handled.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use rocket_events::{Delivery, EventLog, LogError, Partition, Record, Signal, Subscription};
use time::OffsetDateTime;
use tokio::sync::{mpsc, watch};

/// The log.
#[derive(Default)]
pub(crate) struct ScriptedLog(Mutex<State>);

#[derive(Default)]
struct State {
    appended: Vec<Record>,
    groups: HashMap<String, Group>,
}

struct Group {
    records: mpsc::UnboundedSender<Record>,
    handled: watch::Receiver<i64>,
    delivered: i64,
}

impl ScriptedLog {
    /// What was appended since this was last asked.
    pub(crate) fn appended(&self) -> Vec<Record> {
        mem::take(&mut self.state().appended)
    }

    pub(crate) fn joined(&self, group: &str) -> bool {
        self.state().groups.contains_key(group)
    }

    /// Hands a record to a group that takes one at a time, and waits until it asks for
    /// the next.
    pub(crate) async fn deliver(&self, group: &str, record: Record) {
        let (mut handled, target) = {
            let mut state = self.state();
            let group = state.groups.get_mut(group).expect("the group has joined");
            group.delivered += 1;
            group.records.send(record).expect("the group reads on");
            (group.handled.clone(), group.delivered)
        };
        handled
            .wait_for(|handled| *handled >= target)
            .await
            .expect("the group reads on");
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl EventLog for ScriptedLog {
    async fn append(&self, records: Vec<Record>) -> Result<(), LogError> {
        self.state().appended.extend(records);
        Ok(())
    }

    async fn subscribe(
        &self,
        group: &str,
        _topics: &[&str],
    ) -> Result<Box<dyn Subscription>, LogError> {
        let (records, inbound) = mpsc::unbounded_channel();
        let (done, handled) = watch::channel(0);
        let joined = Group {
            records,
            handled,
            delivered: 0,
        };
        self.state().groups.insert(group.to_owned(), joined);
        Ok(Box::new(Reader {
            inbound,
            done,
            offset: 0,
        }))
    }
}

struct Reader {
    inbound: mpsc::UnboundedReceiver<Record>,
    done: watch::Sender<i64>,
    offset: i64,
}

#[async_trait]
impl Subscription for Reader {
    async fn next(&mut self) -> Result<Signal, LogError> {
        // With one record in flight at most, asking again means that it is handled.
        self.done.send_replace(self.offset);
        let Some(record) = self.inbound.recv().await else {
            return std::future::pending().await;
        };
        self.offset += 1;
        Ok(Signal::Delivery(Delivery {
            record,
            partition: 0,
            offset: self.offset - 1,
            appended_at: OffsetDateTime::UNIX_EPOCH,
        }))
    }

    async fn revoked(&mut self) -> Result<Vec<Partition>, LogError> {
        std::future::pending().await
    }

    fn pause(&mut self, partition: &Partition) -> Result<(), LogError> {
        panic!("a record made {partition:?} wait: it would be tried for ever");
    }

    fn resume(&mut self, _partition: &Partition) -> Result<(), LogError> {
        Ok(())
    }

    async fn commit(&mut self, _offsets: &[(Partition, i64)]) -> Result<(), LogError> {
        Ok(())
    }
}

/// The log as services take it.
pub(crate) fn shared(log: &Arc<ScriptedLog>) -> Arc<dyn EventLog> {
    Arc::clone(log) as Arc<dyn EventLog>
}
