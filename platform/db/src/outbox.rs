//! The outbox: messages written in the transaction that causes them, and sent
//! afterwards by a relay (Richardson, "Microservices Patterns", 2018, chapter 3.3).
//!
//! Several relays may work on one outbox. Each leases the oldest unsent row of a
//! key and destination, so rows of one key are sent in order; a relay that dies
//! loses its leases by time. A row that is sent is deleted.

mod parked;
mod sqlite;

use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;
use uuid::Uuid;

pub use self::parked::{Parked, ParkedMessages};
pub use self::sqlite::{MIGRATION, SqliteOutbox, end_leases, insert};
use crate::DbError;

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// The message's id, which the receiver recognises a repetition by.
    pub id: Uuid,
    /// Who sends it where: one relay works on one destination.
    pub destination: &'static str,
    /// Messages of one key and destination are sent in order.
    pub key: String,
    /// What it is: a topic, or the name of a call.
    pub topic: String,
    /// The message, encoded.
    pub payload: Vec<u8>,
    /// The trace that caused it (W3C `traceparent`).
    pub traceparent: Option<String>,
    /// When it was caused.
    pub created_at: OffsetDateTime,
}

/// A message that this relay may send until its lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leased {
    /// The row, in order of writing.
    pub row: i64,
    /// Proves the lease.
    pub token: Uuid,
    /// The message's id.
    pub id: Uuid,
    /// The key.
    pub key: String,
    /// The topic, or the name of a call.
    pub topic: String,
    /// The message, encoded.
    pub payload: Vec<u8>,
    /// The trace that caused it.
    pub traceparent: Option<String>,
    /// When it was caused.
    pub created_at: OffsetDateTime,
    /// How many times sending it has failed.
    pub attempts: u32,
}

/// How full an outbox is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Rows that are not sent, parked ones apart.
    pub unsent: u64,
    /// When the oldest of them was caused.
    pub oldest: Option<OffsetDateTime>,
    /// Rows that can never be sent and wait for a person.
    pub parked: u64,
}

/// The outbox as a relay sees it.
///
/// An adapter MUST lease a row to one relay at a time, MUST hand out no row while
/// an older one of its key and destination is unsent (a parked one no longer
/// counts), and MUST ignore [`OutboxStore::sent`], [`OutboxStore::retry_at`] and
/// [`OutboxStore::park`] for a lease that has gone to somebody else.
#[async_trait]
pub trait OutboxStore: Send + Sync {
    /// Leases up to `limit` rows of `destination` that are due at `now`.
    async fn lease(
        &self,
        destination: &'static str,
        limit: usize,
        now: OffsetDateTime,
        lease_for: Duration,
    ) -> Result<Vec<Leased>, DbError>;

    /// These are sent.
    async fn sent(&self, leases: &[Leased]) -> Result<(), DbError>;

    /// These were not sent and are due again at `at`.
    async fn retry_at(&self, leases: &[Leased], at: OffsetDateTime) -> Result<(), DbError>;

    /// This can never be sent: it is kept, with its reason, and no longer leased.
    async fn park(&self, lease: &Leased, reason: &str) -> Result<(), DbError>;

    /// How full the outbox is for `destination`.
    async fn stats(&self, destination: &'static str) -> Result<Stats, DbError>;

    /// Completes when rows may have been written since the last call. It may
    /// complete for nothing, and for rows of other replicas it need not.
    async fn changed(&self);
}
