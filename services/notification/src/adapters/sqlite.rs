//! Marks and messages in one SQLite file.

use std::{path::Path, time::Duration};

use async_trait::async_trait;
use rocket_db::{
    DbError, Sqlite,
    convert::{micros, time_at, uuid_at, uuid_bytes},
    rusqlite::{Connection, OptionalExtension as _, Row},
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    domain::{Delivery, KeptMessage, Kind, Message},
    ports::{Claim, ClaimToken, DeliveryMarks, KEPT_PER_USER, MAX_LEASE, Messages, StoreError},
};

/// Forward only: a step that was released is never changed.
const MIGRATIONS: &[&str] = &[include_str!(
    "../../migrations/sqlite/0001_marks_and_messages.sql"
)];

/// The channel of messages that Telegram is to be told.
const TELEGRAM: &str = "telegram";
/// The channel of messages that are only kept.
const KEPT: &str = "kept";

/// The embedded store. Clones share it.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    db: Sqlite,
}

impl SqliteStore {
    /// Opens the file, which is made and migrated as needed.
    pub fn open(path: &Path) -> Result<Self, DbError> {
        let db = Sqlite::open_after(path, MIGRATIONS, end_claims)?;
        Ok(Self { db })
    }
}

/// Whoever held a claim in this file is gone: it has one process at a time. What that
/// one was telling is told at once instead of when the claim runs out.
fn end_claims(connection: &Connection) -> Result<(), DbError> {
    connection.execute(
        "UPDATE delivery_marks SET leased_until = 0 WHERE done_at IS NULL",
        (),
    )?;
    Ok(())
}

impl From<DbError> for StoreError {
    fn from(error: DbError) -> Self {
        Self(error.into())
    }
}

#[async_trait]
impl DeliveryMarks for SqliteStore {
    async fn claim(
        &self,
        message: &Message,
        now: OffsetDateTime,
        lease: Duration,
    ) -> Result<Claim, StoreError> {
        let message = message.clone();
        let token = Uuid::new_v4();
        let job = move |c: &Connection| -> Result<Claim, DbError> {
            let claim = take_mark(c, message.event_uuid, token, now, lease)?;
            if let Claim::Claimed(_) = claim {
                keep_message(c, &message, Delivery::Pending)?;
            }
            Ok(claim)
        };
        Ok(self.db.write(job).await?)
    }

    async fn done(
        &self,
        event: Uuid,
        delivery: Delivery,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let job = move |c: &Connection| -> Result<(), DbError> {
            c.prepare_cached(
                "INSERT INTO delivery_marks (event_uuid, channel, done_at) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET token = NULL, leased_until = NULL,
                     done_at = coalesce(done_at, excluded.done_at)",
            )?
            .execute((uuid_bytes(&event), TELEGRAM, micros(now)))?;
            c.prepare_cached("UPDATE messages SET delivery = ?2 WHERE event_uuid = ?1")?
                .execute((uuid_bytes(&event), delivery.as_str()))?;
            Ok(())
        };
        Ok(self.db.write(job).await?)
    }

    async fn release(&self, event: Uuid, token: ClaimToken) -> Result<(), StoreError> {
        let job = move |c: &Connection| -> Result<(), DbError> {
            c.prepare_cached(
                "DELETE FROM delivery_marks
                 WHERE event_uuid = ?1 AND channel = ?2 AND token = ?3",
            )?
            .execute((uuid_bytes(&event), TELEGRAM, uuid_bytes(&token.0)))?;
            Ok(())
        };
        Ok(self.db.write(job).await?)
    }

    async fn keep(&self, message: &Message, now: OffsetDateTime) -> Result<(), StoreError> {
        let message = message.clone();
        let job = move |c: &Connection| -> Result<(), DbError> {
            let first = c
                .prepare_cached(
                    "INSERT INTO delivery_marks (event_uuid, channel, done_at)
                     VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                )?
                .execute((uuid_bytes(&message.event_uuid), KEPT, micros(now)))?;
            if first == 1 {
                keep_message(c, &message, Delivery::Kept)?;
            }
            Ok(())
        };
        Ok(self.db.write(job).await?)
    }

    async fn forget(&self, before: OffsetDateTime, limit: usize) -> Result<usize, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let job = move |c: &Connection| -> Result<usize, DbError> {
            let marks = c
                .prepare_cached(
                    "DELETE FROM delivery_marks WHERE (event_uuid, channel) IN (
                         SELECT event_uuid, channel FROM delivery_marks
                         WHERE done_at < ?1 ORDER BY done_at LIMIT ?2)",
                )?
                .execute((micros(before), limit))?;
            // The oldest by insertion: looking at them all would hold the writer.
            let messages = c
                .prepare_cached(
                    "DELETE FROM messages WHERE occurred_at < ?1 AND id IN (
                         SELECT id FROM messages ORDER BY id LIMIT ?2)",
                )?
                .execute((micros(before), limit))?;
            Ok(marks + messages)
        };
        Ok(self.db.write(job).await?)
    }
}

#[async_trait]
impl Messages for SqliteStore {
    async fn latest(&self, user: Uuid) -> Result<Vec<KeptMessage>, StoreError> {
        let job = move |c: &Connection| -> Result<Vec<KeptMessage>, DbError> {
            let mut statement = c.prepare_cached(
                "SELECT event_uuid, user_uuid, order_uuid, kind, text, occurred_at, delivery
                 FROM messages WHERE user_uuid = ?1
                 ORDER BY occurred_at DESC, id DESC LIMIT ?2",
            )?;
            let mut rows = statement.query((uuid_bytes(&user), kept_per_user()))?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(kept_message(row)?);
            }
            Ok(found)
        };
        Ok(self.db.read(job).await?)
    }
}

/// A fresh mark, or one whose lease is over and that is not done.
fn take_mark(
    c: &Connection,
    event: Uuid,
    token: Uuid,
    now: OffsetDateTime,
    lease: Duration,
) -> Result<Claim, DbError> {
    let rows = c
        .prepare_cached(
            "INSERT INTO delivery_marks (event_uuid, channel, token, leased_until)
             VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET token = excluded.token, leased_until = excluded.leased_until
                 WHERE done_at IS NULL AND (leased_until <= ?5 OR leased_until > ?6)",
        )?
        .execute((
            uuid_bytes(&event),
            TELEGRAM,
            uuid_bytes(&token),
            micros(now + lease),
            micros(now),
            micros(now + MAX_LEASE),
        ))?;
    if rows == 1 {
        return Ok(Claim::Claimed(ClaimToken(token)));
    }
    let held: Option<Option<i64>> = c
        .prepare_cached(
            "SELECT leased_until FROM delivery_marks
             WHERE event_uuid = ?1 AND channel = ?2 AND done_at IS NULL",
        )?
        .query_row((uuid_bytes(&event), TELEGRAM), |row| row.get(0))
        .optional()?;
    match held.flatten() {
        Some(until) => Ok(Claim::HeldByOther {
            until: rocket_db::convert::time(until)?,
        }),
        None => Ok(Claim::AlreadyDone),
    }
}

/// Keeps the message, then drops what is beyond the user's bound.
fn keep_message(c: &Connection, message: &Message, delivery: Delivery) -> Result<(), DbError> {
    c.prepare_cached(
        "INSERT INTO messages
             (event_uuid, user_uuid, order_uuid, kind, text, occurred_at, delivery)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (event_uuid) DO UPDATE SET delivery = excluded.delivery",
    )?
    .execute((
        uuid_bytes(&message.event_uuid),
        uuid_bytes(&message.user_uuid),
        uuid_bytes(&message.order_uuid),
        message.kind.as_str(),
        &message.text,
        micros(message.occurred_at),
        delivery.as_str(),
    ))?;
    c.prepare_cached(
        "DELETE FROM messages WHERE id IN (
             SELECT id FROM messages WHERE user_uuid = ?1
             ORDER BY occurred_at DESC, id DESC LIMIT -1 OFFSET ?2)",
    )?
    .execute((uuid_bytes(&message.user_uuid), kept_per_user()))?;
    Ok(())
}

fn kept_message(row: &Row<'_>) -> Result<KeptMessage, DbError> {
    let (kind, delivery): (String, String) = (row.get(3)?, row.get(6)?);
    Ok(KeptMessage {
        message: Message {
            event_uuid: uuid_at(row, 0)?,
            user_uuid: uuid_at(row, 1)?,
            order_uuid: uuid_at(row, 2)?,
            kind: Kind::from_word(&kind).ok_or(DbError::Malformed(kind))?,
            text: row.get(4)?,
            occurred_at: time_at(row, 5)?,
        },
        delivery: Delivery::from_word(&delivery).ok_or(DbError::Malformed(delivery))?,
    })
}

fn kept_per_user() -> i64 {
    i64::try_from(KEPT_PER_USER).unwrap_or(i64::MAX)
}
