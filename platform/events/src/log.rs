//! The port: a log of topics and partitions, read by consumer groups.

use async_trait::async_trait;
use bytes::Bytes;
use time::OffsetDateTime;

/// Names and values, in order.
pub type Headers = Vec<(String, String)>;

/// Something to append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The topic.
    pub topic: String,
    /// Records of one key keep their order.
    pub key: String,
    /// The value, encoded.
    pub payload: Bytes,
    /// CloudEvents attributes and the trace.
    pub headers: Headers,
}

impl Record {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A record as a consumer gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The record.
    pub record: Record,
    /// Where in its topic.
    pub partition: i32,
    /// Where in its partition, counted from 0 without gaps that matter.
    pub offset: i64,
    /// When the log took it.
    pub appended_at: OffsetDateTime,
}

impl Delivery {
    /// The partition it came from.
    pub fn from(&self) -> Partition {
        Partition {
            topic: self.record.topic.clone(),
            number: self.partition,
        }
    }
}

/// One partition of one topic.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition {
    /// The topic.
    pub topic: String,
    /// The number in the topic, from 0.
    pub number: i32,
}

/// The log could not do it; the same call may succeed later.
#[derive(Debug, thiserror::Error)]
#[error("event log: {action} failed")]
pub struct LogError {
    /// What was tried.
    pub action: &'static str,
    /// Why it failed.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl LogError {
    /// Wraps a cause.
    pub fn new(
        action: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            action,
            source: source.into(),
        }
    }
}

/// A durable, partitioned log.
///
/// An adapter MUST keep the order of one key, MUST have records on stable storage
/// when [`EventLog::append`] returns, and MUST start a group that it has never seen
/// at the earliest record it still has.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Appends all records; after an error, any of them may have been appended.
    async fn append(&self, records: Vec<Record>) -> Result<(), LogError>;

    /// Joins a group that reads these topics.
    async fn subscribe(
        &self,
        group: &str,
        topics: &[&str],
    ) -> Result<Box<dyn Subscription>, LogError>;
}

/// What a subscription says next.
#[derive(Debug)]
pub enum Signal {
    /// A record, in order within its partition.
    Delivery(Delivery),
    /// These partitions now belong to another member: what is in flight for them
    /// is not to be committed any more.
    Revoked(Vec<Partition>),
}

/// A member of a group.
///
/// An adapter MUST hand out each record after the committed offset, in order, once
/// per assignment of its partition, and MUST hand out nothing of a paused
/// partition. [`Subscription::next`] MUST be safe to drop while it waits.
#[async_trait]
pub trait Subscription: Send {
    /// Waits for the next signal.
    async fn next(&mut self) -> Result<Signal, LogError>;

    /// Hands out nothing of this partition until it is resumed.
    fn pause(&mut self, partition: &Partition) -> Result<(), LogError>;

    /// Goes on where the partition was paused.
    fn resume(&mut self, partition: &Partition) -> Result<(), LogError>;

    /// Everything before `next_offset` is done. Returns when that is durable.
    async fn commit(&mut self, offsets: &[(Partition, i64)]) -> Result<(), LogError>;
}
