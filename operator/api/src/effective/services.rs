use std::time::Duration;

use super::default_replicas;
use crate::{
    Autoscaling, PaymentProvider, Profile, ResourceList, Resources, RocketPlatformSpec, Service,
    ServiceSettings, Telegram,
};

/// The six services with nothing left open.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectiveServices {
    order: EffectiveService,
    inventory: EffectiveService,
    payment: EffectiveService,
    assembly: EffectiveService,
    notification: EffectiveService,
    iam: EffectiveService,
    /// How long an order may stay unpaid.
    pub unpaid_order_ttl: Duration,
    /// Minor units above which the simulated payment provider declines.
    pub decline_above: Option<i64>,
    /// A payment provider over HTTP.
    pub payment_provider: Option<PaymentProvider>,
    /// How long a ship takes to build.
    pub assembly_time: Duration,
    /// The Telegram bot.
    pub telegram: Option<Telegram>,
}

impl EffectiveServices {
    /// What all services have in common, for one of them.
    pub fn get(&self, service: Service) -> &EffectiveService {
        match service {
            Service::Order => &self.order,
            Service::Inventory => &self.inventory,
            Service::Payment => &self.payment,
            Service::Assembly => &self.assembly,
            Service::Notification => &self.notification,
            Service::Iam => &self.iam,
        }
    }
}

/// One service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveService {
    /// Whether it runs.
    pub enabled: bool,
    /// How many run, or who chooses.
    pub replicas: EffectiveReplicas,
    /// Requests and limits.
    pub resources: Resources,
}

/// How many run, or who chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EffectiveReplicas {
    /// A number.
    Fixed(i32),
    /// An autoscaler between bounds; the number is not ours to write.
    Auto(Autoscaling),
}

pub(super) fn of(spec: &RocketPlatformSpec) -> EffectiveServices {
    let written = spec.services.clone().unwrap_or_default();
    let one = |service| one(service, written.settings(service), spec.profile);
    EffectiveServices {
        order: one(Service::Order),
        inventory: one(Service::Inventory),
        payment: one(Service::Payment),
        assembly: one(Service::Assembly),
        notification: one(Service::Notification),
        iam: one(Service::Iam),
        unpaid_order_ttl: written
            .order
            .unpaid_order_ttl
            .map_or(Duration::from_mins(15), |ttl| ttl.get()),
        decline_above: written.payment.decline_above,
        payment_provider: written.payment.provider,
        assembly_time: written
            .assembly
            .assembly_time
            .map_or(Duration::from_secs(10), |time| time.get()),
        telegram: written.notification.telegram,
    }
}

fn one(service: Service, settings: &ServiceSettings, profile: Profile) -> EffectiveService {
    let replicas = match &settings.autoscaling {
        Some(autoscaling) => EffectiveReplicas::Auto(autoscaling.clone()),
        None => EffectiveReplicas::Fixed(settings.replicas.unwrap_or(default_replicas(profile))),
    };
    EffectiveService {
        enabled: settings.enabled,
        replicas,
        resources: settings
            .resources
            .clone()
            .unwrap_or_else(|| default_resources(service, profile)),
    }
}

/// Memory has a limit, so one service cannot starve a node; CPU has none, so none is throttled.
fn default_resources(service: Service, profile: Profile) -> Resources {
    let (cpu, requested, limit) = match (profile, service) {
        // Each password hash under way takes 19 MiB.
        (Profile::Dev, Service::Iam) => ("25m", "64Mi", "256Mi"),
        (Profile::Production, Service::Iam) => ("200m", "256Mi", "512Mi"),
        (Profile::Dev, _) => ("25m", "32Mi", "128Mi"),
        (Profile::Production, _) => ("100m", "64Mi", "256Mi"),
    };
    Resources {
        requests: Some(ResourceList {
            cpu: Some(cpu.into()),
            memory: Some(requested.into()),
        }),
        limits: Some(ResourceList {
            cpu: None,
            memory: Some(limit.into()),
        }),
    }
}
