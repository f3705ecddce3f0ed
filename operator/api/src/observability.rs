//! Traces, metrics, logs and alerts.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Duration, SecretKeyRef, rules};

/// Where telemetry goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "has(self.external) == (has(self.mode) && self.mode == 'External')",
    "expected external to be set if, and only if, mode is External"
))]
pub struct Observability {
    /// Who runs the stack; `Disabled` in profile dev and `Managed` in profile production when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<ObservabilityMode>,
    /// Where an external stack listens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalObservability>,
    /// The log store, which needs the most memory of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logs: Option<Logs>,
    /// How long telemetry is kept; 24h in profile dev and 168h in profile production when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::within("1h", "2160h"))]
    pub retention: Option<Duration>,
    /// Thresholds of alerts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alerts: Option<Alerts>,
}

/// Who runs the observability stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ObservabilityMode {
    /// This operator.
    Managed,
    /// Somebody else; telemetry is sent there.
    External,
    /// Nobody: nothing is sent.
    Disabled,
}

/// A telemetry backend that somebody else runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExternalObservability {
    /// Address of an OTLP receiver over gRPC.
    #[schemars(length(min = 1, max = 2048))]
    #[x_kube(validation = rules::http_url())]
    pub otlp_endpoint: String,
    /// Headers it asks for, in the form of `OTEL_EXPORTER_OTLP_HEADERS`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headers_secret_ref: Option<SecretKeyRef>,
}

/// The log store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Logs {
    /// Whether logs are stored and shown in Kibana.
    pub enabled: bool,
}

/// Thresholds of alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Alerts {
    /// More orders than this in a minute raise `TooManyOrders`; 10 when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub orders_per_minute: Option<i32>,
}
