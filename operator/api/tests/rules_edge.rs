//! Rules about stores, the gateway, images and observability.
#![allow(clippy::unwrap_used)]

mod common;

use common::{minimal, problems, set, table, with};
use serde_json::{Value, json};

fn secret() -> Value {
    json!({"secretRef": {"name": "shared"}})
}

#[test]
fn a_store_has_exactly_one_mode() {
    for (store, delegated) in [
        (
            "kafka",
            json!({"provider": "Strimzi", "replicas": 3, "storage": "5Gi"}),
        ),
        (
            "postgres",
            json!({"provider": "CloudNativePG", "instances": 2, "storage": "5Gi"}),
        ),
    ] {
        let path = format!("spec.stores.{store}");
        let report = format!("{path}: expected exactly one of managed, delegated, external");
        table(
            &path,
            &[
                json!({"managed": {}}),
                json!({"delegated": delegated}),
                json!({"external": secret()}),
            ],
            &[
                (json!({}), &report),
                (json!({"managed": {}, "external": secret()}), &report),
                (
                    json!({"managed": {}, "delegated": delegated, "external": secret()}),
                    &report,
                ),
                (json!({"managed": null}), &report),
            ],
        );
    }
    for store in ["mongodb", "redis"] {
        let path = format!("spec.stores.{store}");
        let report = format!("{path}: expected exactly one of managed, external");
        table(
            &path,
            &[
                json!({"managed": {"storage": "1Gi"}}),
                json!({"external": secret()}),
            ],
            &[
                (json!({}), &report),
                (json!({"managed": {}, "external": secret()}), &report),
                (
                    json!({"managed": {}, "delegated": {}}),
                    &format!("{path}.delegated: unknown field; expected one of external, managed"),
                ),
            ],
        );
    }
}

#[test]
fn every_store_is_stated() {
    let mut object = minimal();
    object["spec"]["stores"]
        .as_object_mut()
        .unwrap()
        .remove("redis");
    assert_eq!(
        problems(&object),
        "spec.stores.redis: required field is missing: Sessions and delivery marks"
    );
    object["spec"].as_object_mut().unwrap().remove("stores");
    assert_eq!(
        problems(&object),
        "spec.stores: required field is missing: Where data is kept"
    );
}

#[test]
fn store_settings() {
    table(
        "spec.stores.kafka.managed.replicas",
        &[json!(1), json!(3)],
        &[
            (
                json!(2),
                "spec.stores.kafka.managed.replicas: expected 1 or 3 replicas: the members of the KRaft quorum",
            ),
            (
                json!(-1),
                "spec.stores.kafka.managed.replicas: expected 1 or 3 replicas: the members of the KRaft quorum",
            ),
        ],
    );
    table(
        "spec.stores.postgres.managed.storage",
        &[json!("2Gi"), json!("500G"), json!("1.5Ti")],
        &[
            (
                json!("2GB"),
                "spec.stores.postgres.managed.storage: expected a Kubernetes quantity such as 2Gi, 256Mi or 500m",
            ),
            (
                json!("-2Gi"),
                "spec.stores.postgres.managed.storage: expected a Kubernetes quantity such as 2Gi, 256Mi or 500m",
            ),
        ],
    );
    table(
        "spec.stores.postgres",
        &[],
        &[
            (
                json!({"delegated": {"provider": "Zalando"}}),
                "spec.stores.postgres.delegated.provider: expected one of CloudNativePG",
            ),
            (
                json!({"delegated": {"provider": "CloudNativePG", "instances": 0}}),
                "spec.stores.postgres.delegated.instances: expected a number from 1 to 9",
            ),
        ],
    );
    table(
        "spec.stores.kafka",
        &[],
        &[(
            json!({"delegated": {"provider": "Strimzi", "replicas": 2}}),
            "spec.stores.kafka.delegated.replicas: expected 1, 3 or 5 replicas: the members of the KRaft quorum",
        )],
    );
}

#[test]
fn external_networks() {
    let path = "spec.stores.redis";
    let external = |cidrs: Value| json!({"external": {"secretRef": {"name": "r"}, "cidrs": cidrs}});
    table(
        path,
        &[external(json!(["10.0.0.0/8", "fd00::/8"]))],
        &[
            (
                external(json!(["10.0.0.1"])),
                "spec.stores.redis.external.cidrs[0]: expected a network in CIDR form such as 10.20.0.0/16",
            ),
            (
                external(json!(vec!["10.0.0.0/8"; 17])),
                "spec.stores.redis.external.cidrs: expected at most 16 entries",
            ),
            (
                external(json!(["1".repeat(44)])),
                "spec.stores.redis.external.cidrs[0]: expected at most 43 characters",
            ),
        ],
    );
}

#[test]
fn gateway_hosts() {
    let name = "expected a DNS name such as api.rocket.example: lower case letters, digits, dashes and dots";
    let hosts = |http: &str, grpc: &str| json!({"http": http, "grpc": grpc});
    let long = format!("{}.example", "a".repeat(64));
    table(
        "spec.gateway.hosts",
        &[
            hosts("api.rocket.localhost", "grpc.rocket.localhost"),
            hosts("a", "b"),
        ],
        &[
            (
                hosts("Api.example", "b"),
                &format!("spec.gateway.hosts.http: {name}"),
            ),
            (
                hosts("a", "https://b"),
                &format!("spec.gateway.hosts.grpc: {name}"),
            ),
            (
                hosts("a..b", "b"),
                &format!("spec.gateway.hosts.http: {name}"),
            ),
            (
                hosts("a:8080", "b"),
                &format!("spec.gateway.hosts.http: {name}"),
            ),
            (
                hosts(&long, "b"),
                &format!("spec.gateway.hosts.http: {name}"),
            ),
            (
                hosts("a", "a"),
                "spec.gateway.hosts: expected two different names for http and grpc",
            ),
            (
                json!({"http": "a"}),
                "spec.gateway.hosts.grpc: required field is missing: Name of the gRPC API",
            ),
        ],
    );
}

#[test]
fn gateway_limits() {
    for at in ["spec.gateway.rateLimit", "spec.gateway.loginRateLimit"] {
        let range = format!("{at}.requests: expected a number from 1 to 1000000");
        table(
            at,
            &[
                json!({"requests": 1, "unit": "Second"}),
                json!({"requests": 1_000_000, "unit": "Hour"}),
            ],
            &[
                (json!({"requests": 0, "unit": "Second"}), &range),
                (json!({"requests": 1_000_001, "unit": "Second"}), &range),
                (
                    json!({"requests": 5, "unit": "Day"}),
                    &format!("{at}.unit: expected one of Second, Minute, Hour"),
                ),
                (
                    json!({"requests": 5}),
                    &format!("{at}.unit: required field is missing: In which unit of time"),
                ),
            ],
        );
    }
    table(
        "spec.gateway.limits.headersKib",
        &[json!(1), json!(96)],
        &[(
            json!(0),
            "spec.gateway.limits.headersKib: expected a number from 1 to 96",
        )],
    );
    table(
        "spec.gateway.circuitBreaker.maxConnections",
        &[json!(1)],
        &[(
            json!(0),
            "spec.gateway.circuitBreaker.maxConnections: expected a number from 1 to 1000000",
        )],
    );
}

#[test]
fn production_names_its_hosts() {
    let mut object = with("spec.profile", json!("production"));
    let report = "spec.gateway: profile production expects gateway.hosts: the names http and grpc it answers to";
    assert_eq!(problems(&object), report);
    set(&mut object, "spec.gateway", json!({"className": "envoy"}));
    assert_eq!(problems(&object), report);
    set(
        &mut object,
        "spec.gateway.hosts",
        json!({"http": "a.example", "grpc": "b.example"}),
    );
    assert_eq!(problems(&object), "");
}

#[test]
fn images() {
    table(
        "spec.images.registry",
        &[json!("registry.example:5000/rocket"), json!("localhost")],
        &[(
            json!("https://registry.example/"),
            "spec.images.registry: expected a registry such as registry.example:5000/rocket, without a scheme or a trailing slash",
        )],
    );
    let one = json!({"component": "postgres", "image": "registry.example/postgres:17"});
    table(
        "spec.images.overrides",
        &[json!([one])],
        &[
            (
                json!([one, one]),
                "spec.images.overrides[1]: expected each component once",
            ),
            (
                json!({}),
                "spec.images.overrides: expected a list, found a mapping of fields",
            ),
            (
                json!([{"component": "postgres", "image": "Not An Image"}]),
                "spec.images.overrides[0].image: expected a container image such as registry.example/postgres:17",
            ),
        ],
    );
    let secrets: Vec<Value> = (0..9).map(|n| json!({"name": format!("s{n}")})).collect();
    table(
        "spec.images.pullSecrets",
        &[],
        &[(
            json!(secrets),
            "spec.images.pullSecrets: expected at most 8 entries",
        )],
    );
}

#[test]
fn observability() {
    let at = "spec.observability";
    let external = json!({"otlpEndpoint": "https://otel.example:4317"});
    let logs = "spec.observability: expected observability mode Managed when logs are enabled: the log store is part of the managed stack";
    let pair = "spec.observability: expected external to be set if, and only if, mode is External";
    table(
        at,
        &[
            json!({"mode": "External", "external": external}),
            json!({"mode": "Managed", "logs": {"enabled": true}, "alerts": {"ordersPerMinute": 10}}),
            json!({"logs": {"enabled": false}}),
        ],
        &[
            (json!({"mode": "External"}), pair),
            (json!({"mode": "Managed", "external": external}), pair),
            (json!({"external": external}), pair),
            (json!({"mode": "Disabled", "logs": {"enabled": true}}), logs),
            (json!({"logs": {"enabled": true}}), logs),
            (
                json!({"alerts": {"ordersPerMinute": 0}}),
                "spec.observability.alerts.ordersPerMinute: expected a number from 1 to 1000000",
            ),
        ],
    );
    let mut production = with(at, json!({"logs": {"enabled": true}}));
    set(&mut production, "spec.profile", json!("production"));
    set(
        &mut production,
        "spec.gateway.hosts",
        json!({"http": "a.example", "grpc": "b.example"}),
    );
    assert_eq!(
        problems(&production),
        "",
        "the profile's own mode is Managed"
    );
}
