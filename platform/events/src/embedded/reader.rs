//! A group's member: reads pages of records, partition by partition in turn.

use std::{collections::VecDeque, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use rocket_db::{
    DbError, Sqlite, convert,
    rusqlite::{Connection, Row},
};
use time::OffsetDateTime;
use tokio::{sync::watch, time::Instant};

use super::{Ends, PARTITIONS};
use crate::log::{Delivery, Headers, LogError, Partition, Record, Signal, Subscription};

/// Records read at a time from one partition.
const PAGE: usize = 256;
/// Payload bytes after which a page ends, whatever one record may bring.
const PAGE_BYTES: usize = 4 << 20;
/// How often a reader that waits looks for what other processes have appended.
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub(super) struct Reader {
    store: Sqlite,
    appended: watch::Receiver<Ends>,
    group: String,
    partitions: Vec<Position>,
    /// Which partition is asked first next time, so that none starves.
    turn: usize,
    /// Kept here, as a call that is dropped while it waits must not put it off.
    look_at: Instant,
}

struct Position {
    partition: Partition,
    /// The first offset that has not been read from the file.
    next_offset: i64,
    paused: bool,
    page: VecDeque<Delivery>,
    /// False once a read came back short; an append makes it true again.
    maybe_more: bool,
}

impl Reader {
    pub(super) async fn join(
        store: Sqlite,
        appended: watch::Receiver<Ends>,
        group: &str,
        topics: &[&str],
    ) -> Result<Self, DbError> {
        let mut partitions = Vec::new();
        for &topic in topics {
            for number in 0..PARTITIONS {
                let partition = Partition {
                    topic: topic.to_owned(),
                    number,
                };
                let next_offset = committed(&store, group, &partition).await?;
                partitions.push(Position {
                    partition,
                    next_offset,
                    paused: false,
                    page: VecDeque::new(),
                    maybe_more: true,
                });
            }
        }
        Ok(Self {
            store,
            appended,
            group: group.to_owned(),
            partitions,
            turn: 0,
            look_at: Instant::now() + LOOK_EVERY,
        })
    }

    /// A record that is at hand, or that the file holds.
    async fn take(&mut self) -> Result<Option<Delivery>, DbError> {
        for step in 0..self.partitions.len() {
            let index = (self.turn + step) % self.partitions.len();
            let position = &mut self.partitions[index];
            if position.paused {
                continue;
            }
            if position.page.is_empty() && position.maybe_more {
                let from = position.next_offset;
                let page = read_page(&self.store, &position.partition, from, PAGE).await?;
                position.maybe_more = page.more;
                if let Some(last) = page.records.back() {
                    position.next_offset = last.offset + 1;
                }
                position.page = page.records;
            }
            if let Some(delivery) = position.page.pop_front() {
                self.turn = index + 1;
                return Ok(Some(delivery));
            }
        }
        Ok(None)
    }

    /// Notes which partitions this process has appended to. Whatever is appended
    /// after that wakes the reader again.
    fn note_appended(&mut self) {
        note(&mut self.partitions, &self.appended.borrow_and_update());
    }

    /// Notes which partitions have grown, whoever did it.
    async fn look(&mut self) -> Result<(), DbError> {
        let ends = self.store.read(ends).await?;
        note(&mut self.partitions, &ends.into_iter().collect());
        self.look_at = Instant::now() + LOOK_EVERY;
        Ok(())
    }

    fn position(&mut self, partition: &Partition) -> Option<&mut Position> {
        self.partitions
            .iter_mut()
            .find(|position| position.partition == *partition)
    }
}

#[async_trait]
impl Subscription for Reader {
    async fn next(&mut self) -> Result<Signal, LogError> {
        loop {
            if self.appended.has_changed().unwrap_or(false) {
                self.note_appended();
            }
            let taken = self.take().await;
            if let Some(delivery) = taken.map_err(|error| LogError::new("read", error))? {
                return Ok(Signal::Delivery(delivery));
            }
            tokio::select! {
                changed = self.appended.changed() => {
                    changed.map_err(|_| LogError::new("read", DbError::Closed))?;
                    self.note_appended();
                }
                () = tokio::time::sleep_until(self.look_at) => {
                    let looked = self.look().await;
                    looked.map_err(|error| LogError::new("read", error))?;
                }
            }
        }
    }

    async fn revoked(&mut self) -> Result<Vec<Partition>, LogError> {
        std::future::pending().await
    }

    fn pause(&mut self, partition: &Partition) -> Result<(), LogError> {
        if let Some(position) = self.position(partition) {
            position.paused = true;
        }
        Ok(())
    }

    fn resume(&mut self, partition: &Partition) -> Result<(), LogError> {
        if let Some(position) = self.position(partition) {
            position.paused = false;
        }
        Ok(())
    }

    async fn commit(&mut self, offsets: &[(Partition, i64)]) -> Result<(), LogError> {
        let group = self.group.clone();
        let offsets = offsets.to_vec();
        self.store
            .write(move |c| {
                let mut statement = c.prepare_cached(
                    "INSERT INTO positions (consumer_group, topic, partition, next_offset)
                     VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset",
                )?;
                for (partition, next) in &offsets {
                    statement.execute((&group, &partition.topic, partition.number, next))?;
                }
                Ok(())
            })
            .await
            .map_err(|error: DbError| LogError::new("commit", error))
    }
}

/// Where the group goes on. The group is written down even before it has taken
/// anything in, so that no record is forgotten before its time.
async fn committed(store: &Sqlite, group: &str, partition: &Partition) -> Result<i64, DbError> {
    let (group, partition) = (group.to_owned(), partition.clone());
    store
        .write(move |c| {
            c.prepare_cached(
                "INSERT INTO positions (consumer_group, topic, partition, next_offset)
                 VALUES (?1, ?2, ?3, 0) ON CONFLICT DO NOTHING",
            )?
            .execute((&group, &partition.topic, partition.number))?;
            Ok(c.prepare_cached(
                "SELECT next_offset FROM positions
                 WHERE consumer_group = ?1 AND topic = ?2 AND partition = ?3",
            )?
            .query_row((&group, &partition.topic, partition.number), |row| {
                row.get(0)
            })?)
        })
        .await
}

fn note(positions: &mut [Position], ends: &Ends) {
    for position in positions {
        let end = ends.get(&position.partition);
        position.maybe_more |= end.is_some_and(|end| *end > position.next_offset);
    }
}

/// One past the newest record of each partition.
pub(super) fn ends(connection: &Connection) -> Result<Vec<(Partition, i64)>, DbError> {
    let mut statement = connection
        .prepare_cached("SELECT topic, partition, next_offset FROM ends ORDER BY 1, 2")?;
    let rows = statement.query_map((), |row| {
        let (topic, number) = (row.get(0)?, row.get(1)?);
        Ok((Partition { topic, number }, row.get(2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Records in order, and whether there may be more behind them.
pub(super) struct Page {
    pub(super) records: VecDeque<Delivery>,
    more: bool,
}

pub(super) async fn read_page(
    store: &Sqlite,
    partition: &Partition,
    from: i64,
    limit: usize,
) -> Result<Page, DbError> {
    let partition = partition.clone();
    store
        .read(move |c| {
            let mut statement = c.prepare_cached(
                "SELECT offset, key, payload, headers, appended_at FROM records
                 WHERE topic = ?1 AND partition = ?2 AND offset >= ?3
                 ORDER BY offset LIMIT ?4",
            )?;
            let most = i64::try_from(limit).unwrap_or(i64::MAX);
            let mut rows = statement.query((&partition.topic, partition.number, from, most))?;
            let (mut records, mut bytes) = (VecDeque::new(), 0);
            while bytes < PAGE_BYTES
                && let Some(row) = rows.next()?
            {
                let delivery = delivery(row, &partition)?;
                bytes += delivery.record.payload.len();
                records.push_back(delivery);
            }
            let more = bytes >= PAGE_BYTES || records.len() == limit;
            Ok(Page { records, more })
        })
        .await
}

/// A row that another program wrote may hold anything, and must stop nobody.
fn delivery(row: &Row<'_>, partition: &Partition) -> Result<Delivery, DbError> {
    let text = |index| -> Result<String, DbError> {
        let bytes = row.get_ref(index)?.as_bytes().unwrap_or_default();
        Ok(String::from_utf8_lossy(bytes).into_owned())
    };
    let payload: Vec<u8> = row.get(2)?;
    Ok(Delivery {
        record: Record {
            topic: partition.topic.clone(),
            key: text(1)?,
            payload: Bytes::from(payload),
            headers: decode_headers(&text(3)?),
        },
        partition: partition.number,
        offset: row.get(0)?,
        appended_at: convert::time_at(row, 4).unwrap_or(OffsetDateTime::UNIX_EPOCH),
    })
}

/// Headers as `name US value` joined by RS: two ASCII separators that are no part
/// of any header, so nothing needs escaping. They are dropped where they occur.
pub(super) fn encode_headers(headers: &Headers) -> String {
    let clean = |text: &str| text.replace(['\u{1e}', '\u{1f}'], "");
    headers
        .iter()
        .map(|(name, value)| format!("{}\u{1f}{}", clean(name), clean(value)))
        .collect::<Vec<_>>()
        .join("\u{1e}")
}

pub(super) fn decode_headers(text: &str) -> Headers {
    text.split('\u{1e}')
        .filter_map(|pair| pair.split_once('\u{1f}'))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
