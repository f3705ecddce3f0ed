//! What may change in a platform that exists.
#![allow(clippy::unwrap_used)]

mod common;

use common::{valid, with};
use rocket_operator_api::load;
use serde_json::{Value, json};

/// The report of a change of one field; empty when it is accepted.
fn change(path: &str, old: &Value, new: &Value) -> String {
    let (old, new) = (
        valid(&with(path, old.clone())),
        valid(&with(path, new.clone())),
    );
    load::validate_update(&old, &new)
        .map_or_else(|problems| problems.to_string(), |()| String::new())
}

#[test]
fn the_mode_of_a_store_stays() {
    let external = json!({"external": {"secretRef": {"name": "s"}}});
    let managed = json!({"managed": {}});
    for (store, modes) in [
        ("kafka", "managed, delegated, external"),
        ("postgres", "managed, delegated, external"),
        ("mongodb", "managed, external"),
        ("redis", "managed, external"),
    ] {
        let path = format!("spec.stores.{store}");
        let report = format!(
            "{path}: the mode of a store is immutable: expected the same one of {modes} as before"
        );
        assert_eq!(change(&path, &managed, &external), report);
        assert_eq!(change(&path, &external, &managed), report);
        assert_eq!(change(&path, &managed, &managed), "");
        let renamed = json!({"external": {"secretRef": {"name": "other"}}});
        assert_eq!(change(&path, &external, &renamed), "");
    }
}

#[test]
fn the_kafka_quorum_stays() {
    let path = "spec.stores.kafka.managed.replicas";
    let report = format!(
        "{path}: the KRaft quorum cannot change: expected the replicas it was created with"
    );
    assert_eq!(change(path, &json!(1), &json!(3)), report);
    assert_eq!(
        change(path, &Value::Null, &json!(3)),
        report,
        "unset means 1"
    );
    assert_eq!(change(path, &Value::Null, &json!(1)), "");
    let path = "spec.stores.kafka";
    let strimzi =
        |replicas: i32| json!({"delegated": {"provider": "Strimzi", "replicas": replicas}});
    assert!(
        change(path, &strimzi(3), &strimzi(5))
            .starts_with("spec.stores.kafka.delegated.replicas: the KRaft")
    );
}

#[test]
fn storage_grows_and_never_shrinks() {
    for path in [
        "spec.stores.kafka.managed.storage",
        "spec.stores.postgres.managed.storage",
        "spec.stores.mongodb.managed.storage",
        "spec.stores.redis.managed.storage",
    ] {
        let report = format!("{path}: storage cannot shrink: expected at least the present size");
        for (old, new, expected) in [
            ("2Gi", "1Gi", report.as_str()),
            ("1Gi", "1000M", &report),
            ("2Gi", "2Gi", ""),
            ("1024Mi", "1Gi", ""),
            ("900Mi", "1Gi", ""),
            ("9Gi", "10Gi", ""),
        ] {
            assert_eq!(
                change(path, &json!(old), &json!(new)),
                expected,
                "{path}: {old} -> {new}"
            );
        }
        assert_eq!(
            change(path, &Value::Null, &json!("1Gi")),
            report,
            "unset means 2Gi"
        );
    }
}

#[test]
fn the_storage_class_stays() {
    for store in ["kafka", "redis"] {
        let path = format!("spec.stores.{store}.managed.storageClassName");
        let report = format!(
            "{path}: storageClassName is immutable: expected the value it was created with"
        );
        assert_eq!(change(&path, &json!("fast"), &json!("slow")), report);
        assert_eq!(change(&path, &json!("fast"), &Value::Null), report);
        assert_eq!(change(&path, &Value::Null, &json!("fast")), report);
        assert_eq!(change(&path, &json!("fast"), &json!("fast")), "");
    }
}

#[test]
fn the_currency_stays() {
    let report =
        "spec.currency: the currency of a platform cannot change: amounts are stored in it";
    assert_eq!(
        change("spec.currency", &json!("USD"), &json!("EUR")),
        report
    );
    assert_eq!(
        change("spec.currency", &Value::Null, &json!("EUR")),
        report,
        "unset means USD"
    );
    assert_eq!(change("spec.currency", &Value::Null, &json!("USD")), "");
}

#[test]
fn the_rest_may_change() {
    for (path, old, new) in [
        ("spec.version", json!("0.1.0"), json!("0.2.0")),
        ("spec.paused", json!(false), json!(true)),
        ("spec.services.order.replicas", json!(1), json!(3)),
        (
            "spec.services.assembly.assemblyTime",
            json!("10s"),
            json!("1s"),
        ),
        ("spec.deletionPolicy", json!("Retain"), json!("Delete")),
    ] {
        assert_eq!(change(path, &old, &new), "", "{path}");
    }
}

/// A change is held to the rules of a single resource too.
#[test]
fn a_change_must_be_valid_in_itself() {
    let old = valid(&common::minimal());
    let mut new = old.clone();
    new.spec.version = "latest".to_owned();
    let report = load::validate_update(&old, &new).unwrap_err().to_string();
    assert_eq!(
        report,
        "spec.version: expected a semantic version such as 0.1.0 or 1.4.0-rc.1, without a leading v"
    );
    assert_eq!(load::validate(&new).unwrap_err().to_string(), report);
}
