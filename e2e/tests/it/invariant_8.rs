//! A poison message never blocks its partition and is never lost.

use std::{collections::HashMap, net::TcpListener, time::Duration};

use prost::Message as _;
use rocket_e2e::{Customer, Options, Platform};
use rocket_events::{cloud, topics};
use rocket_proto::events::v1::{OrderPaid, ShipAssembled};
use rocket_testkit::eventually;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    PROGRAM,
    command::{append, append_with, json, log, rocketctl},
};

const SOON: Duration = Duration::from_mins(1);

/// A ship of this order, as Assembly would announce it.
pub(crate) fn whole_ship(order: &str, user: &str) -> ShipAssembled {
    let id: Uuid = order.parse().unwrap();
    ShipAssembled {
        event_uuid: cloud::event_uuid(id, topics::SHIP_ASSEMBLED).to_string(),
        order_uuid: order.to_owned(),
        user_uuid: user.to_owned(),
        build_time: Some(prost_types::Duration {
            seconds: 3,
            nanos: 0,
        }),
        occurred_at: Some(prost_types::Timestamp {
            seconds: 1_800_000_000,
            nanos: 0,
        }),
    }
}

/// What no consumer of either topic can take in: the payload and its content type.
fn poisons() -> Vec<(&'static str, Vec<u8>)> {
    const PROTOBUF: &str = "application/protobuf";
    let paid = OrderPaid {
        event_uuid: Uuid::new_v4().to_string(),
        payment_method: 1,
        ..OrderPaid::default()
    };
    vec![
        (PROTOBUF, vec![0xff; 50]),
        (PROTOBUF, Vec::new()),
        (PROTOBUF, paid.encode_to_vec()),
        ("application/json", br#"{"order_uuid": 7}"#.to_vec()),
        (
            PROTOBUF,
            ShipAssembled {
                order_uuid: "\u{1b}[2Jno".repeat(9),
                ..ShipAssembled::default()
            }
            .encode_to_vec(),
        ),
        (PROTOBUF, vec![0x2a; 3 << 20]),
    ]
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

async fn dead_letters_counted(admin: u16, topic: &str) -> u64 {
    let url = format!("http://127.0.0.1:{admin}/metrics");
    let text = reqwest::get(url).await.unwrap().text().await.unwrap();
    let label = format!("topic=\"{topic}\"");
    let lines = text.lines();
    lines
        .filter(|line| line.starts_with("dead_letters_total{") && line.contains(&label))
        .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
        .sum()
}

/// Every good order has poison of its own key before its event and behind it, so in
/// its partition, on both topics.
#[tokio::test(flavor = "multi_thread")]
async fn invariant_8_poison_on_each_topic_stops_nobody_and_is_kept() {
    let admin = free_port();
    let options = Options {
        args: vec!["--admin".to_owned(), format!("127.0.0.1:{admin}")],
        ..Options::default()
    };
    let platform = Platform::start(PROGRAM, &options).await;
    let customer = Customer::new(&platform.url()).await;
    let part = customer.plentiful_part().await;
    let log = log(&platform);
    let poisons = poisons();
    let poison = async |order: &str, kind: usize| {
        let (content_type, payload) = &poisons[kind];
        for topic in [topics::ORDER_PAID, topics::SHIP_ASSEMBLED] {
            let headers = vec![("content-type".to_owned(), (*content_type).to_owned())];
            append_with(&log, topic, order, payload.clone(), headers).await;
        }
    };
    let mut orders = Vec::new();
    for kind in 0..poisons.len() {
        let order = customer.order(&[&part]).await;
        poison(&order, kind).await;
        assert_eq!(customer.pay(&order).await.status, 200);
        poison(&order, kind).await;
        orders.push(order);
    }
    for order in &orders {
        customer.wait_for(order, "ASSEMBLED").await;
    }
    eventually("both messages of each order are told", SOON, || async {
        (customer.messages().await.len() == 2 * orders.len()).then_some(())
    })
    .await;

    // Each record once for each of the two groups that read its topic.
    let expected = poisons.len() * 2 * 2 * 2;
    let letters = eventually("all poison is parked", SOON, || async {
        let letters = json(&platform, &["dlq", "list"]);
        let letters = letters.as_array().unwrap().clone();
        (letters.len() >= expected).then_some(letters)
    })
    .await;
    assert_eq!(letters.len(), expected);
    let mut of = HashMap::new();
    for letter in &letters {
        let word = |name: &str| letter[name].as_str().unwrap().to_owned();
        assert!(!word("reason").is_empty());
        *of.entry((word("topic"), word("group"))).or_insert(0) += 1;
    }
    let each = poisons.len() * 2;
    for (topic, group) in [
        (topics::ORDER_PAID, "assembly"),
        (topics::ORDER_PAID, "notification"),
        (topics::SHIP_ASSEMBLED, "order"),
        (topics::SHIP_ASSEMBLED, "notification"),
    ] {
        let found = of.get(&(topic.to_owned(), group.to_owned()));
        assert_eq!(found, Some(&each), "{topic} {group}");
    }
    for (kind, order) in orders.iter().enumerate() {
        for letter in letters.iter().filter(|letter| letter["key"] == **order) {
            let shown = json(&platform, &["dlq", "show", letter["id"].as_str().unwrap()]);
            assert_is_whole(&shown, &poisons[kind].1);
        }
    }
    for topic in [topics::ORDER_PAID, topics::SHIP_ASSEMBLED] {
        let counted = dead_letters_counted(admin, topic).await;
        assert_eq!(counted, each as u64 * 2, "{topic}");
    }
}

/// Nothing of the payload is lost, be it shown as bytes or as the event it decodes to.
fn assert_is_whole(shown: &Value, payload: &[u8]) {
    if let Some(hex) = shown["payload"]["hex"].as_str() {
        assert_eq!(hex.len(), payload.len() * 2);
        assert!(shown["payload"]["problem"].is_string());
        let start = payload.iter().take(16).map(|byte| format!("{byte:02x}"));
        assert!(hex.starts_with(&start.collect::<String>()));
    } else {
        assert!(shown["payload"]["event"].is_object(), "{shown}");
    }
    assert!(shown["offset"].is_i64() && shown["partition"].is_i64());
}

/// A ship that is announced before its order is paid can never be handled, until it is
/// paid: then the letter's cause is gone.
#[tokio::test(flavor = "multi_thread")]
async fn invariant_8_a_replay_succeeds_once_the_cause_is_gone_and_twice_changes_nothing() {
    let options = Options {
        // So that only the letter can make the order ASSEMBLED.
        spec: "  services:\n    assembly: {assemblyTime: 1h}\n".to_owned(),
        ..Options::default()
    };
    let platform = Platform::start(PROGRAM, &options).await;
    let customer = Customer::new(&platform.url()).await;
    let part = customer.plentiful_part().await;
    let order = customer.order(&[&part]).await;
    let log = log(&platform);
    let early = whole_ship(&order, &customer.user_uuid);
    append(&log, topics::SHIP_ASSEMBLED, &order, early.encode_to_vec()).await;
    let letters = eventually("it is parked", SOON, || async {
        let letters = json(&platform, &["dlq", "list", "--topic", "ship.assembled"]);
        let letters = letters.as_array().unwrap().clone();
        (!letters.is_empty()).then_some(letters)
    })
    .await;
    let [letter] = letters.as_slice() else {
        panic!("one group failed, not {letters:?}");
    };
    assert_eq!(letter["group"], "order");
    let reason = letter["reason"].as_str().unwrap();
    assert!(reason.contains("was never paid"), "{reason}");
    let id = letter["id"].as_str().unwrap();
    let shown = json(&platform, &["dlq", "show", id]);
    assert_eq!(shown["payload"]["type"], "events.v1.ShipAssembled");
    assert_eq!(shown["payload"]["event"]["order_uuid"], order);

    assert_eq!(customer.pay(&order).await.status, 200);
    let tried = json(&platform, &["dlq", "replay", id, "--dry-run"]);
    assert_eq!(tried[0]["outcome"], "would_replay");
    assert_eq!(customer.status(&order).await, "PAID");
    let replayed = json(&platform, &["dlq", "replay", id]);
    assert_eq!(replayed[0]["outcome"], "replayed");
    customer.wait_for(&order, "ASSEMBLED").await;
    let left = json(&platform, &["dlq", "list"]);
    assert_eq!(left.as_array().unwrap().len(), 0);
    let kept = json(&platform, &["dlq", "list", "--all"]);
    assert!(kept[0]["replayed_at"].is_string());

    let refused = rocketctl(&platform.data(), &["dlq", "replay", id]);
    assert_eq!(refused.code, 1);
    assert!(refused.out.contains("replayed before"), "{}", refused.out);
    let again = json(&platform, &["dlq", "replay", id, "--again"]);
    assert_eq!(again[0]["outcome"], "replayed");
    until_read_to_the_end(&platform).await;
    assert_eq!(customer.status(&order).await, "ASSEMBLED");
    assert_eq!(customer.messages().await.len(), 2, "each told once");
    let letters = json(&platform, &["dlq", "list"]);
    assert_eq!(letters.as_array().unwrap().len(), 0);
}

/// Waits until every group has taken in all that is in the log.
async fn until_read_to_the_end(platform: &Platform) {
    let events = platform.store("events.db");
    eventually("every group is at the end", SOON, || {
        let behind: i64 = events
            .query_row(
                "SELECT count(*) FROM positions p JOIN ends e
                 ON e.topic = p.topic AND e.partition = p.partition
                 WHERE p.next_offset < e.next_offset AND p.consumer_group <> 'assembly'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        async move { (behind == 0).then_some(()) }
    })
    .await;
}
