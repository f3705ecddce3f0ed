//! Dead letters: records that a group could never handle, and how they come back.
//!
//! A letter is a record of `<topic>.dlq`: the key, the payload and the headers that
//! the record had, and headers that say why and from where it came. A log is only ever
//! appended to, so that a letter was replayed is a record as well, a marker, in the
//! same topic and under the same key: the letters that wait are the letters without a
//! marker. That needs nothing of a log but appending and reading, so it is the same in
//! a file and in Kafka, and whoever has the topic has the whole truth.
//!
//! [`replay`] appends the record to its own topic first and the marker after that is
//! acknowledged. A process that dies between the two leaves a letter that still waits
//! and is replayed twice. That changes nothing, as every consumer copes with a record
//! that it has had before; the other order could lose one.
//!
//! A replayed record names the group that failed, and the other groups, which have
//! handled the record long ago, pass it over. It comes after all that was appended
//! meanwhile, so the order of its key is not kept.

use std::{collections::HashMap, fmt, str::FromStr};

use bytes::Bytes;
use time::OffsetDateTime;

use crate::{
    log::{Delivery, EventLog, Headers, LogBrowser, LogError, Partition, Record},
    topics,
};

/// Why the record could not be handled: the chain of causes.
pub const ERROR: &str = "dlq_error";
/// The topic it was read from.
pub const TOPIC: &str = "dlq_topic";
/// The partition it was read from.
pub const PARTITION: &str = "dlq_partition";
/// The offset it was read at.
pub const OFFSET: &str = "dlq_offset";
/// The group that could not handle it.
pub const GROUP: &str = "dlq_group";
/// On a marker: partition and offset of the letter that was replayed.
pub const REPLAYED: &str = "dlq_replayed";
/// On a replayed record: the letter it was.
pub const REPLAY_OF: &str = "replay_of";
/// On a replayed record: the group it is meant for.
pub const REPLAY_GROUP: &str = "replay_group";

/// By how many bytes a letter may be larger than the record it was.
pub const ROOM: usize = 8_192;
/// Bytes of the reason that are kept; the rest of [`ROOM`] is for names and numbers.
const REASON: usize = 4_096;
/// Records read at a time.
const PAGE: usize = 256;

/// Where a letter is, written `order.paid.dlq/2/41`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LetterId {
    /// The partition of the topic of dead letters.
    pub partition: Partition,
    /// The offset there.
    pub offset: i64,
}

/// The text is no [`LetterId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}: expected TOPIC/PARTITION/OFFSET, for example order.paid.dlq/2/41")]
pub struct NoLetterId(String);

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Partition { topic, number } = &self.partition;
        write!(f, "{topic}/{number}/{}", self.offset)
    }
}

impl FromStr for LetterId {
    type Err = NoLetterId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.rsplitn(3, '/');
        let mut next = || parts.next().ok_or_else(|| NoLetterId(text.to_owned()));
        let (offset, number, topic) = (next()?, next()?, next()?);
        let malformed = |_| NoLetterId(text.to_owned());
        let id = Self {
            partition: Partition {
                topic: topic.to_owned(),
                number: number.parse().map_err(malformed)?,
            },
            offset: offset.parse().map_err(malformed)?,
        };
        if topics::of_dead_letters(topic).is_none() || id.to_string() != text {
            return Err(NoLetterId(text.to_owned()));
        }
        Ok(id)
    }
}

/// A letter without its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Where it is.
    pub id: LetterId,
    /// When it was parked.
    pub failed_at: OffsetDateTime,
    /// The record's key.
    pub key: String,
    /// The topic it was read from and goes back to.
    pub topic: String,
    /// The group that could not handle it, if the letter says so.
    pub group: Option<String>,
    /// Why not, if the letter says so.
    pub reason: Option<String>,
    /// When it was replayed last; none while it waits.
    pub replayed_at: Option<OffsetDateTime>,
}

/// All letters of `topic`, or of all topics, the oldest first. Both names of a topic
/// will do: its own and that of its dead letters.
pub async fn list<L: LogBrowser + ?Sized>(
    log: &L,
    topic: Option<&str>,
) -> Result<Vec<Letter>, LogError> {
    let mut letters = Vec::new();
    for name in log.topics().await? {
        let Some(source) = topics::of_dead_letters(&name) else {
            continue;
        };
        if topic.is_none_or(|wanted| wanted == name || wanted == source) {
            letters.extend(of_topic(log, &name, source).await?);
        }
    }
    letters.sort_by(|a, b| (a.failed_at, &a.id).cmp(&(b.failed_at, &b.id)));
    Ok(letters)
}

/// The record of a letter, as it lies in the topic of dead letters.
pub async fn read<L: LogBrowser + ?Sized>(
    log: &L,
    id: &LetterId,
) -> Result<Option<Delivery>, LogError> {
    let page = log.read(&id.partition, id.offset, 1).await?;
    Ok(page
        .into_iter()
        .find(|found| found.offset == id.offset && marked(&found.record).is_none()))
}

/// Appends the letter's record to its own topic and then the marker; false when there
/// is no such letter any more. After an error either may have been appended, and
/// repeating is safe.
pub async fn replay<L: EventLog + LogBrowser + ?Sized>(
    log: &L,
    letter: &Letter,
) -> Result<bool, LogError> {
    let Some(found) = read(log, &letter.id).await? else {
        return Ok(false);
    };
    log.append(vec![replayed(&found.record, letter)]).await?;
    log.append(vec![marker(letter)]).await?;
    Ok(true)
}

/// The record of the letter of `delivery`, which `group` could not handle.
pub(crate) fn dead_letter(delivery: &Delivery, group: &str, reason: &str) -> Record {
    let mut headers = own_headers(&delivery.record);
    for (name, value) in [
        (ERROR, shortened(reason)),
        (TOPIC, delivery.record.topic.clone()),
        (PARTITION, delivery.partition.to_string()),
        (OFFSET, delivery.offset.to_string()),
        (GROUP, group.to_owned()),
    ] {
        headers.push((name.to_owned(), value));
    }
    Record {
        topic: topics::dead_letters_of(&delivery.record.topic),
        key: delivery.record.key.clone(),
        payload: delivery.record.payload.clone(),
        headers,
    }
}

/// Whether `group` is to pass over a record that was replayed for another one.
pub(crate) fn is_for_another(record: &Record, group: &str) -> bool {
    record
        .header(REPLAY_GROUP)
        .is_some_and(|meant| meant != group)
}

async fn of_topic<L: LogBrowser + ?Sized>(
    log: &L,
    name: &str,
    source: &str,
) -> Result<Vec<Letter>, LogError> {
    let mut letters = Vec::new();
    let mut markers = HashMap::new();
    for (partition, end) in log.ends(name).await? {
        let mut from = 0;
        while from < end {
            let page = log.read(&partition, from, PAGE).await?;
            let Some(last) = page.last() else { break };
            from = last.offset + 1;
            for found in page {
                match marked(&found.record) {
                    Some(place) => drop(markers.insert(place, found.appended_at)),
                    None => letters.push(letter(found, source)),
                }
            }
        }
    }
    for letter in &mut letters {
        let place = format!("{}/{}", letter.id.partition.number, letter.id.offset);
        letter.replayed_at = markers.get(&place).copied();
    }
    Ok(letters)
}

fn letter(found: Delivery, source: &str) -> Letter {
    let header = |name| found.record.header(name).map(str::to_owned);
    Letter {
        id: LetterId {
            partition: found.from(),
            offset: found.offset,
        },
        failed_at: found.appended_at,
        topic: source.to_owned(),
        group: header(GROUP),
        reason: header(ERROR),
        replayed_at: None,
        key: found.record.key,
    }
}

/// Which letter this marker is about; none for a letter.
fn marked(record: &Record) -> Option<String> {
    record.header(REPLAYED).map(str::to_owned)
}

fn marker(letter: &Letter) -> Record {
    let place = format!("{}/{}", letter.id.partition.number, letter.id.offset);
    Record {
        topic: letter.id.partition.topic.clone(),
        key: letter.key.clone(),
        payload: Bytes::new(),
        headers: vec![(REPLAYED.to_owned(), place)],
    }
}

fn replayed(found: &Record, letter: &Letter) -> Record {
    let mut headers = own_headers(found);
    headers.push((REPLAY_OF.to_owned(), letter.id.to_string()));
    if let Some(group) = &letter.group {
        headers.push((REPLAY_GROUP.to_owned(), group.clone()));
    }
    Record {
        topic: letter.topic.clone(),
        key: found.key.clone(),
        payload: found.payload.clone(),
        headers,
    }
}

/// The headers that the record's producer wrote. Ours are made anew each time, so
/// that none is there twice and none comes from outside.
fn own_headers(record: &Record) -> Headers {
    let ours = |name: &str| name.starts_with("dlq_") || name.starts_with("replay_");
    let headers = record.headers.iter();
    headers.filter(|(name, _)| !ours(name)).cloned().collect()
}

/// A reason may quote the record, which may be of any size.
fn shortened(reason: &str) -> String {
    if reason.len() <= REASON {
        return reason.to_owned();
    }
    let end = reason.floor_char_boundary(REASON);
    format!("{} ...", &reason[..end])
}

#[cfg(test)]
mod tests;
