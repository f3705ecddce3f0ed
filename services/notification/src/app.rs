//! The composition root.

use std::{sync::Arc, time::Duration};

use axum::Router;
use rocket_db::DbError;
use rocket_events::{ConsumerConfig, EventLog, consumer, topics};
use rocket_rpc::{
    Channel,
    credential::Credentials,
    server::{self, Guard},
    session::SharedSessions,
};
use rocket_runtime::{SharedClock, backoff::Backoff, shutdown::CancellationToken, tasks::Tasks};
use rocket_telemetry::chain;
use tokio::time::MissedTickBehavior;
use tokio_util::task::TaskTracker;
use tonic::service::Routes;
use tracing::{info, warn};

use crate::{
    adapters::{IamContacts, SqliteStore, TelegramBot, TelegramError},
    api::{events::EventHandler, http},
    config::{Config, TelegramConfig},
    ports::DeliveryMarks,
    service::{NotifyUser, Pacer, Sweep, Telegram},
};

const GROUP: &str = "notification";
const TOPICS: &[&str] = &[topics::ORDER_PAID, topics::SHIP_ASSEMBLED];
/// What a claim lasts beyond waiting and sending: a slow store, a busy machine.
const LEASE_MARGIN: Duration = Duration::from_secs(5);

/// What Notification is given.
pub struct Deps {
    /// Time.
    pub clock: SharedClock,
    /// Sessions, as IAM knows them.
    pub sessions: SharedSessions,
    /// The event log.
    pub log: Arc<dyn EventLog>,
    /// The way to IAM, with this service's credential for `GetUser`.
    pub iam: Channel,
}

/// Why Notification could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The store cannot be opened.
    #[error("notification store")]
    Store(#[from] DbError),
    /// The bot cannot be used.
    #[error("telegram")]
    Telegram(#[from] TelegramError),
    /// Reflection could not read the descriptors of the health service.
    #[error("gRPC reflection cannot start")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// The service.
pub struct App {
    router: Router,
    log: Arc<dyn EventLog>,
    handler: EventHandler,
    sweep: Sweep,
    under_way: TaskTracker,
    config: Config,
}

impl App {
    /// Opens the store and puts the parts together; nothing runs yet.
    pub fn build(config: Config, deps: Deps) -> Result<Self, BuildError> {
        let store = Arc::new(SqliteStore::open(&config.database)?);
        let marks: Arc<dyn DeliveryMarks> = store.clone();
        let under_way = TaskTracker::new();
        let telegram = config
            .telegram
            .as_ref()
            .map(|telegram| bot(telegram, config.max_in_flight, under_way.clone()))
            .transpose()?;
        let use_case = NotifyUser {
            contacts: Arc::new(IamContacts::new(deps.iam)),
            marks: Arc::clone(&marks),
            telegram,
            clock: Arc::clone(&deps.clock),
        };
        let guard = Guard::new(Some(deps.sessions), Credentials::new())
            .session(http::NOTIFICATIONS)
            .grpc_health_and_reflection();
        let router = http::router(store).merge(grpc()?.into_axum_router());
        Ok(Self {
            router: server::stack(router, guard, config.server),
            log: deps.log,
            handler: EventHandler::new(use_case),
            sweep: Sweep {
                marks,
                clock: deps.clock,
                retention: config.retention,
            },
            under_way,
            config,
        })
    }

    /// Answers HTTP and gRPC health, behind the server stack.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Tells users until `shutdown`, then lets messages that are on their way arrive.
    pub async fn run(self, shutdown: CancellationToken) {
        let config = ConsumerConfig {
            max_in_flight: self.config.max_in_flight,
            grace: self.config.grace,
            ..ConsumerConfig::new(GROUP, TOPICS)
        };
        let mut tasks = Tasks::new(shutdown.clone());
        tasks.spawn(
            "notification consumer",
            consumer::run(self.log, Arc::new(self.handler), config, shutdown.clone()),
        );
        tasks.spawn(
            "notification sweep",
            sweep(self.sweep, self.config.sweep_period, shutdown),
        );
        tasks.drain(self.config.grace * 2).await;
        self.under_way.close();
        // What is cut off here is one of the crashes that the marks are for.
        let _ = tokio::time::timeout(self.config.grace, self.under_way.wait()).await;
    }
}

fn bot(
    config: &TelegramConfig,
    in_flight: usize,
    under_way: TaskTracker,
) -> Result<Telegram, TelegramError> {
    let pacer = Pacer::per_second(config.messages_per_second);
    Ok(Telegram {
        messenger: Arc::new(TelegramBot::new(config)?),
        lease: pacer.longest_wait(in_flight) + config.deadline + LEASE_MARGIN,
        pacer: Arc::new(pacer),
        mark_backoff: Backoff::default(),
        under_way,
    })
}

fn grpc() -> Result<Routes, tonic_reflection::server::Error> {
    let (_, health) = tonic_health::server::health_reporter();
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    Ok(Routes::new(health).add_service(reflection))
}

async fn sweep(sweep: Sweep, period: Duration, shutdown: CancellationToken) {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = ticks.tick() => {}
        }
        match sweep.run().await {
            Ok(0) => {}
            Ok(rows) => info!(rows, "old marks and messages forgotten"),
            Err(error) => warn!(error = chain(&error), "old marks and messages stay"),
        }
    }
}
