//! Parked messages, for a person: what can never be sent, why, and another chance.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, Row};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{DbError, convert};

/// A message that could not be sent and waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// The row, in order of writing.
    pub row: i64,
    /// The message's id.
    pub id: Uuid,
    /// Who sends it where.
    pub destination: String,
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
    /// Why it can never be sent.
    pub reason: String,
}

/// The parked messages of a service's file, beside the service that works on it.
#[derive(Debug)]
pub struct ParkedMessages {
    connection: Connection,
}

impl ParkedMessages {
    /// Opens a file that a service has made.
    pub fn open(path: &Path) -> Result<Self, DbError> {
        let not_writable = |source| DbError::NotWritable {
            path: path.to_owned(),
            source,
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(not_writable)?;
        connection
            .busy_timeout(Duration::from_secs(5))
            .map_err(not_writable)?;
        Ok(Self { connection })
    }

    /// All of them, the oldest first.
    pub fn list(&self) -> Result<Vec<Parked>, DbError> {
        let mut statement = self.connection.prepare(
            "SELECT row, id, destination, key, topic, payload, traceparent, created_at, parked
             FROM outbox WHERE parked IS NOT NULL ORDER BY row",
        )?;
        let mut rows = statement.query(())?;
        let mut parked = Vec::new();
        while let Some(row) = rows.next()? {
            parked.push(read(row)?);
        }
        Ok(parked)
    }

    /// Has it sent once more, by a relay that looks within its usual time; false when
    /// it is not parked any more. Should it fail for good again, it is parked again.
    pub fn send_again(&self, row: i64) -> Result<bool, DbError> {
        let updated = self.connection.execute(
            "UPDATE outbox SET parked = NULL, lease_token = NULL, due_at = 0, attempts = 0
             WHERE row = ?1 AND parked IS NOT NULL",
            [row],
        )?;
        Ok(updated == 1)
    }
}

fn read(row: &Row<'_>) -> Result<Parked, DbError> {
    Ok(Parked {
        row: row.get(0)?,
        id: convert::uuid_at(row, 1)?,
        destination: row.get(2)?,
        key: row.get(3)?,
        topic: row.get(4)?,
        payload: row.get(5)?,
        traceparent: row.get(6)?,
        created_at: convert::time_at(row, 7)?,
        reason: row.get(8)?,
    })
}
