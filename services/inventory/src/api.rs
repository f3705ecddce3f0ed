//! Transports: what comes in becomes a call of a use case, and back.

mod convert;
mod dto;
mod errors;
mod grpc;
mod http;
mod query;

use axum::Router;
use rocket_proto::inventory::v1::inventory_service_server::InventoryServiceServer;
use rocket_rpc::server::Guard;
use rocket_runtime::money::Currency;
use tonic::service::Routes;

use crate::service::{CommitReservation, GetPart, ListParts, ReleaseReservation, ReserveParts};

pub use self::http::openapi;

/// What the transports call.
#[derive(Clone)]
pub(crate) struct UseCases {
    pub(crate) get: GetPart,
    pub(crate) list: ListParts,
    pub(crate) reserve: ReserveParts,
    pub(crate) commit: CommitReservation,
    pub(crate) release: ReleaseReservation,
}

/// Who may call what.
pub(crate) fn declare(guard: Guard) -> Guard {
    guard
        .session("/inventory.v1.InventoryService/GetPart")
        .session("/inventory.v1.InventoryService/ListParts")
        .internal("/inventory.v1.InventoryService/ReserveParts")
        .internal("/inventory.v1.InventoryService/CommitReservation")
        .internal("/inventory.v1.InventoryService/ReleaseReservation")
        .session("/api/v1/parts")
        .session("/api/v1/parts/{uuid}")
        .grpc_health_and_reflection()
}

/// gRPC and HTTP on one router, not yet guarded.
pub(crate) async fn router(use_cases: UseCases, currency: Currency) -> Router {
    let service = grpc::InventoryGrpc::new(use_cases.clone(), currency);
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter
        .set_serving::<InventoryServiceServer<grpc::InventoryGrpc>>()
        .await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(rocket_proto::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .expect("both descriptor sets were written by the compiler that reads them");
    Routes::new(InventoryServiceServer::new(service))
        .add_service(health)
        .add_service(reflection)
        .prepare()
        .into_axum_router()
        .merge(http::router(use_cases, currency))
}
