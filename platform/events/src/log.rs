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
/// at the earliest record it still has. It MUST hand out every record that somebody
/// has put there, whatever its bytes: text that is no UTF-8 with replacement
/// characters. Where it bounds a record's size it MUST take dead letters that are
/// larger than any record by [`crate::letters::ROOM`], or poison would stay where it is.
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

/// Looking into a log without being a member of a group: nothing is committed and
/// nobody's partitions move.
#[async_trait]
pub trait LogBrowser: Send + Sync {
    /// The topics that have a record or once had one, sorted.
    async fn topics(&self) -> Result<Vec<String>, LogError>;

    /// The partitions of a topic, each with one past its newest record at this
    /// moment; none for a topic that does not exist.
    async fn ends(&self, topic: &str) -> Result<Vec<(Partition, i64)>, LogError>;

    /// Up to `limit` records of a partition from `from` on, in order; fewer where the
    /// adapter bounds memory. MUST be empty only when there is none from `from` on.
    async fn read(
        &self,
        partition: &Partition,
        from: i64,
        limit: usize,
    ) -> Result<Vec<Delivery>, LogError>;
}

/// What a subscription says next.
#[derive(Debug)]
pub enum Signal {
    /// A record, in order within its partition.
    Delivery(Delivery),
    /// These partitions are about to belong to another member. What is done may still
    /// be committed until the subscription is asked for its next signal, which says
    /// that the member has let go of them.
    Revoked(Vec<Partition>),
}

/// A member of a group.
///
/// An adapter MUST hand out each record after the committed offset, in order, once
/// per assignment of its partition, and MUST hand out nothing of a paused
/// partition. It MUST NOT give a partition away before the member has let go of it:
/// a call of [`Subscription::next`] or [`Subscription::revoked`] after the revocation
/// does that, and so does dropping the subscription; an adapter may stop waiting after
/// a time of its own, beyond which a commit fails. Both calls MUST be safe to drop
/// while they wait.
#[async_trait]
pub trait Subscription: Send {
    /// Waits for the next signal.
    async fn next(&mut self) -> Result<Signal, LogError>;

    /// Waits for a revocation and hands out no record meanwhile: for a member that
    /// has no room, and must hear all the same that partitions go. MUST keep the
    /// membership alive for however long it waits.
    async fn revoked(&mut self) -> Result<Vec<Partition>, LogError>;

    /// Hands out nothing of this partition until it is resumed or revoked.
    fn pause(&mut self, partition: &Partition) -> Result<(), LogError>;

    /// Goes on where the partition was paused.
    fn resume(&mut self, partition: &Partition) -> Result<(), LogError>;

    /// Everything before `next_offset` is done. Returns when that is durable.
    async fn commit(&mut self, offsets: &[(Partition, i64)]) -> Result<(), LogError>;
}
