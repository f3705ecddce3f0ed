//! The four stores and who runs them.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Cidr, Quantity, Resources, SecretRef, rules};

/// Where the platform keeps its data. Each store states exactly one mode, and keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stores {
    /// The event log.
    pub kafka: KafkaStore,
    /// Orders, outbox and users.
    pub postgres: PostgresStore,
    /// Parts, stock and reservations.
    pub mongodb: MongodbStore,
    /// Sessions and delivery marks.
    pub redis: RedisStore,
}

/// Who runs a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum StoreMode {
    /// This operator, as a small StatefulSet.
    Managed,
    /// Another operator, asked through its own resource.
    Delegated,
    /// Somebody else; the platform only connects.
    External,
}

const ALL_MODES: &[&str] = &["managed", "delegated", "external"];
const WITHOUT_DELEGATE: &[&str] = &["managed", "external"];

macro_rules! store_mode {
    ($store:ty: $($field:ident => $mode:ident),+) => {
        impl $store {
            /// The mode that is set; `None` for an object that breaks the rule of exactly one.
            pub fn mode(&self) -> Option<StoreMode> {
                let set = [$(self.$field.as_ref().map(|_| StoreMode::$mode)),+];
                let mut set = set.into_iter().flatten();
                set.next().filter(|_| set.next().is_none())
            }
        }
    };
}
store_mode!(KafkaStore: managed => Managed, delegated => Delegated, external => External);
store_mode!(PostgresStore: managed => Managed, delegated => Delegated, external => External);
store_mode!(MongodbStore: managed => Managed, external => External);
store_mode!(RedisStore: managed => Managed, external => External);

/// Kafka in KRaft mode: exactly one of managed, delegated (Strimzi), external.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::exactly_one_of(ALL_MODES), validation = rules::mode_is_immutable(ALL_MODES))]
pub struct KafkaStore {
    /// Run by this operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed: Option<KafkaManaged>,
    /// Run by the Strimzi operator, which must be installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegated: Option<StrimziKafka>,
    /// Run by somebody else. Keys of the Secret: `bootstrapServers`, and optionally `username`, `password`, `ca.crt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalStore>,
}

/// PostgreSQL: exactly one of managed, delegated (CloudNativePG), external.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::exactly_one_of(ALL_MODES), validation = rules::mode_is_immutable(ALL_MODES))]
pub struct PostgresStore {
    /// Run by this operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed: Option<ManagedStore>,
    /// Run by the CloudNativePG operator, which must be installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegated: Option<CnpgPostgres>,
    /// Run by somebody else. Keys of the Secret: `order-url` and `iam-url`, one database and role each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalStore>,
}

/// MongoDB: exactly one of managed, external.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::exactly_one_of(WITHOUT_DELEGATE), validation = rules::mode_is_immutable(WITHOUT_DELEGATE))]
pub struct MongodbStore {
    /// Run by this operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed: Option<ManagedStore>,
    /// Run by somebody else. Key of the Secret: `url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalStore>,
}

/// Redis: exactly one of managed, external.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::exactly_one_of(WITHOUT_DELEGATE), validation = rules::mode_is_immutable(WITHOUT_DELEGATE))]
pub struct RedisStore {
    /// Run by this operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed: Option<ManagedStore>,
    /// Run by somebody else. Key of the Secret: `url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalStore>,
}

/// A store with one replica, run by this operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::field_is_immutable("storageClassName"))]
pub struct ManagedStore {
    /// Size of the data volume. It can grow and never shrink.
    #[serde(default = "two_gibibytes")]
    #[x_kube(validation = rules::may_not_shrink())]
    pub storage: Quantity,
    /// Storage class of the data volume; the cluster's default when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub storage_class_name: Option<String>,
    /// Requests and limits; the profile's when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
}

/// Kafka brokers that are controllers too, run by this operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::field_is_immutable("storageClassName"))]
pub struct KafkaManaged {
    /// Members of the quorum: 1 or 3, for the life of the platform.
    #[serde(default = "one_replica")]
    #[x_kube(
        validation = ("self == 1 || self == 3", "expected 1 or 3 replicas: the members of the KRaft quorum"),
        validation = rules::immutable("the KRaft quorum cannot change: expected the replicas it was created with")
    )]
    pub replicas: i32,
    /// Size of each data volume. It can grow and never shrink.
    #[serde(default = "two_gibibytes")]
    #[x_kube(validation = rules::may_not_shrink())]
    pub storage: Quantity,
    /// Storage class of the data volumes; the cluster's default when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub storage_class_name: Option<String>,
    /// Requests and limits; the profile's when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
}

/// Operators that can run Kafka for the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum KafkaProvider {
    /// <https://strimzi.io>
    Strimzi,
}

/// A `Kafka` resource for the Strimzi operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct StrimziKafka {
    /// The operator to ask.
    pub provider: KafkaProvider,
    /// Brokers, which are controllers too; fixed for the life of the platform.
    #[serde(default = "three_replicas")]
    #[x_kube(
        validation = ("self in [1, 3, 5]", "expected 1, 3 or 5 replicas: the members of the KRaft quorum"),
        validation = rules::immutable("the KRaft quorum cannot change: expected the replicas it was created with")
    )]
    pub replicas: i32,
    /// Size of each data volume. It can grow and never shrink.
    #[serde(default = "ten_gibibytes")]
    #[x_kube(validation = rules::may_not_shrink())]
    pub storage: Quantity,
}

/// Operators that can run PostgreSQL for the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PostgresProvider {
    /// <https://cloudnative-pg.io>
    CloudNativePG,
}

/// A `Cluster` resource for the CloudNativePG operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct CnpgPostgres {
    /// The operator to ask.
    pub provider: PostgresProvider,
    /// One primary and its replicas.
    #[serde(default = "two_replicas")]
    #[schemars(range(min = 1, max = 9))]
    pub instances: i32,
    /// Size of each data volume. It can grow and never shrink.
    #[serde(default = "ten_gibibytes")]
    #[x_kube(validation = rules::may_not_shrink())]
    pub storage: Quantity,
}

/// A store that somebody else runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExternalStore {
    /// How to connect; the store's own documentation lists the keys.
    pub secret_ref: SecretRef,
    /// Networks the store answers from, for the NetworkPolicies. Unset allows any address on the store's port.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub cidrs: Vec<Cidr>,
}

fn one_replica() -> i32 {
    1
}

fn two_replicas() -> i32 {
    2
}

fn three_replicas() -> i32 {
    3
}

fn two_gibibytes() -> Quantity {
    Quantity::from("2Gi")
}

fn ten_gibibytes() -> Quantity {
    Quantity::from("10Gi")
}
