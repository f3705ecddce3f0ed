//! The spec with every default filled in: what actually runs.
//!
//! A pure function of the spec. An explicit field always wins over the profile.

mod gateway;
mod services;

pub use gateway::{EffectiveBreaker, EffectiveGateway};
pub use services::{EffectiveReplicas, EffectiveService, EffectiveServices};

use std::time::Duration;

use crate::{
    DeletionPolicy, ImageOverride, ObservabilityMode, Profile, PullPolicy, RocketPlatformSpec,
    Rollback, SecretRef, Stores, observability::ExternalObservability,
};

/// A spec with nothing left open.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectiveSpec {
    /// Release to run.
    pub version: String,
    /// The profile that chose the defaults.
    pub profile: Profile,
    /// Whether the cluster is left alone.
    pub paused: bool,
    /// ISO 4217 code of every amount.
    pub currency: String,
    /// What happens to volumes at deletion.
    pub deletion_policy: DeletionPolicy,
    /// Where images come from.
    pub images: EffectiveImages,
    /// How a new version is rolled out.
    pub upgrade: EffectiveUpgrade,
    /// The stores as written: their defaults are in the schema, since they are bound to data.
    pub stores: Stores,
    /// The six services.
    pub services: EffectiveServices,
    /// The front door.
    pub gateway: EffectiveGateway,
    /// Replicas of the web page; `None` when it is not served.
    pub console: Option<i32>,
    /// Where telemetry goes.
    pub observability: EffectiveObservability,
}

/// Where images come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveImages {
    /// One registry for every image, or each image's own.
    pub registry: Option<String>,
    /// When nodes pull.
    pub pull_policy: PullPolicy,
    /// Secrets with registry credentials.
    pub pull_secrets: Vec<SecretRef>,
    /// Images of single components.
    pub overrides: Vec<ImageOverride>,
}

/// How a new version is rolled out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EffectiveUpgrade {
    /// How long one component may take.
    pub progress_deadline: Duration,
    /// What happens after that.
    pub rollback: Rollback,
}

/// Where telemetry goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveObservability {
    /// Who runs the stack.
    pub mode: ObservabilityMode,
    /// The stack somebody else runs; set when the mode is `External`.
    pub external: Option<ExternalObservability>,
    /// Whether logs are stored.
    pub logs: bool,
    /// How long telemetry is kept.
    pub retention: Duration,
    /// The threshold of `TooManyOrders`.
    pub orders_per_minute: i32,
}

impl EffectiveSpec {
    /// Fills in every default of a valid spec.
    pub fn of(spec: &RocketPlatformSpec) -> Self {
        let profile = spec.profile;
        Self {
            version: spec.version.clone(),
            profile,
            paused: spec.paused,
            currency: spec.currency.clone(),
            deletion_policy: spec.deletion_policy,
            images: images(spec),
            upgrade: upgrade(spec),
            stores: spec.stores.clone(),
            services: services::of(spec),
            gateway: gateway::of(spec),
            console: console(spec),
            observability: observability(spec),
        }
    }
}

/// Replicas of a stateless part when the spec does not say.
fn default_replicas(profile: Profile) -> i32 {
    match profile {
        Profile::Dev => 1,
        Profile::Production => 2,
    }
}

fn hours(count: u64) -> Duration {
    Duration::from_hours(count)
}

fn images(spec: &RocketPlatformSpec) -> EffectiveImages {
    let images = spec.images.clone().unwrap_or_default();
    EffectiveImages {
        registry: images.registry,
        pull_policy: images.pull_policy.unwrap_or(PullPolicy::IfNotPresent),
        pull_secrets: images.pull_secrets,
        overrides: images.overrides,
    }
}

fn upgrade(spec: &RocketPlatformSpec) -> EffectiveUpgrade {
    let upgrade = spec.upgrade.clone().unwrap_or_default();
    EffectiveUpgrade {
        progress_deadline: upgrade
            .progress_deadline
            .map_or(Duration::from_mins(10), |deadline| deadline.get()),
        rollback: upgrade.rollback.unwrap_or(Rollback::OnFailure),
    }
}

fn console(spec: &RocketPlatformSpec) -> Option<i32> {
    let replicas = default_replicas(spec.profile);
    match &spec.console {
        None => Some(replicas),
        Some(console) => console
            .enabled
            .then(|| console.replicas.unwrap_or(replicas)),
    }
}

fn observability(spec: &RocketPlatformSpec) -> EffectiveObservability {
    let written = spec.observability.clone().unwrap_or_default();
    let (mode, retention) = match spec.profile {
        Profile::Dev => (ObservabilityMode::Disabled, hours(24)),
        Profile::Production => (ObservabilityMode::Managed, hours(168)),
    };
    EffectiveObservability {
        mode: written.mode.unwrap_or(mode),
        external: written.external,
        logs: written.logs.is_some_and(|logs| logs.enabled),
        retention: written
            .retention
            .map_or(retention, |retention| retention.get()),
        orders_per_minute: written
            .alerts
            .and_then(|alerts| alerts.orders_per_minute)
            .unwrap_or(10),
    }
}
