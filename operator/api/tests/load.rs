//! Files that are wrong as a whole, and fields that nobody knows.
#![allow(clippy::unwrap_used)]

mod common;

use common::{minimal, problems, set, valid, with};
use rocket_operator_api::load;
use serde_json::{Value, json};

fn report(text: &str) -> String {
    load::from_yaml(text).unwrap_err().to_string()
}

#[test]
fn an_empty_file() {
    for text in ["", "\n\n", "# only a comment\n", "---\n"] {
        assert_eq!(
            report(text),
            "expected one RocketPlatform; the file is empty",
            "{text:?}"
        );
    }
}

#[test]
fn not_a_mapping() {
    for text in ["hello", "- a\n- b\n", "42"] {
        assert_eq!(
            report(text),
            "expected one RocketPlatform; the file is not a mapping of fields",
            "{text:?}"
        );
    }
}

#[test]
fn not_yaml() {
    let found = report("spec: {version: \"0.1.0\"\nkind: [");
    assert!(
        found.starts_with("expected one RocketPlatform; the text is not valid YAML at line "),
        "{found}"
    );
}

#[test]
fn several_documents() {
    let one = minimal().to_string();
    assert_eq!(
        report(&format!("{one}\n---\n{one}\n")),
        "expected one RocketPlatform; the file holds several documents"
    );
}

#[test]
fn a_duplicate_key() {
    let found = report("kind: RocketPlatform\nspec:\n  paused: true\n  paused: false\n");
    assert_eq!(
        found,
        "expected one RocketPlatform; the key paused appears twice at line 4, column 3"
    );
}

#[test]
fn another_kind_or_version() {
    let mut object = minimal();
    set(&mut object, "kind", json!("Deployment"));
    assert_eq!(problems(&object), "kind: expected RocketPlatform");
    set(&mut object, "apiVersion", json!("apps/v1"));
    assert_eq!(
        problems(&object),
        "apiVersion: expected rocketscience.dev/v1alpha1\nkind: expected RocketPlatform"
    );
    object.as_object_mut().unwrap().remove("metadata");
    assert!(problems(&object).contains("metadata.name: required field is missing"));
}

#[test]
fn unknown_fields_at_every_depth() {
    let services = "assembly, iam, inventory, notification, order, payment";
    for (path, known) in [
        ("sepc", "apiVersion, kind, metadata, spec"),
        (
            "spec.verison",
            "console, currency, deletionPolicy, gateway, images, observability, paused, profile, services, stores, upgrade, version",
        ),
        ("spec.services.oder", services),
        (
            "spec.services.assembly.time",
            "assemblyTime, autoscaling, enabled, replicas, resources",
        ),
        (
            "spec.services.iam.sessionTtl",
            "autoscaling, enabled, replicas, resources",
        ),
        ("spec.services.order.resources.limits.gpu", "cpu, memory"),
        (
            "spec.stores.kafka.managed.size",
            "replicas, resources, storage, storageClassName",
        ),
    ] {
        let expected = format!("{path}: unknown field; expected one of {known}");
        assert_eq!(problems(&with(path, json!("x"))), expected);
        assert_eq!(problems(&with(path, json!({"a": {"b": 1}}))), expected);
    }
}

#[test]
fn a_field_without_a_name() {
    let told = report("\"\": 1\nspec: {\"\": 1}\n");
    let lines: Vec<&str> = told.lines().collect();
    for start in ["\"\": unknown field; ", "spec.\"\": unknown field; "] {
        assert!(lines.iter().any(|line| line.starts_with(start)), "{told}");
    }
}

#[test]
fn unknown_fields_in_a_list_and_in_metadata() {
    let list = json!([{"component": "redis", "image": "redis:8", "tag": "8"}]);
    assert_eq!(
        problems(&with("spec.images.overrides", list)),
        "spec.images.overrides[0].tag: unknown field; expected one of component, image"
    );
    assert_eq!(
        problems(&with("metadata.lables", json!({"a": "b"}))),
        "metadata.lables: unknown field; expected a field of ObjectMeta"
    );
    assert_eq!(problems(&with("metadata.labels", json!({"a": "b"}))), "");
    assert_eq!(
        problems(&with("metadata.labels", json!([1]))),
        "metadata.labels: expected another type of value here"
    );
}

#[test]
fn every_problem_is_told_at_once() {
    let mut object = with("spec.services.order.replicas", json!(-1));
    set(
        &mut object,
        "spec.stores.kafka.external",
        json!({"secretRef": {"name": "k"}}),
    );
    set(
        &mut object,
        "spec.services.assembly.assemblyTime",
        json!("soon"),
    );
    set(&mut object, "spec.conosle", json!({}));
    let found = problems(&object);
    let paths: Vec<&str> = found
        .lines()
        .map(|line| line.split(": ").next().unwrap())
        .collect();
    assert_eq!(
        paths,
        [
            "spec.conosle",
            "spec.services.assembly.assemblyTime",
            "spec.services.order.replicas",
            "spec.stores.kafka"
        ]
    );
}

#[test]
fn no_message_repeats_a_value() {
    // The form of a bot's token, put together so that the file holds none.
    let secret = &["123456789:", "AAEhBOweik6ad9r_", "QXMENQjcrGbqCr4K-bc"].concat();
    for path in [
        "spec.version",
        "spec.profile",
        "spec.services.notification.telegram.botTokenSecretRef",
        "spec.services.notification.telegram.adminChatId",
        "spec.services.payment.provider.url",
        "spec.services.assembly.assemblyTime",
        "spec.images.registry",
        "spec.unknown",
        "metadata.labels",
        "kind",
    ] {
        let found = problems(&with(path, json!(secret)));
        assert!(!found.is_empty(), "{path}");
        assert!(!found.contains(secret), "{path}: {found}");
    }
    let broken = report(&format!("spec:\n  token: \"{secret}\n  x: [\n"));
    assert!(!broken.contains(secret), "{broken}");
}

#[test]
fn a_field_set_to_nothing_is_not_set() {
    for path in [
        "spec.gateway",
        "spec.services.order.replicas",
        "spec.currency",
        "spec.stores.kafka.external",
    ] {
        assert_eq!(problems(&with(path, Value::Null)), "", "{path}");
    }
}

#[test]
fn the_status_of_a_live_object_is_ignored() {
    let platform = valid(&with(
        "status",
        json!({"conditions": "from a newer operator", "x": 1}),
    ));
    assert!(platform.status.is_none());
}

#[test]
fn a_resource_written_and_read_again_is_the_same() {
    let mut object = with(
        "spec.services.order",
        json!({"unpaidOrderTtl": "1h30m", "replicas": 2}),
    );
    set(&mut object, "spec.observability.retention", json!("48h"));
    let platform = valid(&object);
    let written = serde_json::to_value(&platform).unwrap();
    assert_eq!(
        written["spec"]["services"]["order"]["unpaidOrderTtl"],
        "1h30m"
    );
    assert_eq!(valid(&written), platform);
}

/// An operator must survive a resource that was written for a newer version.
#[test]
fn types_alone_accept_unknown_fields() {
    let object = with("spec.services.order.fromTheFuture", json!(true));
    let platform: rocket_operator_api::RocketPlatform = serde_json::from_value(object).unwrap();
    assert!(load::validate(&platform).is_ok());
}
