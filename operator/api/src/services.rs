//! The six services.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Autoscaling, Duration, Resources, SecretKeyRef, Service, rules};

/// The six services; each runs unless it is disabled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Services {
    /// Takes orders and drives them to their end.
    #[serde(skip_serializing_if = "is_default")]
    pub order: OrderService,
    /// Holds the catalogue and the stock.
    #[serde(skip_serializing_if = "is_default")]
    pub inventory: InventoryService,
    /// Charges for orders.
    #[serde(skip_serializing_if = "is_default")]
    pub payment: PaymentService,
    /// Builds what was paid.
    #[serde(skip_serializing_if = "is_default")]
    pub assembly: AssemblyService,
    /// Tells users what happened.
    #[serde(skip_serializing_if = "is_default")]
    pub notification: NotificationService,
    /// Knows users and sessions. A session lives 24 hours, which is not a setting.
    #[serde(skip_serializing_if = "is_default")]
    pub iam: IamService,
}

impl Services {
    /// What all services have in common, for one of them.
    pub fn settings(&self, service: Service) -> &ServiceSettings {
        match service {
            Service::Order => &self.order.settings,
            Service::Inventory => &self.inventory.settings,
            Service::Payment => &self.payment.settings,
            Service::Assembly => &self.assembly.settings,
            Service::Notification => &self.notification.settings,
            Service::Iam => &self.iam.settings,
        }
    }
}

/// What all services have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "!(has(self.replicas) && has(self.autoscaling))",
    "expected replicas or autoscaling, not both: an autoscaler owns the number of replicas"
))]
pub struct ServiceSettings {
    /// Whether the service runs.
    #[serde(default = "enabled")]
    pub enabled: bool,
    /// How many run; the profile's number when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 50))]
    pub replicas: Option<i32>,
    /// Lets an autoscaler choose how many run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autoscaling: Option<Autoscaling>,
    /// Requests and limits; the profile's when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
}

impl Default for ServiceSettings {
    fn default() -> Self {
        Self {
            enabled: enabled(),
            replicas: None,
            autoscaling: None,
            resources: None,
        }
    }
}

/// Settings of the order service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderService {
    /// What all services have in common.
    #[serde(flatten)]
    pub settings: ServiceSettings,
    /// How long an order may stay unpaid before it is cancelled; 15m when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::within("1s", "168h"))]
    pub unpaid_order_ttl: Option<Duration>,
}

/// Settings of the inventory service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InventoryService {
    /// What all services have in common.
    #[serde(flatten)]
    pub settings: ServiceSettings,
}

/// Settings of the payment service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "!(has(self.declineAbove) && has(self.provider))",
    "expected declineAbove or provider, not both: declineAbove belongs to the built-in simulated provider"
))]
pub struct PaymentService {
    /// What all services have in common.
    #[serde(flatten)]
    pub settings: ServiceSettings,
    /// Amount in minor units above which the simulated provider declines; unset, it declines nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub decline_above: Option<i64>,
    /// A payment provider over HTTP; the built-in simulated one when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<PaymentProvider>,
}

/// A payment provider over HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentProvider {
    /// Base address of the provider.
    #[schemars(length(min = 1, max = 2048))]
    #[x_kube(validation = rules::http_url())]
    pub url: String,
    /// The bearer credential it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_secret_ref: Option<SecretKeyRef>,
}

/// Settings of the assembly service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssemblyService {
    /// What all services have in common.
    #[serde(flatten)]
    pub settings: ServiceSettings,
    /// How long a ship takes to build; 10s when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::within("1ms", "24h"))]
    pub assembly_time: Option<Duration>,
}

/// Settings of the notification service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationService {
    /// What all services have in common.
    #[serde(flatten)]
    pub settings: ServiceSettings,
    /// The bot that tells users. Without it messages go to the log and the console page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub telegram: Option<Telegram>,
}

/// A Telegram bot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Telegram {
    /// The bot's token.
    pub bot_token_secret_ref: SecretKeyRef,
    /// The chat that receives alerts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 40))]
    #[x_kube(validation = (
        "self.matches('^(-?[0-9]{1,19}|@[A-Za-z][A-Za-z0-9_]{3,31})$')",
        "expected a Telegram chat: a number in quotes such as \"-1001234567890\", or @channel"
    ))]
    pub admin_chat_id: Option<String>,
    /// Another Bot API server; Telegram's own when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2048))]
    #[x_kube(validation = rules::http_url())]
    pub api_base_url: Option<String>,
}

/// Settings of the identity service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IamService {
    /// What all services have in common.
    #[serde(flatten)]
    pub settings: ServiceSettings,
}

fn enabled() -> bool {
    true
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
