//! How a new version is rolled out.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Duration, rules};

/// How a new version is rolled out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Upgrade {
    /// How long one component may take before the upgrade stops; 10m when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::within("10s", "6h"))]
    pub progress_deadline: Option<Duration>,
    /// What happens to stateless components after the stop; `OnFailure` when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<Rollback>,
}

/// What happens to stateless components when an upgrade stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Rollback {
    /// They return to the last healthy version. Stores and their schemas never do.
    OnFailure,
    /// They stay where they are.
    Never,
}
