//! The root of the resource.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Gateway, Images, Observability, RocketPlatformStatus, Services, Stores, Upgrade, rules,
};

/// The profile's own mode counts when none is written.
const LOGS_NEED_MANAGED: &str = "!(has(self.observability) && has(self.observability.logs) \
    && self.observability.logs.enabled) \
    || (has(self.observability.mode) ? self.observability.mode == 'Managed' : self.profile == 'production')";

/// A whole installation of the platform.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, CustomResource, KubeSchema)]
#[kube(
    group = "rocketscience.dev",
    version = "v1alpha1",
    kind = "RocketPlatform",
    plural = "rocketplatforms",
    namespaced,
    shortname = "rkt",
    category = "rocket",
    status = "RocketPlatformStatus",
    derive = "PartialEq",
    doc = "A whole installation of the platform: six services, their stores, the gateway and observability.",
    validation = Rule::new("self.metadata.name.matches('^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$')")
        .message("expected a name (metadata.name) of 1 to 40 lower case letters, digits and dashes, beginning with a letter: it begins the names of Services"),
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"Version","type":"string","jsonPath":".status.version.current"}"#,
    printcolumn = r#"{"name":"Stores","type":"string","jsonPath":".status.conditions[?(@.type==\"StoresReady\")].status"}"#,
    printcolumn = r#"{"name":"Services","type":"string","jsonPath":".status.conditions[?(@.type==\"ServicesReady\")].status"}"#,
    printcolumn = r#"{"name":"Reason","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("self.profile != 'production' || (has(self.gateway) && has(self.gateway.hosts))")
        .message("profile production expects gateway.hosts: the names http and grpc it answers to")
        .field_path(".gateway"),
    validation = Rule::new(LOGS_NEED_MANAGED)
        .message("expected observability mode Managed when logs are enabled: the log store is part of the managed stack")
        .field_path(".observability")
)]
pub struct RocketPlatformSpec {
    /// Release of the platform to run, such as 0.1.0.
    #[schemars(length(min = 5, max = 64))]
    #[x_kube(validation = rules::semver())]
    pub version: String,
    /// Chooses the defaults of what is not set.
    #[serde(default)]
    pub profile: Profile,
    /// Stops changes to the cluster; the status stays fresh.
    #[serde(default)]
    pub paused: bool,
    /// Currency of every amount (ISO 4217), for the life of the platform.
    #[serde(default = "usd")]
    #[schemars(length(min = 3, max = 3))]
    #[x_kube(
        validation = rules::currency(),
        validation = rules::immutable("the currency of a platform cannot change: amounts are stored in it")
    )]
    pub currency: String,
    /// What happens to data volumes when the platform is deleted.
    #[serde(default)]
    pub deletion_policy: DeletionPolicy,
    /// Where images come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<Images>,
    /// How a new version is rolled out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upgrade: Option<Upgrade>,
    /// Where data is kept; each store states exactly one mode.
    pub stores: Stores,
    /// The six services; each runs unless it is disabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub services: Option<Services>,
    /// The only way in from outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<Gateway>,
    /// The web page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console: Option<Console>,
    /// Where telemetry goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observability: Option<Observability>,
}

/// Chooses the defaults of what is not set; an explicit field wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Profile {
    /// One replica, little memory, short retention.
    #[default]
    Dev,
    /// Two replicas, room for load, a week of telemetry.
    Production,
}

/// What happens to data volumes when the platform is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DeletionPolicy {
    /// They stay, with their credentials, and are adopted when the platform returns.
    #[default]
    Retain,
    /// They are deleted.
    Delete,
}

/// The web page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Console {
    /// Whether the page is served.
    #[serde(default = "enabled")]
    pub enabled: bool,
    /// How many run; the profile's number when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 50))]
    pub replicas: Option<i32>,
}

fn usd() -> String {
    "USD".to_owned()
}

fn enabled() -> bool {
    true
}
