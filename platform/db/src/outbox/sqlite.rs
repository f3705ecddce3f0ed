//! The outbox in SQLite.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use rusqlite::{Connection, Row};
use time::OffsetDateTime;
use tokio::sync::Notify;
use uuid::Uuid;

use super::{Leased, NewMessage, OutboxStore, Stats};
use crate::{DbError, Sqlite, convert};

/// The table, to be put among a service's migrations.
pub const MIGRATION: &str = "
CREATE TABLE outbox (
    row          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           BLOB    NOT NULL,
    destination  TEXT    NOT NULL,
    key          TEXT    NOT NULL,
    topic        TEXT    NOT NULL,
    payload      BLOB    NOT NULL,
    traceparent  TEXT,
    created_at   INTEGER NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    -- Not to be leased before: the end of a lease, or of a back-off.
    due_at       INTEGER NOT NULL DEFAULT 0,
    lease_token  BLOB,
    parked       TEXT
) STRICT;
CREATE INDEX outbox_due ON outbox (destination, due_at, row) WHERE parked IS NULL;
CREATE INDEX outbox_order ON outbox (destination, key, row) WHERE parked IS NULL;
";

/// Writes a message inside the caller's transaction. Call
/// [`SqliteOutbox::wake`] after the commit.
pub fn insert(connection: &Connection, message: &NewMessage) -> Result<(), DbError> {
    connection
        .prepare_cached(
            "INSERT INTO outbox (id, destination, key, topic, payload, traceparent, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            convert::uuid_bytes(&message.id),
            message.destination,
            &message.key,
            &message.topic,
            &message.payload,
            &message.traceparent,
            convert::micros(message.created_at),
        ))?;
    Ok(())
}

/// Ends every lease and back-off, for a store whose only process has just begun.
pub fn end_leases(connection: &Connection) -> Result<(), DbError> {
    connection.execute("UPDATE outbox SET due_at = 0, lease_token = NULL", ())?;
    Ok(())
}

/// The outbox of one SQLite store.
#[derive(Debug, Clone)]
pub struct SqliteOutbox {
    store: Sqlite,
    changed: Arc<Notify>,
}

impl SqliteOutbox {
    /// The outbox in `store`, which has [`MIGRATION`]. One per destination: each
    /// has its own wake-up.
    pub fn new(store: Sqlite) -> Self {
        Self {
            store,
            changed: Arc::default(),
        }
    }

    /// Says that messages were committed.
    pub fn wake(&self) {
        self.changed.notify_one();
    }
}

/// A row that is due further ahead than any lease or back-off reaches was written
/// before the wall clock was set back, and is due now. In microseconds.
const HORIZON: i64 = 600_000_000;

const LEASE: &str = "
UPDATE outbox SET lease_token = ?1, due_at = ?2
WHERE row IN (
    SELECT o.row FROM outbox o
    WHERE o.destination = ?3 AND o.parked IS NULL
      AND (o.due_at <= ?4 OR o.due_at > ?6)
      AND NOT EXISTS (
        SELECT 1 FROM outbox older
        WHERE older.destination = o.destination AND older.key = o.key
          AND older.row < o.row AND older.parked IS NULL)
    ORDER BY o.row LIMIT ?5)
RETURNING row, id, key, topic, payload, traceparent, created_at, attempts";

#[async_trait]
impl OutboxStore for SqliteOutbox {
    async fn lease(
        &self,
        destination: &'static str,
        limit: usize,
        now: OffsetDateTime,
        lease_for: Duration,
    ) -> Result<Vec<Leased>, DbError> {
        let token = Uuid::new_v4();
        let until = convert::micros(now + lease_for);
        let now = convert::micros(now);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        // An idle relay looks often; a look must not take the write lock.
        let anything: bool = self
            .store
            .read(move |c| {
                Ok::<_, DbError>(
                    c.prepare_cached(
                        "SELECT EXISTS (SELECT 1 FROM outbox
                         WHERE destination = ?1 AND parked IS NULL
                           AND (due_at <= ?2 OR due_at > ?3))",
                    )?
                    .query_row((destination, now, now + HORIZON), |row| row.get(0))?,
                )
            })
            .await?;
        if !anything {
            return Ok(Vec::new());
        }
        self.store
            .write(move |c| {
                let mut statement = c.prepare_cached(LEASE)?;
                let token_bytes = convert::uuid_bytes(&token);
                let parameters = (token_bytes, until, destination, now, limit, now + HORIZON);
                let mut rows = statement.query(parameters)?;
                let mut leased = Vec::new();
                while let Some(row) = rows.next()? {
                    leased.push(read(row, token)?);
                }
                // RETURNING gives no order.
                leased.sort_by_key(|lease| lease.row);
                Ok(leased)
            })
            .await
    }

    async fn sent(&self, leases: &[Leased]) -> Result<(), DbError> {
        let rows = keys(leases);
        self.store
            .write(move |c| {
                let mut statement =
                    c.prepare_cached("DELETE FROM outbox WHERE row = ?1 AND lease_token = ?2")?;
                for (row, token) in &rows {
                    statement.execute((row, convert::uuid_bytes(token)))?;
                }
                Ok(())
            })
            .await
    }

    async fn retry_at(&self, leases: &[Leased], at: OffsetDateTime) -> Result<(), DbError> {
        let rows = keys(leases);
        let at = convert::micros(at);
        self.store
            .write(move |c| {
                let mut statement = c.prepare_cached(
                    "UPDATE outbox SET due_at = ?3, attempts = attempts + 1, lease_token = NULL
                     WHERE row = ?1 AND lease_token = ?2",
                )?;
                for (row, token) in &rows {
                    statement.execute((row, convert::uuid_bytes(token), at))?;
                }
                Ok(())
            })
            .await
    }

    async fn park(&self, lease: &Leased, reason: &str) -> Result<(), DbError> {
        let (row, token, reason) = (lease.row, lease.token, reason.to_owned());
        self.store
            .write(move |c| {
                c.prepare_cached(
                    "UPDATE outbox SET parked = ?3, lease_token = NULL
                     WHERE row = ?1 AND lease_token = ?2",
                )?
                .execute((row, convert::uuid_bytes(&token), reason))?;
                Ok(())
            })
            .await
    }

    async fn stats(&self, destination: &'static str) -> Result<Stats, DbError> {
        self.store
            .scan(move |c| {
                let mut statement = c.prepare_cached(
                    "SELECT count(*) FILTER (WHERE parked IS NULL),
                            min(created_at) FILTER (WHERE parked IS NULL),
                            count(*) FILTER (WHERE parked IS NOT NULL)
                     FROM outbox WHERE destination = ?1",
                )?;
                let (unsent, oldest, parked): (i64, Option<i64>, i64) = statement
                    .query_row([destination], |row| {
                        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                    })?;
                Ok(Stats {
                    unsent: unsent.unsigned_abs(),
                    oldest: oldest.map(convert::time).transpose()?,
                    parked: parked.unsigned_abs(),
                })
            })
            .await
    }

    async fn changed(&self) {
        self.changed.notified().await;
    }
}

fn keys(leases: &[Leased]) -> Vec<(i64, Uuid)> {
    leases
        .iter()
        .map(|lease| (lease.row, lease.token))
        .collect()
}

fn read(row: &Row<'_>, token: Uuid) -> Result<Leased, DbError> {
    Ok(Leased {
        row: row.get(0)?,
        token,
        id: convert::uuid_at(row, 1)?,
        key: row.get(2)?,
        topic: row.get(3)?,
        payload: row.get(4)?,
        traceparent: row.get(5)?,
        created_at: convert::time_at(row, 6)?,
        attempts: row.get(7)?,
    })
}
