//! The example resources: valid, and showing what they say they show.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use rocket_operator_api::{
    EffectiveSpec, ObservabilityMode, Profile, RocketPlatform, Service, StoreMode, load,
};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

fn example(name: &str) -> RocketPlatform {
    let text = std::fs::read_to_string(folder().join(name)).unwrap();
    load::from_yaml(&text).unwrap_or_else(|problems| panic!("{name}:\n{problems}"))
}

#[test]
fn every_example_is_valid() {
    for name in ["kind.yaml", "laptop.yaml", "production.yaml"] {
        load::validate(&example(name)).unwrap();
    }
}

#[test]
fn the_laptop_needs_nothing() {
    let platform = example("laptop.yaml");
    let effective = EffectiveSpec::of(&platform.spec);
    assert_eq!(effective.profile, Profile::Dev);
    assert_eq!(effective.observability.mode, ObservabilityMode::Disabled);
    assert_eq!(effective.services.assembly_time.as_secs(), 10);
    let stores = &platform.spec.stores;
    let modes = [
        stores.kafka.mode(),
        stores.postgres.mode(),
        stores.mongodb.mode(),
        stores.redis.mode(),
    ];
    assert_eq!(modes, [Some(StoreMode::Managed); 4]);
    assert!(
        Service::ALL
            .iter()
            .all(|service| effective.services.get(*service).enabled)
    );
}

#[test]
fn production_keeps_its_data_elsewhere() {
    let platform = example("production.yaml");
    let stores = &platform.spec.stores;
    let modes = [
        stores.kafka.mode(),
        stores.postgres.mode(),
        stores.mongodb.mode(),
        stores.redis.mode(),
    ];
    assert!(
        modes
            .iter()
            .all(|mode| matches!(mode, Some(StoreMode::External | StoreMode::Delegated)))
    );
    assert!(platform.spec.gateway.unwrap().tls.is_some());
}

/// From kind to production is a new platform, not an update: stores cannot change who runs them.
#[test]
fn an_example_cannot_be_updated_to_another_mode_of_stores() {
    let report =
        load::validate_update(&example("kind.yaml"), &example("production.yaml")).unwrap_err();
    let paths: Vec<&str> = report
        .as_slice()
        .iter()
        .map(|problem| problem.path.as_str())
        .collect();
    assert_eq!(
        paths,
        [
            "spec.currency",
            "spec.stores.kafka",
            "spec.stores.mongodb",
            "spec.stores.postgres",
            "spec.stores.redis"
        ]
    );
}
