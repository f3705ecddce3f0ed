//! Every rule about a single resource: what it accepts, what it refuses, where, in which words.
#![allow(clippy::unwrap_used)]

mod common;

use common::{problems, set, table};
use serde_json::{Value, json};

#[test]
fn the_smallest_resource_is_valid() {
    assert_eq!(problems(&common::minimal()), "");
}

#[test]
fn version() {
    let report = "spec.version: expected a semantic version such as 0.1.0 or 1.4.0-rc.1, without a leading v";
    table(
        "spec.version",
        &[json!("0.1.0"), json!("1.4.0-rc.1"), json!("10.20.30")],
        &[
            (json!("v0.1.0"), report),
            (json!("1.2.3.4"), report),
            (json!("01.2.3"), report),
            (json!("1.2.3+build"), report),
            (
                json!(1.0),
                "spec.version: expected a string, found a number; put it in quotes",
            ),
        ],
    );
}

#[test]
fn metadata_name() {
    let report = "metadata.name: expected a name (metadata.name) of 1 to 40 lower case letters, digits and dashes, \
                  beginning with a letter: it begins the names of Services";
    table(
        "metadata.name",
        &[json!("a"), json!("apollo-11"), json!("a".repeat(40))],
        &[
            (json!("Apollo"), report),
            (json!("1st"), report),
            (json!("a.b"), report),
            (json!("a".repeat(41)), report),
            (
                json!(7),
                "metadata.name: required field is missing: expected the name of the platform",
            ),
        ],
    );
}

#[test]
fn enumerations() {
    table(
        "spec.profile",
        &[json!("dev")],
        &[(
            json!("staging"),
            "spec.profile: expected one of dev, production",
        )],
    );
    table(
        "spec.deletionPolicy",
        &[json!("Retain"), json!("Delete")],
        &[(
            json!("Keep"),
            "spec.deletionPolicy: expected one of Retain, Delete",
        )],
    );
    table(
        "spec.gateway.sessionValidation",
        &[json!("ExtAuth"), json!("Lua")],
        &[(
            json!("lua"),
            "spec.gateway.sessionValidation: expected one of ExtAuth, Lua",
        )],
    );
    table(
        "spec.observability.mode",
        &[json!("Managed"), json!("Disabled")],
        &[(
            json!("On"),
            "spec.observability.mode: expected one of Managed, External, Disabled",
        )],
    );
    table(
        "spec.upgrade.rollback",
        &[json!("OnFailure"), json!("Never")],
        &[(
            json!(true),
            "spec.upgrade.rollback: expected a string, found a boolean; put it in quotes",
        )],
    );
    table(
        "spec.images.pullPolicy",
        &[json!("Always"), json!("IfNotPresent"), json!("Never")],
        &[(
            json!(""),
            "spec.images.pullPolicy: expected one of Always, IfNotPresent, Never",
        )],
    );
}

#[test]
fn currency() {
    let report =
        "spec.currency: expected an ISO 4217 currency code: three capital letters, such as USD";
    table(
        "spec.currency",
        &[json!("EUR"), json!("USD")],
        &[
            (json!("usd"), report),
            (
                json!("EURO"),
                "spec.currency: expected at most 3 characters",
            ),
            (json!("€"), "spec.currency: expected at least 3 characters"),
        ],
    );
}

#[test]
fn replicas_and_autoscaling() {
    let range = "spec.services.order.replicas: expected a number from 0 to 50";
    table(
        "spec.services.order.replicas",
        &[json!(0), json!(50)],
        &[
            (json!(-1), range),
            (json!(51), range),
            (
                json!(1.5),
                "spec.services.order.replicas: expected a whole number, found a number",
            ),
            (
                json!("2"),
                "spec.services.order.replicas: expected a whole number, found a string",
            ),
        ],
    );
    table(
        "spec.services.order",
        &[json!({"autoscaling": {"min": 1, "max": 3, "targetCPUPercent": 80}})],
        &[
            (
                json!({"replicas": 2, "autoscaling": {"min": 1, "max": 3}}),
                "spec.services.order: expected replicas or autoscaling, not both: an autoscaler owns the number of replicas",
            ),
            (
                json!({"autoscaling": {"min": 4, "max": 3}}),
                "spec.services.order.autoscaling: expected min to be at most max",
            ),
            (
                json!({"autoscaling": {"min": 0, "max": 3}}),
                "spec.services.order.autoscaling.min: expected a number from 1 to 50",
            ),
        ],
    );
}

/// The rules that all services share are in the schema of each of them.
#[test]
fn all_six_services_share_their_settings() {
    for service in rocket_operator_api::Service::ALL {
        let path = format!("spec.services.{service}");
        table(
            &path,
            &[json!({}), json!({"enabled": false, "replicas": 3})],
            &[
                (
                    json!({"replicas": -1}),
                    &format!("{path}.replicas: expected a number from 0 to 50"),
                ),
                (
                    json!({"replicas": 2, "autoscaling": {"min": 1, "max": 3}}),
                    &format!(
                        "{path}: expected replicas or autoscaling, not both: an autoscaler owns the number of replicas"
                    ),
                ),
                (
                    json!({"enabled": "no"}),
                    &format!("{path}.enabled: expected true or false, found a string"),
                ),
            ],
        );
    }
}

#[test]
fn durations() {
    let form = "expected a duration such as 10s, 15m, 24h or 500ms";
    for (path, good, range, outside) in [
        (
            "spec.services.assembly.assemblyTime",
            "500ms",
            "1ms to 24h",
            ["0s", "25h"],
        ),
        (
            "spec.services.order.unpaidOrderTtl",
            "1h30m",
            "1s to 168h",
            ["999ms", "169h"],
        ),
        (
            "spec.upgrade.progressDeadline",
            "10m",
            "10s to 6h",
            ["9s", "7h"],
        ),
        (
            "spec.observability.retention",
            "24h",
            "1h to 2160h",
            ["59m", "2161h"],
        ),
        (
            "spec.gateway.timeouts.request",
            "15s",
            "100ms to 5m",
            ["99ms", "301s"],
        ),
        (
            "spec.gateway.timeouts.idle",
            "5m",
            "1s to 1h",
            ["0h", "61m"],
        ),
    ] {
        let (form, range) = (
            format!("{path}: {form}"),
            format!("{path}: expected a duration from {range}"),
        );
        let outside = outside.map(|text| (json!(text), range.as_str()));
        table(path, &[json!(good)], &outside);
        for text in [
            "10",
            "s",
            "",
            "ten seconds",
            "-10s",
            "10 s",
            "1.5h",
            "10sec",
            "1d",
        ] {
            table(path, &[], &[(json!(text), &form)]);
        }
    }
}

#[test]
fn payment() {
    let url = "spec.services.payment.provider.url: expected a URL such as https://payments.example/v1, without credentials";
    let reference = json!({"name": "bank", "key": "token"});
    table(
        "spec.services.payment",
        &[
            json!({"declineAbove": 0}),
            json!({"provider": {"url": "https://bank.example/v1", "credentialSecretRef": reference}}),
            json!({"provider": {"url": "http://127.0.0.1:9000"}}),
        ],
        &[
            (
                json!({"declineAbove": -1}),
                "spec.services.payment.declineAbove: expected at least 0",
            ),
            (json!({"provider": {"url": "bank.example"}}), url),
            (
                json!({"provider": {"url": "https://user:pass@bank.example"}}),
                url,
            ),
            (
                json!({"provider": {}}),
                "spec.services.payment.provider.url: required field is missing: Base address of the provider",
            ),
            (
                json!({"declineAbove": 1, "provider": {"url": "https://bank.example"}}),
                "spec.services.payment: expected declineAbove or provider, not both: declineAbove belongs to the built-in simulated provider",
            ),
        ],
    );
}

#[test]
fn telegram() {
    let chat = "spec.services.notification.telegram.adminChatId: expected a Telegram chat: a number in quotes such as \
                \"-1001234567890\", or @channel";
    let telegram = |field: &str, value: Value| {
        let mut telegram = json!({"botTokenSecretRef": {"name": "telegram", "key": "token"}});
        set(&mut telegram, field, value);
        telegram
    };
    table(
        "spec.services.notification.telegram",
        &[
            telegram("adminChatId", json!("-1001234567890")),
            telegram("adminChatId", json!("@rocket_admins")),
            telegram("apiBaseUrl", json!("http://127.0.0.1:8081")),
        ],
        &[
            (telegram("adminChatId", json!("admins")), chat),
            (
                telegram("adminChatId", json!(-1_001_234_567_890_i64)),
                "spec.services.notification.telegram.adminChatId: expected a string, found a number; put it in quotes",
            ),
            (
                json!({"botTokenSecretRef": "123456:token"}),
                "spec.services.notification.telegram.botTokenSecretRef: expected a mapping of fields, found a string",
            ),
            (
                json!({"botTokenSecretRef": {"name": "Telegram", "key": "a/b"}}),
                "spec.services.notification.telegram.botTokenSecretRef.key: expected a key of a Secret: letters, digits, dashes, dots and underscores\n\
                 spec.services.notification.telegram.botTokenSecretRef.name: expected the name of a Kubernetes object: lower case letters, digits, dashes and dots",
            ),
        ],
    );
}

#[test]
fn resources() {
    let at = "spec.services.iam.resources";
    table(
        at,
        &[
            json!({"requests": {"cpu": "500m", "memory": "128Mi"}, "limits": {"cpu": "1", "memory": "128Mi"}}),
            json!({"limits": {"memory": "1Gi"}}),
            json!({"requests": {"cpu": "0.5"}}),
        ],
        &[
            (
                json!({"requests": {"cpu": "2"}, "limits": {"cpu": "1500m"}}),
                &format!("{at}: expected limits.cpu to be at least requests.cpu"),
            ),
            (
                json!({"requests": {"memory": "1Gi"}, "limits": {"memory": "1G"}}),
                &format!("{at}: expected limits.memory to be at least requests.memory"),
            ),
            (
                json!({"requests": {"memory": "lots"}, "limits": {"memory": "1Gi"}}),
                &format!(
                    "{at}.requests.memory: expected a Kubernetes quantity such as 2Gi, 256Mi or 500m"
                ),
            ),
            (
                json!({"requests": {"cpu": 1}}),
                &format!("{at}.requests.cpu: expected a string, found a number; put it in quotes"),
            ),
        ],
    );
}
