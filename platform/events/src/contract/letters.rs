//! What a log must do so that dead letters are found and come back.

use super::{next, record};
use crate::{
    letters::{self, Letter},
    log::{Delivery, EventLog, LogBrowser, Partition},
};

const GROUP: &str = "order";

/// Parks record `n` of `topic` as a consumer does, and returns what it was.
async fn park<L: EventLog + ?Sized>(log: &L, topic: &str, key: &str, n: u32) -> Delivery {
    let failed = Delivery {
        record: record(topic, key, n),
        partition: 3,
        offset: i64::from(n),
        appended_at: time::OffsetDateTime::UNIX_EPOCH,
    };
    let letter = letters::dead_letter(&failed, GROUP, "no such order");
    log.append(vec![letter]).await.unwrap();
    failed
}

async fn of<L: LogBrowser + ?Sized>(log: &L, topic: &str) -> Vec<Letter> {
    letters::list(log, Some(topic)).await.unwrap()
}

/// What is there is read from anywhere, page by page, and no group notices.
pub async fn a_log_is_browsed_beside_its_groups<L>(log: &L, topic: &str)
where
    L: EventLog + LogBrowser + ?Sized,
{
    assert_eq!(log.ends(topic).await.unwrap(), []);
    let nowhere = Partition {
        topic: topic.to_owned(),
        number: 0,
    };
    assert_eq!(log.read(&nowhere, 0, 9).await.unwrap(), []);
    for n in 0..5 {
        log.append(vec![record(topic, "same", n)]).await.unwrap();
    }
    assert!(log.topics().await.unwrap().contains(&topic.to_owned()));
    let ends = log.ends(topic).await.unwrap();
    let (partition, end) = ends.into_iter().find(|(_, end)| *end > 0).unwrap();
    let first = log.read(&partition, 0, 2).await.unwrap();
    assert_eq!(first.len(), 2);
    assert_eq!(first[1].record, record(topic, "same", 1));
    let rest = log.read(&partition, first[1].offset + 1, 99).await.unwrap();
    assert_eq!(rest.len(), 3);
    assert!(rest[2].offset < end);
    assert_eq!(log.read(&partition, end, 99).await.unwrap(), []);
    let mut subscription = log.subscribe("later", &[topic]).await.unwrap();
    assert_eq!(next(subscription.as_mut()).await, first[0]);
}

/// A letter waits until it is replayed; the record comes back as it was, for the
/// group that failed.
pub async fn a_letter_waits_until_it_is_replayed<L>(log: &L, topic: &str)
where
    L: EventLog + LogBrowser + ?Sized,
{
    let failed = park(log, topic, "a", 1).await;
    park(log, topic, "b", 2).await;
    let found = of(log, topic).await;
    assert_eq!(found, of(log, &format!("{topic}.dlq")).await);
    let letter = found.iter().find(|letter| letter.key == "a").unwrap();
    assert_eq!(letter.topic, topic);
    assert_eq!(letter.group.as_deref(), Some(GROUP));
    assert_eq!(letter.reason.as_deref(), Some("no such order"));
    assert!(found.iter().all(|letter| letter.replayed_at.is_none()));
    let whole = letters::read(log, &letter.id).await.unwrap().unwrap();
    assert_eq!(whole.record.payload, failed.record.payload);
    assert_eq!(whole.record.header(letters::OFFSET), Some("1"));

    assert!(letters::replay(log, letter).await.unwrap());
    let mut subscription = log.subscribe(GROUP, &[topic]).await.unwrap();
    let back = next(subscription.as_mut()).await.record;
    let mut expected = failed.record;
    let id = letter.id.to_string();
    for (name, value) in [(letters::REPLAY_OF, &*id), (letters::REPLAY_GROUP, GROUP)] {
        expected.headers.push((name.to_owned(), value.to_owned()));
    }
    assert_eq!(back, expected);
    let found = of(log, topic).await;
    let waiting: Vec<_> = found
        .iter()
        .filter(|letter| letter.replayed_at.is_none())
        .map(|letter| letter.key.as_str())
        .collect();
    assert_eq!((waiting, found.len()), (vec!["b"], 2), "and is kept");
}

/// A record that fails again is a new letter, whose story is the new one.
pub async fn a_letter_that_fails_again_is_a_new_one<L>(log: &L, topic: &str)
where
    L: EventLog + LogBrowser + ?Sized,
{
    park(log, topic, "a", 1).await;
    assert!(
        letters::replay(log, &of(log, topic).await[0])
            .await
            .unwrap()
    );
    let mut subscription = log.subscribe(GROUP, &[topic]).await.unwrap();
    let back = next(subscription.as_mut()).await;
    let again = letters::dead_letter(&back, GROUP, "still no such order");
    log.append(vec![again]).await.unwrap();
    let found = of(log, topic).await;
    assert_eq!(found.len(), 2);
    let second = found.iter().find(|letter| letter.replayed_at.is_none());
    let second = second.unwrap();
    assert_eq!(second.reason.as_deref(), Some("still no such order"));
    assert!(letters::replay(log, second).await.unwrap());
    let twice = next(subscription.as_mut()).await.record;
    let headers = twice.headers.iter();
    assert_eq!(
        headers
            .filter(|(name, _)| name == letters::REPLAY_OF)
            .count(),
        1
    );
    let waiting = of(log, topic).await;
    assert!(waiting.iter().all(|letter| letter.replayed_at.is_some()));
}

/// A letter that is not there, or a marker, is nothing to replay.
pub async fn what_is_no_letter_is_not_replayed<L>(log: &L, topic: &str)
where
    L: EventLog + LogBrowser + ?Sized,
{
    park(log, topic, "a", 1).await;
    let letter = of(log, topic).await.remove(0);
    assert!(letters::replay(log, &letter).await.unwrap());
    let ends = log.ends(&letter.id.partition.topic).await.unwrap();
    let (partition, end) = ends.into_iter().find(|(_, end)| *end > 0).unwrap();
    for offset in [letter.id.offset + 1, end, end + 100] {
        let mut other = letter.clone();
        other.id.partition = partition.clone();
        other.id.offset = offset;
        assert!(!letters::replay(log, &other).await.unwrap(), "{offset}");
    }
}
