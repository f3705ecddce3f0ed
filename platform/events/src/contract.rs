//! What every [`EventLog`] must do; run against each adapter.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

pub mod letters;

use std::{collections::HashMap, time::Duration};

use bytes::Bytes;
use tokio::time::timeout;

use crate::log::{Delivery, EventLog, Partition, Record, Signal, Subscription};

const SOON: Duration = Duration::from_secs(20);

/// A record of `topic` whose payload is `n`.
pub fn record(topic: &str, key: &str, n: u32) -> Record {
    Record {
        topic: topic.to_owned(),
        key: key.to_owned(),
        payload: Bytes::from(n.to_be_bytes().to_vec()),
        headers: vec![
            ("ce_id".to_owned(), n.to_string()),
            ("traceparent".to_owned(), "00-a-b-01".to_owned()),
        ],
    }
}

/// Waits for the next record.
pub async fn next(subscription: &mut dyn Subscription) -> Delivery {
    loop {
        match timeout(SOON, subscription.next()).await.unwrap().unwrap() {
            Signal::Delivery(delivery) => return delivery,
            Signal::Revoked(_) => {}
        }
    }
}

fn number(delivery: &Delivery) -> u32 {
    u32::from_be_bytes(delivery.record.payload.as_ref().try_into().unwrap())
}

/// Records of a key arrive in order, whole, from the earliest one on.
pub async fn keeps_the_order_of_a_key(log: &dyn EventLog, topic: &str) {
    for n in 0..60 {
        log.append(vec![record(topic, &format!("key-{}", n % 7), n)])
            .await
            .unwrap();
    }
    let mut subscription = log.subscribe("order", &[topic]).await.unwrap();
    let mut last: HashMap<String, u32> = HashMap::new();
    for _ in 0..60 {
        let delivery = next(subscription.as_mut()).await;
        let n = number(&delivery);
        assert_eq!(delivery.record, record(topic, &delivery.record.key, n));
        if let Some(before) = last.insert(delivery.record.key.clone(), n) {
            assert_eq!(n, before + 7, "key {}", delivery.record.key);
        }
    }
    assert_eq!(last.len(), 7);
}

/// Two groups each get everything.
pub async fn groups_are_independent(log: &dyn EventLog, topic: &str) {
    let mut first = log.subscribe("first", &[topic]).await.unwrap();
    log.append(vec![record(topic, "a", 1)]).await.unwrap();
    let delivery = next(first.as_mut()).await;
    first
        .commit(&[(delivery.from(), delivery.offset + 1)])
        .await
        .unwrap();
    let mut second = log.subscribe("second", &[topic]).await.unwrap();
    assert_eq!(number(&next(second.as_mut()).await), 1);
}

/// A group goes on at its commit: what is before it is not repeated, what is after
/// it is.
pub async fn a_group_goes_on_at_its_commit(log: &dyn EventLog, topic: &str) {
    for n in 0..3 {
        log.append(vec![record(topic, "same", n)]).await.unwrap();
    }
    let mut subscription = log.subscribe("resume", &[topic]).await.unwrap();
    let first = next(subscription.as_mut()).await;
    assert_eq!(number(&next(subscription.as_mut()).await), 1);
    subscription
        .commit(&[(first.from(), first.offset + 1)])
        .await
        .unwrap();
    drop(subscription);
    let mut again = log.subscribe("resume", &[topic]).await.unwrap();
    assert_eq!(number(&next(again.as_mut()).await), 1);
    assert_eq!(number(&next(again.as_mut()).await), 2);
}

/// A reader that waits is woken by an append.
pub async fn an_append_wakes_a_reader(log: &dyn EventLog, topic: &str) {
    let mut subscription = log.subscribe("waiting", &[topic]).await.unwrap();
    let (delivery, ()) = tokio::join!(next(subscription.as_mut()), async {
        tokio::task::yield_now().await;
        log.append(vec![record(topic, "a", 9)]).await.unwrap();
    });
    assert_eq!(number(&delivery), 9);
}

/// A member without room is handed nothing, and loses nothing by it.
pub async fn without_room_nothing_is_handed_out(log: &dyn EventLog, topic: &str) {
    let mut subscription = log.subscribe("full", &[topic]).await.unwrap();
    log.append(vec![record(topic, "a", 1)]).await.unwrap();
    log.append(vec![record(topic, "a", 2)]).await.unwrap();
    assert_eq!(number(&next(subscription.as_mut()).await), 1);
    // It never ends by itself, so any time is long enough to see it go wrong.
    let waited = timeout(Duration::from_millis(50), subscription.revoked()).await;
    assert!(waited.is_err(), "nothing was revoked: {waited:?}");
    assert_eq!(number(&next(subscription.as_mut()).await), 2);
}

/// A paused partition gives nothing until it is resumed, and then everything.
pub async fn a_paused_partition_waits(log: &dyn EventLog, topic: &str) {
    let mut subscription = log.subscribe("pausing", &[topic]).await.unwrap();
    log.append(vec![record(topic, "held", 1)]).await.unwrap();
    let held: Partition = next(subscription.as_mut()).await.from();
    subscription.pause(&held).unwrap();
    log.append(vec![record(topic, "held", 2)]).await.unwrap();
    // Keys of other partitions still arrive.
    let mut other = None;
    for n in 0..20 {
        log.append(vec![record(topic, &format!("free-{n}"), 100 + n)])
            .await
            .unwrap();
    }
    while other.is_none() {
        let delivery = next(subscription.as_mut()).await;
        assert_ne!(delivery.from(), held, "a paused partition gave a record");
        other = (delivery.from() != held).then_some(delivery);
    }
    subscription.resume(&held).unwrap();
    loop {
        let delivery = next(subscription.as_mut()).await;
        if delivery.record.key == "held" {
            assert_eq!(number(&delivery), 2);
            return;
        }
    }
}
