//! A group's member: reads pages of records, partition by partition in turn.

use std::collections::VecDeque;

use async_trait::async_trait;
use bytes::Bytes;
use rocket_db::{DbError, Sqlite, convert};
use tokio::sync::watch;

use super::PARTITIONS;
use crate::log::{Delivery, Headers, LogError, Partition, Record, Signal, Subscription};

/// Records read at a time from one partition.
const PAGE: usize = 256;

pub(super) struct Reader {
    store: Sqlite,
    appended: watch::Receiver<u64>,
    group: String,
    partitions: Vec<Position>,
    /// Which partition is asked first next time, so that none starves.
    turn: usize,
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
        appended: watch::Receiver<u64>,
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
                let page =
                    read_page(&self.store, &position.partition, position.next_offset).await?;
                position.maybe_more = page.len() == PAGE;
                if let Some(last) = page.back() {
                    position.next_offset = last.offset + 1;
                }
                position.page = page;
            }
            if let Some(delivery) = position.page.pop_front() {
                self.turn = index + 1;
                return Ok(Some(delivery));
            }
        }
        Ok(None)
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
            // Marked as seen before reading: an append between the two wakes us again.
            if self.appended.has_changed().unwrap_or(false) {
                self.appended.mark_unchanged();
                for position in &mut self.partitions {
                    position.maybe_more = true;
                }
            }
            let taken = self.take().await;
            if let Some(delivery) = taken.map_err(|error| LogError::new("read", error))? {
                return Ok(Signal::Delivery(delivery));
            }
            if self.appended.changed().await.is_err() {
                return Err(LogError::new("read", DbError::Closed));
            }
            for position in &mut self.partitions {
                position.maybe_more = true;
            }
        }
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

async fn read_page(
    store: &Sqlite,
    partition: &Partition,
    from: i64,
) -> Result<VecDeque<Delivery>, DbError> {
    let partition = partition.clone();
    store
        .read(move |c| {
            let mut statement = c.prepare_cached(
                "SELECT offset, key, payload, headers, appended_at FROM records
                 WHERE topic = ?1 AND partition = ?2 AND offset >= ?3
                 ORDER BY offset LIMIT ?4",
            )?;
            let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
            let mut rows = statement.query((&partition.topic, partition.number, from, limit))?;
            let mut page = VecDeque::new();
            while let Some(row) = rows.next()? {
                let payload: Vec<u8> = row.get(2)?;
                let headers: String = row.get(3)?;
                page.push_back(Delivery {
                    record: Record {
                        topic: partition.topic.clone(),
                        key: row.get(1)?,
                        payload: Bytes::from(payload),
                        headers: decode_headers(&headers),
                    },
                    partition: partition.number,
                    offset: row.get(0)?,
                    appended_at: convert::time_at(row, 4)?,
                });
            }
            Ok(page)
        })
        .await
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
