//! What runs when the spec does not say, and that what it says wins.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{minimal, set, valid};
use rocket_operator_api::effective::{EffectiveReplicas, EffectiveSpec};
use rocket_operator_api::{
    DeletionPolicy, ObservabilityMode, Profile, PullPolicy, Quantity, RateUnit, Rollback, Service,
    SessionValidation,
};
use serde_json::{Value, json};

fn production() -> Value {
    let mut object = minimal();
    set(&mut object, "spec.profile", json!("production"));
    set(
        &mut object,
        "spec.gateway.hosts",
        json!({"http": "a.example", "grpc": "b.example"}),
    );
    object
}

fn effective(object: &Value) -> EffectiveSpec {
    EffectiveSpec::of(&valid(object).spec)
}

#[test]
fn the_smallest_resource_says_everything_in_the_end() {
    let spec = effective(&minimal());
    assert_eq!(
        (spec.version.as_str(), spec.profile, spec.paused),
        ("0.1.0", Profile::Dev, false)
    );
    assert_eq!(
        (spec.currency.as_str(), spec.deletion_policy),
        ("USD", DeletionPolicy::Retain)
    );
    assert_eq!(spec.images.pull_policy, PullPolicy::IfNotPresent);
    assert_eq!(spec.upgrade.progress_deadline, Duration::from_mins(10));
    assert_eq!(spec.upgrade.rollback, Rollback::OnFailure);
    assert_eq!(spec.console, Some(1));
    assert_eq!(spec.services.unpaid_order_ttl, Duration::from_mins(15));
    assert_eq!(spec.services.assembly_time, Duration::from_secs(10));
    assert_eq!(spec.services.decline_above, None);
    assert_eq!(spec.gateway.class_name, "envoy-gateway");
    assert_eq!(spec.gateway.hosts.http, "api.rocket.localhost");
    assert_eq!(spec.gateway.hosts.grpc, "grpc.rocket.localhost");
    assert_eq!(spec.gateway.session_validation, SessionValidation::ExtAuth);
    assert_eq!(spec.gateway.body_limit, Quantity::from("1Mi"));
    assert_eq!(spec.gateway.request_timeout, Duration::from_secs(15));
    assert_eq!(spec.observability.mode, ObservabilityMode::Disabled);
    assert_eq!(spec.observability.retention, Duration::from_hours(24));
    assert_eq!(spec.observability.orders_per_minute, 10);
    let kafka = spec.stores.kafka.managed.unwrap();
    assert_eq!((kafka.replicas, kafka.storage), (1, Quantity::from("2Gi")));
}

#[test]
fn the_profile_chooses_what_is_not_set() {
    let (dev, production) = (effective(&minimal()), effective(&production()));
    for service in Service::ALL {
        assert_eq!(
            dev.services.get(*service).replicas,
            EffectiveReplicas::Fixed(1)
        );
        assert_eq!(
            production.services.get(*service).replicas,
            EffectiveReplicas::Fixed(2)
        );
        assert!(production.services.get(*service).enabled);
        assert_ne!(
            dev.services.get(*service).resources,
            production.services.get(*service).resources
        );
    }
    assert_eq!(production.console, Some(2));
    assert_eq!(production.observability.mode, ObservabilityMode::Managed);
    assert_eq!(
        production.observability.retention,
        Duration::from_hours(168)
    );
    for (spec, session, login) in [(&dev, 6_000, 1_200), (&production, 600, 30)] {
        let (session_rate, login_rate) = (&spec.gateway.rate_limit, &spec.gateway.login_rate_limit);
        assert_eq!(
            (session_rate.requests, login_rate.requests),
            (session, login)
        );
        assert_eq!(session_rate.unit, RateUnit::Minute);
        assert_eq!(login_rate.unit, RateUnit::Minute);
    }
    assert_eq!(
        production.stores, dev.stores,
        "what is bound to data is not the profile's to choose"
    );
}

#[test]
fn an_explicit_field_wins_over_both_profiles() {
    for mut object in [minimal(), production()] {
        for (path, value) in [
            (
                "spec.services.order",
                json!({"replicas": 5, "resources": {"requests": {"cpu": "1"}}}),
            ),
            (
                "spec.services.payment",
                json!({"enabled": false, "declineAbove": 7}),
            ),
            ("spec.services.iam.autoscaling", json!({"min": 1, "max": 4})),
            ("spec.services.assembly.assemblyTime", json!("250ms")),
            ("spec.console", json!({"enabled": false, "replicas": 3})),
            (
                "spec.observability",
                json!({"mode": "Disabled", "retention": "2h", "alerts": {"ordersPerMinute": 3}}),
            ),
            (
                "spec.gateway.rateLimit",
                json!({"requests": 9, "unit": "Second"}),
            ),
            (
                "spec.gateway.loginRateLimit",
                json!({"requests": 7, "unit": "Hour"}),
            ),
            ("spec.gateway.circuitBreaker.maxConnections", json!(8)),
            (
                "spec.upgrade",
                json!({"progressDeadline": "1m", "rollback": "Never"}),
            ),
        ] {
            set(&mut object, path, value);
        }
        let spec = effective(&object);
        let order = spec.services.get(Service::Order);
        assert_eq!(order.replicas, EffectiveReplicas::Fixed(5));
        assert_eq!(
            order.resources.requests.as_ref().unwrap().cpu,
            Some(Quantity::from("1"))
        );
        assert_eq!(order.resources.limits, None);
        assert!(!spec.services.get(Service::Payment).enabled);
        assert_eq!(spec.services.decline_above, Some(7));
        let EffectiveReplicas::Auto(scaling) = &spec.services.get(Service::Iam).replicas else {
            panic!("an autoscaler was asked for");
        };
        assert_eq!((scaling.min, scaling.max), (1, 4));
        assert_eq!(spec.services.assembly_time, Duration::from_millis(250));
        assert_eq!(spec.console, None);
        assert_eq!(spec.observability.mode, ObservabilityMode::Disabled);
        assert_eq!(spec.observability.retention, Duration::from_hours(2));
        assert_eq!(spec.observability.orders_per_minute, 3);
        assert_eq!(
            (
                spec.gateway.rate_limit.requests,
                spec.gateway.rate_limit.unit
            ),
            (9, RateUnit::Second)
        );
        let login = &spec.gateway.login_rate_limit;
        assert_eq!((login.requests, login.unit), (7, RateUnit::Hour));
        assert_eq!(spec.gateway.circuit_breaker.max_connections, 8);
        assert_eq!(spec.gateway.circuit_breaker.max_pending_requests, 1_024);
        assert_eq!(spec.upgrade.progress_deadline, Duration::from_mins(1));
        assert_eq!(spec.upgrade.rollback, Rollback::Never);
    }
}
