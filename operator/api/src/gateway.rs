//! The front door.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Duration, Quantity, SecretRef, rules};

/// The only way in from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Gateway {
    /// GatewayClass to use; `envoy-gateway` when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = rules::object_name())]
    pub class_name: Option<String>,
    /// Names the platform answers to; `api.rocket.localhost` and `grpc.rocket.localhost` in profile dev when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Hosts>,
    /// How a session is checked at the edge; `ExtAuth` when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_validation: Option<SessionValidation>,
    /// Serves HTTPS; plain HTTP when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// How much one session may ask; the profile's when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// How often one client address may sign in or register; the profile's when unset.
    /// An IPv6 address counts with its network of 64 bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_rate_limit: Option<RateLimit>,
    /// How large a request may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// How long a request may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<Timeouts>,
    /// How much may be under way towards one service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circuit_breaker: Option<CircuitBreaker>,
}

/// The two names of the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = ("self.http != self.grpc", "expected two different names for http and grpc"))]
pub struct Hosts {
    /// Name of the HTTP API and the console.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = rules::dns_name())]
    pub http: String,
    /// Name of the gRPC API.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = rules::dns_name())]
    pub grpc: String,
}

/// How a session is checked at the edge. Both fail closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SessionValidation {
    /// External authorization over gRPC.
    ExtAuth,
    /// The Lua script.
    Lua,
}

/// The certificate of the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tls {
    /// A Secret of type `kubernetes.io/tls` that covers both names.
    pub secret_ref: SecretRef,
}

/// Requests in a unit of time. Who was quiet may make all of them at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RateLimit {
    /// How many requests.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub requests: i32,
    /// In which unit of time.
    pub unit: RateUnit,
}

/// A unit of time for rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RateUnit {
    /// Per second.
    Second,
    /// Per minute.
    Minute,
    /// Per hour.
    Hour,
}

impl RateUnit {
    /// The length of the unit.
    pub const fn length(self) -> std::time::Duration {
        std::time::Duration::from_secs(match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3_600,
        })
    }
}

/// How large a request may be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Largest body; 1Mi when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Quantity>,
    /// Largest sum of headers, in KiB; 32 when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 96))]
    pub headers_kib: Option<i32>,
}

/// How long a request may take. Event streams have their own end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Timeouts {
    /// From the first byte of the request to the last of the answer; 15s when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::within("100ms", "5m"))]
    pub request: Option<Duration>,
    /// How long a connection may be silent; 5m when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::within("1s", "1h"))]
    pub idle: Option<Duration>,
}

/// How much may be under way towards one service; more is refused at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CircuitBreaker {
    /// Connections; 1024 when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_connections: Option<i32>,
    /// Requests that wait for a connection; 1024 when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_pending_requests: Option<i32>,
    /// Requests at the same time; 1024 when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_parallel_requests: Option<i32>,
}
