//! Puts the six services and the front door together, all in this process.
//!
//! A service is called through its own router, exactly as a connection would reach
//! it, so credentials, deadlines and limits hold here as they do in a cluster.

use std::{error::Error, sync::Arc, time::Duration};

use axum::Router;
use rocket_events::{EventLog, embedded::EmbeddedLog};
use rocket_gateway::{FrontDoor, Upstreams};
use rocket_inventory::service::ImportError;
use rocket_notification::TelegramError;
use rocket_rpc::{
    Channel,
    client::{self, ClientConfig},
    credential::{Credential, Credentials},
    session::{IamSessions, SharedSessions},
};
use rocket_runtime::{
    SharedClock, SharedIds, SystemIds, faults, shutdown::CancellationToken, tasks::Tasks,
};
use rocket_telemetry::chain;

use super::{
    data_dir::DataDir,
    settings::{Payment, Settings},
};
use crate::{exit::Failure, openapi};

/// What Order may call.
const RESERVATIONS: [&str; 3] = [
    "/inventory.v1.InventoryService/ReserveParts",
    "/inventory.v1.InventoryService/CommitReservation",
    "/inventory.v1.InventoryService/ReleaseReservation",
];
const PAY_ORDER: [&str; 1] = ["/payment.v1.PaymentService/PayOrder"];
/// What Notification may call.
const GET_USER: [&str; 1] = ["/user.v1.UserService/GetUser"];
/// What the front door may call.
const CHECK: [&str; 1] = ["/envoy.service.auth.v3.Authorization/Check"];

/// A lost payment is taken over after this. In one process there is no other
/// replica that may still be at it, so it need only be longer than the calls'
/// deadlines.
const PAYMENT_LEASE: Duration = Duration::from_secs(5);
/// How long records that every service has taken in are kept.
const RETENTION: Duration = Duration::from_hours(7 * 24);
const FORGET_EVERY: Duration = Duration::from_hours(1);
/// How long everything may take to end after a signal.
const DRAIN: Duration = Duration::from_secs(15);

/// Everything, built and not yet running.
pub(super) struct Platform {
    router: Router,
    log: EmbeddedLog,
    iam: rocket_iam::App,
    inventory: rocket_inventory::App,
    payment: rocket_payment::App,
    order: rocket_order::App,
    assembly: rocket_assembly::App,
    notification: rocket_notification::App,
}

/// What several services share.
struct Shared {
    clock: SharedClock,
    ids: SharedIds,
    log: Arc<dyn EventLog>,
}

/// A caller's secrets, fresh at every start: both sides are in this process.
struct Secrets {
    gateway_to_iam: Credential,
    notification_to_iam: Credential,
    order_to_inventory: Credential,
    order_to_payment: Credential,
}

impl Secrets {
    fn generate() -> Result<Self, Failure> {
        let new = || Credential::generate().map_err(|error| cannot("credentials", &error));
        Ok(Self {
            gateway_to_iam: new()?,
            notification_to_iam: new()?,
            order_to_inventory: new()?,
            order_to_payment: new()?,
        })
    }
}

impl Platform {
    pub(super) async fn build(settings: Settings, data: &DataDir) -> Result<Self, Failure> {
        let secrets = Secrets::generate()?;
        let clock: SharedClock = faults::clock();
        let log = EmbeddedLog::open(&data.file("events.db"), Arc::clone(&clock))
            .map_err(|error| cannot("event log", &error))?;
        let shared = Shared {
            clock,
            ids: Arc::new(SystemIds),
            log: Arc::new(log.clone()),
        };

        let iam = build_iam(data, &shared, &secrets)?;
        let sessions: SharedSessions = Arc::new(IamSessions::new(
            call(iam.router(), None),
            Arc::clone(&shared.clock),
        ));
        let inventory = build_inventory(&settings, data, &shared, &sessions, &secrets).await?;
        let payment = build_payment(&settings, &secrets).await?;
        let order = rocket_order::App::build(
            order_config(&settings, data),
            rocket_order::Deps {
                clock: Arc::clone(&shared.clock),
                ids: Arc::clone(&shared.ids),
                sessions: Arc::clone(&sessions),
                log: Arc::clone(&shared.log),
                inventory: call(inventory.router(), Some(&secrets.order_to_inventory)),
                payment: call(payment.router(), Some(&secrets.order_to_payment)),
            },
        )
        .map_err(|error| cannot("order", &error))?;
        let assembly = build_assembly(&settings, &shared)?;
        let door = settings.front_door;
        let notification = build_notification(settings, data, &shared, &sessions, &iam, &secrets)?;

        let upstreams = Upstreams {
            iam: iam.router(),
            inventory: inventory.router(),
            order: order.router(),
            notification: notification.router(),
        };
        let check = call(iam.router(), Some(&secrets.gateway_to_iam));
        let router = FrontDoor::with_config(upstreams, check, openapi::json(), door).into_router();
        Ok(Self {
            router,
            log,
            iam,
            inventory,
            payment,
            order,
            assembly,
            notification,
        })
    }

    /// The one address's router: the front door.
    pub(super) fn router(&self) -> Router {
        self.router.clone()
    }

    /// Runs all background loops until `shutdown`.
    pub(super) async fn run(self, shutdown: CancellationToken) {
        let mut tasks = Tasks::new(shutdown.clone());
        tasks.spawn("iam", self.iam.run(shutdown.clone()));
        tasks.spawn("inventory", self.inventory.run(shutdown.clone()));
        tasks.spawn("payment", self.payment.run(shutdown.clone()));
        tasks.spawn("order", self.order.run(shutdown.clone()));
        tasks.spawn("assembly", self.assembly.run(shutdown.clone()));
        tasks.spawn("notification", self.notification.run(shutdown.clone()));
        tasks.spawn("event log retention", forget_old(self.log, shutdown));
        tasks.drain(DRAIN).await;
    }
}

fn build_iam(
    data: &DataDir,
    shared: &Shared,
    secrets: &Secrets,
) -> Result<rocket_iam::App, Failure> {
    let mut config = rocket_iam::Config::new(data.file("iam.db"));
    // The one address is plain HTTP on the loopback interface.
    config.cookie.secure = false;
    let credentials = Credentials::new()
        .allow("gateway", secrets.gateway_to_iam.hash(), &CHECK)
        .allow(
            "notification",
            secrets.notification_to_iam.hash(),
            &GET_USER,
        );
    let deps = rocket_iam::Deps {
        clock: Arc::clone(&shared.clock),
        ids: Arc::clone(&shared.ids),
        credentials,
    };
    rocket_iam::App::build(&config, deps).map_err(|error| cannot("iam", &error))
}

async fn build_inventory(
    settings: &Settings,
    data: &DataDir,
    shared: &Shared,
    sessions: &SharedSessions,
    secrets: &Secrets,
) -> Result<rocket_inventory::App, Failure> {
    let mut config = rocket_inventory::Config::new(data.file("inventory.db"));
    config.currency = settings.currency;
    config.catalogue.clone_from(&settings.catalogue);
    config.credentials =
        Credentials::new().allow("order", secrets.order_to_inventory.hash(), &RESERVATIONS);
    let deps = rocket_inventory::Deps {
        clock: Arc::clone(&shared.clock),
        sessions: Arc::clone(sessions),
    };
    rocket_inventory::App::build(config, deps)
        .await
        .map_err(|error| match error {
            rocket_inventory::BuildError::Catalogue(ImportError::Catalogue(found)) => {
                Failure::config(format!("--catalogue: {found}"))
            }
            error => cannot("inventory", &error),
        })
}

async fn build_payment(
    settings: &Settings,
    secrets: &Secrets,
) -> Result<rocket_payment::App, Failure> {
    let provider = match &settings.payment {
        Payment::Simulated { decline_above } => rocket_payment::ProviderConfig::Simulated {
            decline_above: *decline_above,
        },
        Payment::Provider { url, key } => {
            let mut http = rocket_payment::HttpProviderConfig::new(url.clone());
            http.api_key = key
                .as_ref()
                .map(|key| rocket_payment::ApiKey::new(key.expose()));
            rocket_payment::ProviderConfig::Http(http)
        }
    };
    let config = rocket_payment::Config {
        currency: settings.currency,
        provider,
        ..rocket_payment::Config::default()
    };
    let deps = rocket_payment::Deps {
        credentials: Credentials::new().allow("order", secrets.order_to_payment.hash(), &PAY_ORDER),
    };
    rocket_payment::App::build(config, deps)
        .await
        .map_err(|error| match error {
            rocket_payment::BuildError::Provider(error) => Failure::config(format!(
                "spec.services.payment.provider.url: {}",
                chain(&error)
            )),
            error @ rocket_payment::BuildError::Reflection(_) => cannot("payment", &error),
        })
}

fn order_config(settings: &Settings, data: &DataDir) -> rocket_order::Config {
    let mut config = rocket_order::Config::new(data.file("order.db"));
    config.currency = settings.currency;
    config.unpaid_order_ttl = settings.unpaid_order_ttl;
    config.payments.lease = PAYMENT_LEASE;
    config
}

fn build_assembly(settings: &Settings, shared: &Shared) -> Result<rocket_assembly::App, Failure> {
    let config = rocket_assembly::Config {
        assembly_time: settings.assembly_time,
        ..rocket_assembly::Config::default()
    };
    let deps = rocket_assembly::Deps {
        clock: Arc::clone(&shared.clock),
        log: Arc::clone(&shared.log),
    };
    rocket_assembly::App::build(config, deps).map_err(|error| cannot("assembly", &error))
}

fn build_notification(
    settings: Settings,
    data: &DataDir,
    shared: &Shared,
    sessions: &SharedSessions,
    iam: &rocket_iam::App,
    secrets: &Secrets,
) -> Result<rocket_notification::App, Failure> {
    let mut config = rocket_notification::Config::new(data.file("notification.db"));
    if let Some(token) = settings.telegram.token {
        let mut telegram = rocket_notification::TelegramConfig::new(token.expose());
        if let Some(url) = settings.telegram.api_base_url {
            telegram.base_url = url;
        }
        config.telegram = Some(telegram);
    }
    let deps = rocket_notification::Deps {
        clock: Arc::clone(&shared.clock),
        sessions: Arc::clone(sessions),
        log: Arc::clone(&shared.log),
        iam: call(iam.router(), Some(&secrets.notification_to_iam)),
    };
    rocket_notification::App::build(config, deps).map_err(|error| match error {
        rocket_notification::BuildError::Telegram(error @ TelegramError::Token) => {
            Failure::config(format!("TELEGRAM_BOT_TOKEN: {error}"))
        }
        rocket_notification::BuildError::Telegram(error @ TelegramError::Url) => Failure::config(
            format!("spec.services.notification.telegram.apiBaseUrl: {error}"),
        ),
        error => cannot("notification", &error),
    })
}

fn call(router: Router, credential: Option<&Credential>) -> Channel {
    let config = ClientConfig {
        credential: credential.cloned(),
        ..ClientConfig::default()
    };
    client::in_process(router, &config)
}

async fn forget_old(log: EmbeddedLog, shutdown: CancellationToken) {
    let mut every = tokio::time::interval(FORGET_EVERY);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = every.tick() => {}
        }
        match log.forget_older_than(RETENTION).await {
            Ok(0) => {}
            Ok(records) => tracing::info!(records, "old events forgotten"),
            Err(error) => {
                tracing::warn!(error = chain(&error), "old events stay");
            }
        }
    }
}

/// A store that cannot be used is the data directory's fault; its message names
/// the file.
fn cannot(part: &str, error: &(dyn Error + 'static)) -> Failure {
    Failure::data(format!("{part}: {}", chain(error)))
}
