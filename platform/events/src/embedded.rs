//! The event log of one process: a SQLite file.
//!
//! Topics have a fixed number of partitions; a key's hash chooses. There is one
//! member per group, so nothing is ever revoked. Readers are woken by appends of this
//! process. Another process may append as well, `rocketctl dlq replay` beside a running
//! platform for one; a reader that waits looks for that once a second, which is one
//! small read and no write.

mod browse;
mod reader;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use rocket_db::{DbError, Sqlite, convert, rusqlite::Connection};
use rocket_runtime::SharedClock;
use tokio::sync::watch;

use self::reader::Reader;
use crate::{
    log::{EventLog, LogError, Partition, Record, Subscription},
    spans,
};

/// Partitions of every topic: enough to keep a failing one from stopping the rest.
pub const PARTITIONS: i32 = 4;

const MIGRATIONS: &[&str] = &["
CREATE TABLE records (
    topic       TEXT    NOT NULL,
    partition   INTEGER NOT NULL,
    offset      INTEGER NOT NULL,
    key         TEXT    NOT NULL,
    payload     BLOB    NOT NULL,
    headers     TEXT    NOT NULL,
    appended_at INTEGER NOT NULL,
    PRIMARY KEY (topic, partition, offset)
) STRICT, WITHOUT ROWID;
-- The next offset of each partition, which must not go back when old records go.
CREATE TABLE ends (
    topic       TEXT    NOT NULL,
    partition   INTEGER NOT NULL,
    next_offset INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)
) STRICT, WITHOUT ROWID;
CREATE TABLE positions (
    consumer_group TEXT    NOT NULL,
    topic          TEXT    NOT NULL,
    partition      INTEGER NOT NULL,
    next_offset    INTEGER NOT NULL,
    PRIMARY KEY (consumer_group, topic, partition)
) STRICT, WITHOUT ROWID;
"];

/// The next offset of partitions.
type Ends = HashMap<Partition, i64>;

/// The embedded log. Clones share it.
#[derive(Debug, Clone)]
pub struct EmbeddedLog {
    store: Sqlite,
    clock: SharedClock,
    /// Where partitions end, as far as this process has appended to them; every
    /// reader watches it.
    appended: Arc<watch::Sender<Ends>>,
}

impl EmbeddedLog {
    /// Opens or makes the log's file.
    pub fn open(path: &Path, clock: SharedClock) -> Result<Self, DbError> {
        Ok(Self {
            store: Sqlite::open(path, MIGRATIONS)?,
            clock,
            appended: Arc::default(),
        })
    }

    /// Deletes records older than `age` that every group of their topic has taken
    /// in. Dead letters and topics nobody reads are kept. Returns how many. Goes in
    /// small steps, between which others write.
    pub async fn forget_older_than(&self, age: Duration) -> Result<usize, DbError> {
        let before = convert::micros(self.clock.now() - age);
        let read_by_all = self.store.scan(read_by_all).await?;
        let mut forgotten = 0;
        for (topic, partition, next_offset) in read_by_all {
            loop {
                let topic = topic.clone();
                let step = self
                    .store
                    .write(move |c| {
                        Ok::<_, DbError>(c.prepare_cached(FORGET)?.execute((
                            topic,
                            partition,
                            next_offset,
                            before,
                        ))?)
                    })
                    .await?;
                forgotten += step;
                if step < FORGET_STEP {
                    break;
                }
            }
        }
        Ok(forgotten)
    }
}

/// Rows deleted in one step; [`FORGET`] holds the same number.
const FORGET_STEP: usize = 500;

/// Looks at a partition's oldest records only: they are in order of age.
const FORGET: &str = "DELETE FROM records WHERE topic = ?1 AND partition = ?2 AND offset IN (
    SELECT offset FROM (
        SELECT offset, appended_at FROM records
        WHERE topic = ?1 AND partition = ?2 AND offset < ?3
        ORDER BY offset LIMIT 500)
    WHERE appended_at < ?4)";

/// For each partition that is read, the offset that its slowest group has reached.
fn read_by_all(connection: &Connection) -> Result<Vec<(String, i32, i64)>, DbError> {
    let mut statement = connection.prepare_cached(
        "SELECT topic, partition, min(next_offset) FROM positions GROUP BY topic, partition",
    )?;
    let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[async_trait]
impl EventLog for EmbeddedLog {
    async fn append(&self, mut records: Vec<Record>) -> Result<(), LogError> {
        let _spans = spans::append(&mut records);
        let now = convert::micros(self.clock.now());
        let appended = self
            .store
            .write(move |c| {
                let ends = records.iter().map(|record| append_one(c, record, now));
                ends.collect::<Result<Vec<_>, DbError>>()
            })
            .await
            .map_err(|error| LogError::new("append", error))?;
        self.appended.send_modify(|ends| {
            for (partition, end) in appended {
                // Two appends may come here in another order than they were made in.
                let known = ends.entry(partition).or_default();
                *known = end.max(*known);
            }
        });
        Ok(())
    }

    async fn subscribe(
        &self,
        group: &str,
        topics: &[&str],
    ) -> Result<Box<dyn Subscription>, LogError> {
        let reader = Reader::join(self.store.clone(), self.appended.subscribe(), group, topics)
            .await
            .map_err(|error| LogError::new("subscribe", error))?;
        Ok(Box::new(reader))
    }
}

/// Returns where the record's partition ends now.
fn append_one(
    connection: &Connection,
    record: &Record,
    now: i64,
) -> Result<(Partition, i64), DbError> {
    let partition = partition_of(&record.key);
    let end: i64 = connection
        .prepare_cached(
            "INSERT INTO ends (topic, partition, next_offset) VALUES (?1, ?2, 1)
             ON CONFLICT DO UPDATE SET next_offset = next_offset + 1
             RETURNING next_offset",
        )?
        .query_row((&record.topic, partition), |row| row.get(0))?;
    connection
        .prepare_cached(
            "INSERT INTO records (topic, partition, offset, key, payload, headers, appended_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            &record.topic,
            partition,
            end - 1,
            &record.key,
            record.payload.as_ref(),
            reader::encode_headers(&record.headers),
            now,
        ))?;
    let partition = Partition {
        topic: record.topic.clone(),
        number: partition,
    };
    Ok((partition, end))
}

/// The hash must be the same in every version of this program, or a key would
/// change its partition and lose its order: the top of a UUIDv5.
fn partition_of(key: &str) -> i32 {
    static NAMESPACE: OnceLock<uuid::Uuid> = OnceLock::new();
    let namespace =
        NAMESPACE.get_or_init(|| uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, b"rocket"));
    let byte = uuid::Uuid::new_v5(namespace, key.as_bytes()).as_bytes()[0];
    i32::from(byte) % PARTITIONS
}
