//! The `RocketPlatform` custom resource: its types, its rules and its defaults.
//!
//! This crate is pure: no runtime, no Kubernetes client. The operator, the
//! planner and `rocketctl` share it, so one file means the same thing on a
//! laptop and in a cluster.
//!
//! * [`RocketPlatformSpec`] and the modules of each concern hold the fields.
//!   Types accept unknown fields, because an operator must survive a resource
//!   written for a newer version; [`load`] refuses them in a file.
//! * Every rule is written once, in the schema: plain keywords (type, range,
//!   length, enumeration) and CEL (`x-kubernetes-validations`) with a message
//!   that names what was expected. The API server and [`load::validate`]
//!   evaluate the same text, so the words are the same in both places.
//! * Defaults that never change are in the schema. Defaults that a profile
//!   chooses are computed by [`EffectiveSpec`]; an explicit field always wins.
//!   What is bound to data (replicas of a Kafka quorum, volume sizes) never
//!   depends on the profile, so switching profiles cannot ask for the impossible.
//! * [`crd_yaml`] is the file `crds/rocketplatforms.yaml`; regenerate it with
//!   `rocketctl crd > crds/rocketplatforms.yaml`.
//!
//! ```
//! let file = r#"
//! apiVersion: rocketscience.dev/v1alpha1
//! kind: RocketPlatform
//! metadata: {name: apollo}
//! spec:
//!   version: "0.1.0"
//!   stores: {kafka: {managed: {}}, postgres: {managed: {}}, mongodb: {managed: {}}, redis: {managed: {}}}
//!   services: {oder: {replicas: 2}}
//! "#;
//! let problems = rocket_operator_api::load::from_yaml(file).unwrap_err();
//! assert!(problems.to_string().starts_with("spec.services.oder: unknown field; expected one of"));
//! ```

#![allow(
    unreachable_pub,
    reason = "kube's derive copies each public struct into a function body"
)]

mod cidr;
mod crd;
mod duration;
pub mod effective;
mod gateway;
mod images;
pub mod load;
mod names;
mod observability;
mod quantity;
mod reason;
mod refs;
mod resources;
mod rules;
mod services;
mod spec;
mod status;
mod stores;
mod upgrade;

pub use cidr::Cidr;
pub use crd::{crd, crd_yaml, schema};
pub use duration::{Duration, DurationError};
pub use effective::EffectiveSpec;
pub use gateway::{
    CircuitBreaker, Gateway, Hosts, Limits, RateLimit, RateUnit, SessionValidation, Timeouts, Tls,
};
pub use images::{ImageOverride, Images, PullPolicy};
pub use names::{Component, Service, Store};
pub use observability::{Alerts, ExternalObservability, Logs, Observability, ObservabilityMode};
pub use quantity::Quantity;
pub use reason::Reason;
pub use refs::{SecretKeyRef, SecretRef};
pub use resources::{Autoscaling, ResourceList, Resources};
pub use services::{
    AssemblyService, IamService, InventoryService, NotificationService, OrderService,
    PaymentProvider, PaymentService, ServiceSettings, Services, Telegram,
};
pub use spec::{Console, DeletionPolicy, Profile, RocketPlatform, RocketPlatformSpec};
pub use status::{
    ComponentState, ComponentStatus, ConditionType, Endpoints, RocketPlatformStatus, VersionStatus,
    condition,
};
pub use stores::{
    CnpgPostgres, ExternalStore, KafkaManaged, KafkaProvider, KafkaStore, ManagedStore,
    MongodbStore, PostgresProvider, PostgresStore, RedisStore, StoreMode, Stores, StrimziKafka,
};
pub use upgrade::{Rollback, Upgrade};
