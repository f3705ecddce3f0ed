//! Durations, reasons and the status, on their own.
#![allow(clippy::unwrap_used)]

mod common;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use proptest::prelude::*;
use rocket_operator_api::{ConditionType, Duration, Reason, RocketPlatformStatus, condition};
use serde_json::json;

#[test]
fn durations_are_read() {
    for (text, millis) in [
        ("10s", 10_000),
        ("15m", 900_000),
        ("24h", 86_400_000),
        ("500ms", 500),
        ("1h30m", 5_400_000),
        ("1m1ms", 60_001),
        ("0s", 0),
        ("007s", 7_000),
    ] {
        let duration: Duration = text.parse().unwrap();
        assert_eq!(
            duration.get(),
            std::time::Duration::from_millis(millis),
            "{text}"
        );
        assert_eq!(duration.to_string(), text);
    }
}

#[test]
fn other_text_is_no_duration() {
    for text in [
        "",
        "s",
        "10",
        "10 s",
        "-1s",
        "+1s",
        "1.5h",
        "1d",
        "10S",
        "1234567s",
        "1s ",
        "١s",
        "1h1h1h1h1h1h1h1h1h1h1h",
    ] {
        let error = text.parse::<Duration>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected a duration such as 10s, 15m, 24h or 500ms",
            "{text:?}"
        );
    }
}

fn written() -> impl Strategy<Value = (String, u64)> {
    let unit = prop::sample::select(vec![
        ("ms", 1),
        ("s", 1_000),
        ("m", 60_000),
        ("h", 3_600_000),
    ]);
    prop::collection::vec((0_u64..1_000, unit), 1..=4).prop_map(|parts| {
        let words: Vec<String> = parts
            .iter()
            .map(|(number, (unit, _))| format!("{number}{unit}"))
            .collect();
        let text = words.concat();
        (
            text,
            parts
                .iter()
                .map(|(number, (_, millis))| number * millis)
                .sum(),
        )
    })
}

proptest! {
    #[test]
    fn what_is_written_is_what_is_read((text, millis) in written()) {
        let duration: Duration = text.parse().unwrap();
        prop_assert_eq!(duration.get(), std::time::Duration::from_millis(millis));
        let json = serde_json::to_value(&duration).unwrap();
        prop_assert_eq!(&json, &json!(text));
        prop_assert_eq!(serde_json::from_value::<Duration>(json).unwrap(), duration);
    }

    #[test]
    fn no_text_makes_reading_panic(text in "\\PC{0,24}") {
        let _ = text.parse::<Duration>();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The rule of the schema and the parser draw the same line.
    #[test]
    fn the_rule_and_the_parser_agree(text in "([0-9]{0,7}(ms|s|m|h|d| |\\.)?){0,4}") {
        let mut object = common::minimal();
        common::set(&mut object, "spec.services.order.unpaidOrderTtl", json!(text));
        let report = common::problems(&object);
        let refused = report.contains("expected a duration such as") || report.contains("expected at most 20 characters");
        prop_assert_eq!(refused, text.parse::<Duration>().is_err(), "{}: {}", text, report);
    }
}

#[test]
fn reasons_are_closed_and_survive_a_newer_operator() {
    for reason in Reason::ALL {
        assert_eq!(
            serde_json::to_value(reason).unwrap(),
            json!(reason.as_str())
        );
        assert_eq!(&reason.as_str().parse::<Reason>().unwrap(), reason);
    }
    assert_eq!(
        serde_json::from_value::<Reason>(json!("FromTheFuture")).unwrap(),
        Reason::Unknown
    );
    assert_eq!("FromTheFuture".parse::<Reason>().unwrap(), Reason::Unknown);
}

#[test]
fn a_condition_is_one_that_kubernetes_accepts() {
    let since: Time = serde_json::from_value(json!("2026-01-02T03:04:05Z")).unwrap();
    let ready = condition(
        ConditionType::Ready,
        false,
        Reason::WaitingForComponent,
        "order: 1/2",
        Some(7),
        since,
    );
    let status = RocketPlatformStatus {
        conditions: vec![ready],
        ..Default::default()
    };
    assert_eq!(
        serde_json::to_value(&status).unwrap(),
        json!({"conditions": [{
            "type": "Ready", "status": "False", "reason": "WaitingForComponent", "message": "order: 1/2",
            "observedGeneration": 7, "lastTransitionTime": "2026-01-02T03:04:05Z"
        }]})
    );
}
