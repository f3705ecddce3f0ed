#![allow(clippy::unwrap_used)]

use prost::Message as _;
use rocket_proto::events::v1::{OrderPaid, ShipAssembled};

use super::{payload::decode, *};

#[test]
fn nothing_that_was_sent_moves_the_cursor() {
    assert_eq!(printable("a\u{1b}[2Jb\nü"), "a\\u{1b}[2Jb\\nü");
    assert_eq!(shortened("\u{7}\u{7}", 5), "\\u...");
    assert_eq!(shortened("grün", 4), "grün");
}

#[test]
fn an_event_is_shown_by_the_names_of_the_contract() {
    let event = OrderPaid {
        order_uuid: "o".to_owned(),
        payment_method: 99,
        amount: -1,
        occurred_at: Some(prost_types::Timestamp {
            seconds: i64::MAX,
            nanos: 1,
        }),
        ..OrderPaid::default()
    };
    let bytes = event.encode_to_vec();
    let shown = decode("order.paid", &bytes).into_json();
    assert_eq!(shown["type"], "events.v1.OrderPaid");
    let event = &shown["event"];
    assert_eq!(event["order_uuid"], "o");
    assert_eq!(event["payment_method"], 99);
    assert_eq!(event["amount"], -1);
    assert_eq!(event["occurred_at"]["seconds"], i64::MAX);

    let bytes = ShipAssembled {
        occurred_at: Some(prost_types::Timestamp {
            seconds: 1,
            nanos: 0,
        }),
        ..ShipAssembled::default()
    }
    .encode_to_vec();
    let shown = decode("ship.assembled", &bytes).into_json();
    assert_eq!(shown["event"]["occurred_at"], "1970-01-01T00:00:01Z");
    assert!(shown["event"]["build_time"].is_null());
}

#[test]
fn what_is_no_event_is_shown_in_hex_with_the_problem() {
    let bytes = [0xff; 1_030];
    let shown = decode("order.paid", &bytes[..2]).into_json();
    assert_eq!(shown["hex"], "ffff");
    let problem = shown["problem"].as_str().unwrap();
    assert!(
        problem.starts_with("not an events.v1.OrderPaid: "),
        "{problem}"
    );
    let text = decode("elsewhere", &bytes).into_text();
    assert!(
        text.starts_with("no message is known for elsewhere\nffff"),
        "{text}"
    );
    assert!(text.ends_with("... and 6 bytes more; --json has them all"));
}
