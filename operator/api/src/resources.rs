//! What a pod asks for, and how many there may be.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Quantity;

/// Requests and limits of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new(covers("cpu")).message("expected limits.cpu to be at least requests.cpu"),
    validation = Rule::new(covers("memory")).message("expected limits.memory to be at least requests.memory")
)]
pub struct Resources {
    /// What the scheduler sets aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<ResourceList>,
    /// What the container may use at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<ResourceList>,
}

/// Amounts of CPU and memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceList {
    /// CPU, such as `500m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Quantity>,
    /// Memory, such as `128Mi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Quantity>,
}

/// A horizontal autoscaler that owns the number of replicas.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = ("self.min <= self.max", "expected min to be at most max"))]
pub struct Autoscaling {
    /// Fewest replicas.
    #[schemars(range(min = 1, max = 50))]
    pub min: i32,
    /// Most replicas.
    #[schemars(range(min = 1, max = 50))]
    pub max: i32,
    /// Average CPU use, in percent of the request, at which replicas are added; 70 when unset.
    #[serde(
        default,
        rename = "targetCPUPercent",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(range(min = 1, max = 100))]
    pub target_cpu_percent: Option<i32>,
}

/// The limit of a resource is not below its request; unreadable text has its own rule.
fn covers(resource: &str) -> String {
    let quantity = crate::rules::QUANTITY;
    let readable = |list: &str| {
        format!(
            "has(self.{list}) && has(self.{list}.{resource}) && self.{list}.{resource}.matches('{quantity}')"
        )
    };
    format!(
        "!({} && {}) || quantity(self.limits.{resource}).compareTo(quantity(self.requests.{resource})) >= 0",
        readable("requests"),
        readable("limits")
    )
}
