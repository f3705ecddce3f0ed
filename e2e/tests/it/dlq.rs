//! `rocketctl dlq` as a person uses it: what it says, what it refuses, its exit codes.

use std::{fs, time::Duration};

use prost::Message as _;
use rocket_e2e::{Customer, Options, Platform};
use rocket_events::topics;
use rocket_testkit::eventually;

use crate::{
    PROGRAM,
    command::{append, json, log, rocketctl},
    invariant_8::whole_ship,
};

const SOON: Duration = Duration::from_mins(1);

/// Waits until so many letters wait, and returns their ids, the oldest first.
async fn waiting(platform: &Platform, count: usize) -> Vec<String> {
    let what = format!("{count} letters wait");
    eventually(&what, SOON, || async {
        let letters = json(platform, &["dlq", "list"]);
        let ids = letters.as_array().unwrap().iter();
        let ids: Vec<_> = ids
            .map(|letter| letter["id"].as_str().unwrap().to_owned())
            .collect();
        (ids.len() == count).then_some(ids)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_are_listed_shown_and_replayed_for_people_and_programs() {
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let data = platform.data();
    let none = rocketctl(&data, &["dlq", "list"]);
    assert_eq!((none.code, &*none.out), (0, "No dead letters wait.\n"));
    let none = rocketctl(&data, &["dlq", "replay", "--all"]);
    assert_eq!((none.code, &*none.out), (0, "No dead letters wait.\n"));

    let log = log(&platform);
    append(&log, topics::ORDER_PAID, "bad\u{1b}[2Jkey", vec![0xff; 9]).await;
    let ids = waiting(&platform, 2).await;
    let list = rocketctl(&data, &["dlq", "list", "--topic", topics::ORDER_PAID]);
    for part in [&*ids[0], &*ids[1], "assembly", "notification", "bad\\u{1b}"] {
        assert!(list.out.contains(part), "{part}:\n{}", list.out);
    }
    let other = rocketctl(&data, &["dlq", "list", "--topic", topics::SHIP_ASSEMBLED]);
    assert_eq!(other.out, "No dead letters wait.\n");
    let shown = rocketctl(&data, &["dlq", "show", &ids[0]]);
    assert_eq!(shown.code, 0, "{}", shown.err);
    for part in ["ffffffffffffffffff", "dlq_offset", "9 bytes", "order.paid"] {
        assert!(shown.out.contains(part), "{part}:\n{}", shown.out);
    }
    assert!(!shown.out.contains('\u{1b}'), "{}", shown.out);

    // What is still wrong fails again, in its own group alone, as a new letter.
    let replayed = rocketctl(&data, &["dlq", "replay", &ids[0], &ids[0]]);
    assert_eq!(replayed.code, 0, "{}{}", replayed.out, replayed.err);
    assert_eq!(replayed.out.lines().count(), 1, "{}", replayed.out);
    eventually("it is a letter anew", SOON, || async {
        let all = json(&platform, &["dlq", "list", "--all"]);
        (all.as_array().unwrap().len() == 3).then_some(())
    })
    .await;
    let left = waiting(&platform, 2).await;
    assert!(
        !left.contains(&ids[0]) && left.contains(&ids[1]),
        "{left:?}"
    );
    let all = rocketctl(&data, &["dlq", "list", "--all"]);
    assert!(all.out.contains(&ids[0]) && all.out.contains("Replayed"));

    let refused = rocketctl(&data, &["dlq", "replay", &ids[0], "order.paid.dlq/0/99"]);
    assert_eq!(refused.code, 1);
    assert!(refused.out.contains("replayed before"), "{}", refused.out);
    assert!(refused.out.contains("no such letter"), "{}", refused.out);
    assert!(refused.err.contains("2 of 2"), "{}", refused.err);
    let dry = json(&platform, &["dlq", "replay", "--all", "--dry-run"]);
    assert_eq!(dry.as_array().unwrap().len(), 2);
    assert_eq!(waiting(&platform, 2).await, left);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_line_that_makes_no_sense_is_refused() {
    let data = tempfile::tempdir().unwrap();
    for args in [
        &["dlq", "show", "order.paid/1/2"][..],
        &["dlq", "show", "order.outbox/x"],
        &["dlq", "replay"],
        &["dlq", "replay", "--all", "order.paid.dlq/0/1"],
        &["dlq", "replay", "--topic", "order.paid"],
        &["dlq", "replay", "--all", "--again"],
    ] {
        let done = rocketctl(data.path(), args);
        assert_eq!(done.code, 2, "{args:?}: {}", done.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_cannot_be_used_is_refused_in_one_line() {
    let mut platform = Platform::start(PROGRAM, &Options::default()).await;
    platform.stop().await;
    let data = platform.data();
    let refused = |what: &str, word: &str| {
        for args in [&["dlq", "list"][..], &["dlq", "replay", "--all"]] {
            let done = rocketctl(&data, args);
            assert_eq!(done.code, 73, "{what}: {}", done.err);
            assert_eq!(done.err.lines().count(), 1, "{what}: {}", done.err);
            assert!(done.err.contains(word), "{what}: {}", done.err);
        }
    };
    let format = fs::read_to_string(data.join("FORMAT")).unwrap();
    let number: u32 = format.trim().parse().unwrap();
    fs::write(data.join("FORMAT"), (number + 1).to_string()).unwrap();
    refused("newer", "newer version");
    fs::write(data.join("FORMAT"), (number - 1).to_string()).unwrap();
    refused("older", "older version");
    fs::write(data.join("FORMAT"), format).unwrap();
    let events = data.join("events.db");
    let all_in_one_file = rusqlite::Connection::open(&events).unwrap();
    all_in_one_file
        .execute_batch("PRAGMA journal_mode = DELETE")
        .unwrap();
    drop(all_in_one_file);
    let kept = fs::read(&events).unwrap();
    fs::write(&events, "no database, but long enough to be looked at").unwrap();
    refused("no database", "is not a database");
    fs::write(&events, kept).unwrap();
    let held = rusqlite::Connection::open(&events).unwrap();
    held.execute_batch("BEGIN EXCLUSIVE").unwrap();
    refused("locked", "locked");
    drop(held);
    fs::remove_file(&events).unwrap();
    refused("no log", "no events.db");
    assert!(!events.exists(), "nothing is made");
    let nowhere = data.join("nowhere");
    let done = rocketctl(&nowhere, &["dlq", "list"]);
    assert_eq!(done.code, 73);
    assert!(!nowhere.exists());
}

/// What is replayed while nothing runs is taken in at the next start.
#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_platform_finds_what_was_replayed_meanwhile() {
    let options = Options {
        spec: "  services:\n    assembly: {assemblyTime: 1h}\n".to_owned(),
        ..Options::default()
    };
    let mut platform = Platform::start(PROGRAM, &options).await;
    let customer = Customer::new(&platform.url()).await;
    let part = customer.plentiful_part().await;
    let order = customer.order(&[&part]).await;
    let early = whole_ship(&order, &customer.user_uuid).encode_to_vec();
    append(&log(&platform), topics::SHIP_ASSEMBLED, &order, early).await;
    let ids = waiting(&platform, 1).await;
    assert_eq!(customer.pay(&order).await.status, 200);
    platform.stop().await;
    assert_eq!(waiting(&platform, 1).await, ids);
    let replayed = json(&platform, &["dlq", "replay", "--all"]);
    assert_eq!(replayed[0]["outcome"], "replayed");
    platform.start_again(&options).await;
    customer.wait_for(&order, "ASSEMBLED").await;
    waiting(&platform, 0).await;
}

/// A message that Order's relay gave up on waits in its outbox.
#[tokio::test(flavor = "multi_thread")]
async fn a_parked_message_is_listed_and_sent_again() {
    let platform = Platform::start(PROGRAM, &Options::default()).await;
    let customer = Customer::new(&platform.url()).await;
    let part = customer.plentiful_part().await;
    let order = customer.order(&[&part]).await;
    let before = customer.stock(&part).await;
    // As if Inventory had once refused to give this order's parts back.
    let row: i64 = platform
        .store("order.db")
        .query_row(
            "INSERT INTO outbox (id, destination, key, topic, payload, created_at, parked)
             VALUES (zeroblob(16), 'inventory', ?1, 'release_reservation', x'', 1, 'refused')
             RETURNING row",
            [&order],
            |row| row.get(0),
        )
        .unwrap();
    waiting(&platform, 0).await;
    let listed = json(&platform, &["dlq", "list", "--outbox"]);
    let id = format!("order.outbox/{row}");
    assert_eq!(listed[0]["id"], id);
    assert_eq!(listed[0]["group"], "inventory");
    assert_eq!(listed[0]["reason"], "refused");
    let shown = rocketctl(&platform.data(), &["dlq", "show", &id]);
    assert!(shown.out.contains("release_reservation"), "{}", shown.out);
    let replayed = json(&platform, &["dlq", "replay", "--all", "--outbox"]);
    assert_eq!(replayed[0]["outcome"], "replayed");
    eventually("the part is back", SOON, || async {
        (customer.stock(&part).await == before + 1).then_some(())
    })
    .await;
    let gone = rocketctl(&platform.data(), &["dlq", "replay", &id]);
    assert_eq!(gone.code, 1);
    assert!(gone.out.contains("no such letter"), "{}", gone.out);
}
