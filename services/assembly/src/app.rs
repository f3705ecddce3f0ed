//! The composition root.

use std::sync::Arc;

use axum::Router;
use rocket_events::{ConsumerConfig, EventLog, consumer, topics};
use rocket_rpc::{
    credential::Credentials,
    server::{self, Guard, ServerConfig},
};
use rocket_runtime::{SharedClock, shutdown::CancellationToken, tasks::Tasks};
use tonic::service::Routes;
use tonic_health::{ServingStatus, server::HealthReporter};

use crate::{
    adapters::{Appender, LogAnnouncements},
    api::order_paid::OrderPaidHandler,
    config::Config,
    service::AssembleShip,
};

const GROUP: &str = "assembly";
const TOPICS: &[&str] = &[topics::ORDER_PAID];

/// What Assembly is given.
pub struct Deps {
    /// Wall-clock time, for what events say. Waiting is on the monotonic clock.
    pub clock: SharedClock,
    /// Where paid orders come from and ships are announced.
    pub log: Arc<dyn EventLog>,
}

/// Why Assembly could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Reflection could not read the descriptors of the health service.
    #[error("gRPC reflection cannot start")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// The service.
pub struct App {
    config: Config,
    log: Arc<dyn EventLog>,
    handler: OrderPaidHandler,
    appender: Appender,
    health: HealthReporter,
    router: Router,
}

impl App {
    /// Puts it together; nothing is read before [`App::run`].
    pub fn build(config: Config, deps: Deps) -> Result<Self, BuildError> {
        let (announcements, appender) = LogAnnouncements::new(Arc::clone(&deps.log));
        let use_case = AssembleShip::new(
            Arc::new(announcements),
            deps.clock,
            config.assembly_time,
            config.announce_backoff,
        );
        let (health, health_service) = tonic_health::server::health_reporter();
        let reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .build_v1()?;
        let routes = Routes::new(health_service).add_service(reflection);
        let guard = Guard::new(None, Credentials::new()).grpc_health_and_reflection();
        Ok(Self {
            config,
            log: deps.log,
            handler: OrderPaidHandler::new(use_case),
            appender,
            health,
            router: server::stack(routes.into_axum_router(), guard, ServerConfig::default()),
        })
    }

    /// Answers gRPC health and reflection: Assembly has no other API.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Builds ships until `shutdown`, then lets those end that are ready within the
    /// grace time.
    pub async fn run(self, shutdown: CancellationToken) {
        let config = ConsumerConfig {
            max_in_flight: self.config.max_in_flight,
            grace: self.config.grace,
            ..ConsumerConfig::new(GROUP, TOPICS)
        };
        let mut tasks = Tasks::new(shutdown.clone());
        // The appender ends when the last handler has, so it outlives the consumer.
        tasks.spawn("assembly appender", self.appender.run());
        tasks.spawn(
            "assembly consumer",
            consumer::run(self.log, Arc::new(self.handler), config, shutdown.clone()),
        );
        shutdown.cancelled().await;
        self.health
            .set_service_status("", ServingStatus::NotServing)
            .await;
        tasks.drain(self.config.grace * 2).await;
    }
}
