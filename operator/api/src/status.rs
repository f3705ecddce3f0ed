//! What the operator observed.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Reason, StoreMode};

/// What the operator observed. Nothing here moves on a pass that changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct RocketPlatformStatus {
    /// Generation of the spec that this status describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Versions of the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionStatus>,
    /// `Ready`, `Reconciling`, `Stalled` and the readiness of each part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".to_owned()]))]
    pub conditions: Vec<Condition>,
    /// Every component on its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".to_owned()]))]
    pub components: Vec<ComponentStatus>,
    /// Where the platform answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<Endpoints>,
}

/// Versions of the platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionStatus {
    /// The version every component runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// The version the spec asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The version to return to when an upgrade fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_healthy: Option<String>,
}

/// One component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ComponentStatus {
    /// Name, as in image overrides.
    #[schemars(length(max = 63))]
    pub name: String,
    /// How it is.
    pub state: ComponentState,
    /// Ready pods of wanted pods, such as `1/2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<String>,
    /// Who runs it, for a store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<StoreMode>,
    /// The version it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Why it is so, unless it is healthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The reason in words, without secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub message: Option<String>,
}

/// How a component is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum ComponentState {
    /// Its wave has not begun.
    Pending,
    /// It is on its way to what the spec asks.
    Progressing,
    /// It is what the spec asks.
    Healthy,
    /// It was healthy and is not.
    Degraded,
    /// It cannot become healthy without a change.
    Failed,
    /// It is switched off.
    Disabled,
}

/// Where the platform answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Endpoints {
    /// Address of the HTTP API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<String>,
    /// Address of the gRPC API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grpc: Option<String>,
    /// Address of the web page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console: Option<String>,
}

/// The conditions of a platform. The first three follow kstatus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConditionType {
    /// The platform serves what the spec asks.
    Ready,
    /// Work is under way; absent when settled.
    Reconciling,
    /// Only a change of the spec or the cluster can help; absent otherwise.
    Stalled,
    /// All stores answer.
    StoresReady,
    /// All enabled services are ready.
    ServicesReady,
    /// The gateway accepted the routes.
    RoutesReady,
    /// The observability stack is ready; never gates `Ready`.
    ObservabilityReady,
}

impl ConditionType {
    /// The type as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::Reconciling => "Reconciling",
            Self::Stalled => "Stalled",
            Self::StoresReady => "StoresReady",
            Self::ServicesReady => "ServicesReady",
            Self::RoutesReady => "RoutesReady",
            Self::ObservabilityReady => "ObservabilityReady",
        }
    }
}

/// A condition of the closed kinds and reasons, at a generation.
///
/// `since` is the last transition: the caller keeps the old time while the
/// status does not flip.
pub fn condition(
    kind: ConditionType,
    holds: bool,
    reason: Reason,
    message: impl Into<String>,
    generation: Option<i64>,
    since: Time,
) -> Condition {
    Condition {
        type_: kind.as_str().to_owned(),
        status: if holds { "True" } else { "False" }.to_owned(),
        reason: reason.as_str().to_owned(),
        message: message.into(),
        observed_generation: generation,
        last_transition_time: since,
    }
}
