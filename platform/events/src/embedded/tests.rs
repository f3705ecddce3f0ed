#![allow(clippy::unwrap_used)]

use std::{sync::Arc, time::Duration};

use rocket_runtime::SystemClock;
use rocket_testkit::ManualClock;
use tempfile::TempDir;

use super::*;
use crate::{contract, log::LogBrowser as _};

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
    contract::without_room_nothing_is_handed_out(&log, "f").await;
}

#[tokio::test]
async fn the_embedded_log_keeps_the_contract_of_dead_letters() {
    let (_dir, log) = log();
    contract::letters::a_log_is_browsed_beside_its_groups(&log, "a").await;
    contract::letters::a_letter_waits_until_it_is_replayed(&log, "b").await;
    contract::letters::a_letter_that_fails_again_is_a_new_one(&log, "c").await;
    contract::letters::what_is_no_letter_is_not_replayed(&log, "d").await;
}

/// Another handle on the same file is what another process has.
#[tokio::test]
async fn what_another_process_appends_wakes_a_reader() {
    let (dir, log) = log();
    let other = EmbeddedLog::open(&dir.path().join("events.db"), Arc::new(SystemClock)).unwrap();
    let mut subscription = log.subscribe("g", &["t"]).await.unwrap();
    for n in 0..3 {
        // Waiting again and again, as a busy consumer does, must not put it off.
        let waiting = tokio::time::timeout(Duration::from_millis(1), subscription.next());
        assert!(waiting.await.is_err(), "nothing is there");
        other
            .append(vec![contract::record("t", "k", n)])
            .await
            .unwrap();
        let found = contract::next(subscription.as_mut()).await;
        assert_eq!(found.record, contract::record("t", "k", n));
    }
}

#[tokio::test]
async fn a_row_that_is_no_text_is_handed_out_and_stops_nobody() {
    let (dir, log) = log();
    for n in 0..2 {
        log.append(vec![contract::record("t", "k", n)])
            .await
            .unwrap();
    }
    let spoil = rocket_db::rusqlite::Connection::open(dir.path().join("events.db")).unwrap();
    spoil
        .execute(
            "UPDATE records SET key = CAST(x'ff6b' AS TEXT), headers = CAST(x'fe' AS TEXT),
                    appended_at = 9223372036854775807 WHERE offset = 0",
            (),
        )
        .unwrap();
    let mut subscription = log.subscribe("g", &["t"]).await.unwrap();
    let first = contract::next(subscription.as_mut()).await;
    assert_eq!(first.record.key, "\u{fffd}k");
    assert_eq!(first.record.headers, []);
    assert_eq!(contract::next(subscription.as_mut()).await.offset, 1);
}

#[tokio::test]
async fn a_page_of_enormous_records_is_short() {
    let (_dir, log) = log();
    for n in 0..4_u8 {
        let mut record = contract::record("t", "k", u32::from(n));
        record.payload = vec![n; 3 << 20].into();
        log.append(vec![record]).await.unwrap();
    }
    let ends = log.ends("t").await.unwrap();
    assert_eq!(log.read(&ends[0].0, 0, 99).await.unwrap().len(), 2);
    let mut subscription = log.subscribe("g", &["t"]).await.unwrap();
    for n in 0..4_u8 {
        let found = contract::next(subscription.as_mut()).await;
        assert_eq!(found.record.payload[0], n);
    }
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
