#![allow(clippy::unwrap_used)]

use std::{sync::Arc, time::Duration};

use rocket_runtime::SystemClock;
use rocket_testkit::ManualClock;
use tempfile::TempDir;

use super::*;
use crate::contract;

fn log() -> (TempDir, EmbeddedLog) {
    let dir = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(&dir.path().join("events.db"), Arc::new(SystemClock)).unwrap();
    (dir, log)
}

#[tokio::test]
async fn the_embedded_log_keeps_the_contract() {
    let (_dir, log) = log();
    contract::keeps_the_order_of_a_key(&log, "a").await;
    contract::groups_are_independent(&log, "b").await;
    contract::a_group_goes_on_at_its_commit(&log, "c").await;
    contract::an_append_wakes_a_reader(&log, "d").await;
    contract::a_paused_partition_waits(&log, "e").await;
}

#[tokio::test]
async fn everything_is_there_after_reopening() {
    let (dir, log) = log();
    log.append(vec![contract::record("t", "k", 5)])
        .await
        .unwrap();
    drop(log);
    let path = dir.path().join("events.db");
    let log = EmbeddedLog::open(&path, Arc::new(SystemClock)).unwrap();
    let mut subscription = log.subscribe("g", &["t"]).await.unwrap();
    assert_eq!(contract::next(subscription.as_mut()).await.offset, 0);
}

#[tokio::test]
async fn only_old_records_that_every_group_has_taken_in_are_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let clock = ManualClock::new();
    let log = EmbeddedLog::open(&dir.path().join("events.db"), clock.shared()).unwrap();
    log.append(vec![contract::record("t", "k", 1)])
        .await
        .unwrap();
    let mut fast = log.subscribe("fast", &["t"]).await.unwrap();
    let mut slow = log.subscribe("slow", &["t"]).await.unwrap();
    let delivery = contract::next(fast.as_mut()).await;
    let done = [(delivery.from(), delivery.offset + 1)];
    let day = Duration::from_hours(24);

    fast.commit(&done).await.unwrap();
    clock.advance(2 * day);
    assert_eq!(
        log.forget_older_than(day).await.unwrap(),
        0,
        "slow has not had it"
    );
    slow.commit(&done).await.unwrap();
    assert_eq!(
        log.forget_older_than(3 * day).await.unwrap(),
        0,
        "not old enough"
    );
    assert_eq!(log.forget_older_than(day).await.unwrap(), 1);

    log.append(vec![contract::record("t", "k", 2)])
        .await
        .unwrap();
    assert_eq!(
        contract::next(fast.as_mut()).await.offset,
        1,
        "offsets never start again"
    );
}

#[test]
fn headers_survive_whatever_they_hold() {
    let headers = vec![
        ("dlq_error".to_owned(), "a: b\nc \u{1f}\u{1e} ü".to_owned()),
        ("empty".to_owned(), String::new()),
    ];
    let read = reader::decode_headers(&reader::encode_headers(&headers));
    assert_eq!(read[0].1, "a: b\nc  ü");
    assert_eq!(read[1], headers[1]);
}
