//! The composition root.

use std::sync::Arc;

use axum::Router;
use rocket_proto::{FILE_DESCRIPTOR_SET, payment::v1::payment_service_server};
use rocket_rpc::{
    credential::Credentials,
    server::{self, Guard},
};
use rocket_runtime::shutdown::CancellationToken;
use tonic::service::Routes;
use tonic_health::ServingStatus;

use crate::{
    adapters::{HttpProvider, HttpProviderError, SimulatedProvider},
    api::grpc::PaymentGrpc,
    config::{Config, ProviderConfig},
    ports::PaymentProvider,
    service::PayOrder,
};

const PAY_ORDER: &str = "/payment.v1.PaymentService/PayOrder";

/// What Payment is given.
#[derive(Debug, Clone, Default)]
pub struct Deps {
    /// Who may call it: Order's grant for `PayOrder`.
    pub credentials: Credentials,
}

/// Why Payment could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The provider over HTTP could not be made.
    #[error("the payment provider cannot be used")]
    Provider(#[from] HttpProviderError),
    /// Reflection could not read the descriptors of our own contracts.
    #[error("gRPC reflection cannot start")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// The service.
#[derive(Debug)]
pub struct App {
    router: Router,
}

impl App {
    /// Puts it together; connects to nothing yet.
    pub async fn build(config: Config, deps: Deps) -> Result<Self, BuildError> {
        let provider: Arc<dyn PaymentProvider> = match config.provider {
            ProviderConfig::Simulated { decline_above } => {
                Arc::new(SimulatedProvider::new(decline_above))
            }
            ProviderConfig::Http(http) => Arc::new(HttpProvider::new(http)?),
        };
        let pay_order = PayOrder {
            provider,
            currency: config.currency,
        };
        let routes = grpc(pay_order).await?;
        let guard = Guard::new(None, deps.credentials)
            .internal(PAY_ORDER)
            .grpc_health_and_reflection();
        Ok(Self {
            router: server::stack(routes.into_axum_router(), guard, config.server),
        })
    }

    /// Answers gRPC, behind the server stack.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Payment has no background loops; this only waits for the end.
    pub async fn run(self, shutdown: CancellationToken) {
        shutdown.cancelled().await;
    }
}

async fn grpc(pay_order: PayOrder) -> Result<Routes, tonic_reflection::server::Error> {
    let payment = payment_service_server::PaymentServiceServer::new(PaymentGrpc { pay_order });
    let (health, health_service) = tonic_health::server::health_reporter();
    for name in ["", payment_service_server::SERVICE_NAME] {
        health
            .set_service_status(name, ServingStatus::Serving)
            .await;
    }
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .with_service_name(payment_service_server::SERVICE_NAME)
        .with_service_name("grpc.health.v1.Health")
        .build_v1()?;
    Ok(Routes::new(payment)
        .add_service(health_service)
        .add_service(reflection))
}
