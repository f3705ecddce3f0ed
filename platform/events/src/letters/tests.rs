#![allow(clippy::unwrap_used)]

use super::*;

fn delivery(headers: &[(&str, &str)]) -> Delivery {
    let headers = headers.iter();
    Delivery {
        record: Record {
            topic: "t".to_owned(),
            key: "k".to_owned(),
            payload: Bytes::from_static(b"payload"),
            headers: headers
                .map(|&(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        },
        partition: 2,
        offset: 41,
        appended_at: OffsetDateTime::UNIX_EPOCH,
    }
}

#[test]
fn an_id_is_read_as_it_is_written() {
    let id: LetterId = "order.paid.dlq/2/41".parse().unwrap();
    assert_eq!(id.partition.topic, "order.paid.dlq");
    assert_eq!((id.partition.number, id.offset), (2, 41));
    assert_eq!(id.to_string(), "order.paid.dlq/2/41");
    for no in [
        "",
        "order.paid.dlq",
        "order.paid.dlq/2",
        "order.paid/2/41",
        ".dlq/2/41",
        "order.paid.dlq/two/41",
        "order.paid.dlq/2/+41",
        "order.paid.dlq/2/41/",
    ] {
        let error = no.parse::<LetterId>().unwrap_err().to_string();
        assert!(error.contains("TOPIC/PARTITION/OFFSET"), "{error}");
    }
}

#[test]
fn a_letter_says_its_own_story_whatever_the_record_claims() {
    let forged = delivery(&[
        ("ce_id", "7"),
        (REPLAYED, "2/41"),
        (ERROR, "nothing"),
        (REPLAY_GROUP, "somebody"),
    ]);
    let letter = dead_letter(&forged, "order", "no such order");
    assert_eq!(marked(&letter), None, "it would hide itself");
    let count = |name| letter.headers.iter().filter(|(n, _)| n == name).count();
    assert_eq!((count(ERROR), count(REPLAY_GROUP)), (1, 0));
    assert_eq!(letter.header(ERROR), Some("no such order"));
    assert_eq!(letter.header("ce_id"), Some("7"));
}

#[test]
fn a_letter_is_little_larger_than_its_record() {
    let long = "ü".repeat(1 << 20);
    let record = delivery(&[]);
    let letter = dead_letter(&record, "notification", &long);
    let headers = letter.headers.iter();
    let added: usize = headers.map(|(name, value)| name.len() + value.len()).sum();
    assert!(added < ROOM, "{added}");
    assert!(letter.header(ERROR).unwrap().ends_with(" ..."));
}

#[test]
fn a_replayed_record_is_for_the_group_that_failed() {
    let replayed = delivery(&[(REPLAY_GROUP, "order")]).record;
    assert!(!is_for_another(&replayed, "order"));
    assert!(is_for_another(&replayed, "notification"));
    assert!(!is_for_another(&delivery(&[]).record, "notification"));
}
