//! The inbox: which events a consumer has taken in, so that a second delivery
//! changes nothing. Written in the transaction that the event causes. A row is as small
//! and as lasting as what it stands for, and outlives whatever the log keeps.

use rusqlite::Connection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{DbError, convert};

/// The table, to be put among a service's migrations.
pub const MIGRATION: &str = "
CREATE TABLE inbox (
    consumer    TEXT    NOT NULL,
    event_id    BLOB    NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (consumer, event_id)
) STRICT, WITHOUT ROWID;
";

/// Notes an event; false when this consumer has had it before.
pub fn first_time(
    connection: &Connection,
    consumer: &str,
    event_id: Uuid,
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let inserted = connection
        .prepare_cached(
            "INSERT INTO inbox (consumer, event_id, received_at) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING",
        )?
        .execute((
            consumer,
            convert::uuid_bytes(&event_id),
            convert::micros(now),
        ))?;
    Ok(inserted == 1)
}
