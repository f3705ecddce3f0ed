//! The stock and the bank behind gRPC, as the service meets them.

use std::{sync::Arc, time::Duration};

use rocket_order::{
    domain::{PartQuantity, PaymentMethod},
    ports::{Charge, ChargeOutcome, Inventory, InventoryError, Payments},
};
use rocket_proto::{
    inventory::v1::{
        CommitReservationRequest, CommitReservationResponse, GetPartRequest, GetPartResponse,
        ListPartsRequest, ListPartsResponse, Part, ReleaseReservationRequest,
        ReleaseReservationResponse, ReservePartsRequest, ReservePartsResponse,
        inventory_service_server::{InventoryService, InventoryServiceServer},
    },
    payment::v1::{
        Charged, Declined, PayOrderRequest, PayOrderResponse,
        pay_order_response::Outcome,
        payment_service_server::{PaymentService, PaymentServiceServer},
    },
};
use rocket_rpc::{
    Channel,
    client::{ClientConfig, in_process},
    error::ApiError,
    session::SessionToken,
};
use rocket_runtime::money::Money;
use tonic::{Request, Response, Status, service::Routes};

use super::{bank::Bank, stock::Stock};

struct StockService(Arc<Stock>);
struct BankService(Arc<Bank>);

/// A channel to the stock.
pub fn inventory(stock: Arc<Stock>) -> Channel {
    let routes = Routes::new(InventoryServiceServer::new(StockService(stock)));
    in_process(routes.into_axum_router(), &ClientConfig::default())
}

/// A channel to the bank.
pub fn payment(bank: Arc<Bank>) -> Channel {
    let routes = Routes::new(PaymentServiceServer::new(BankService(bank)));
    in_process(routes.into_axum_router(), &ClientConfig::default())
}

fn status(error: InventoryError) -> Status {
    let error = match error {
        InventoryError::OutOfStock => ApiError::conflict("out_of_stock", "none left"),
        InventoryError::UnknownPart => ApiError::not_found("part_not_found", "no such part"),
        InventoryError::Released => ApiError::conflict("reservation_released", "released"),
        InventoryError::Impossible(cause) => {
            ApiError::conflict("reservation_expired", "expired").caused_by(cause)
        }
        InventoryError::Unauthenticated => ApiError::unauthenticated(),
        InventoryError::Unavailable(cause) => {
            ApiError::unavailable("inventory_unavailable", "away").caused_by(cause)
        }
    };
    error.into()
}

#[tonic::async_trait]
impl InventoryService for StockService {
    async fn get_part(
        &self,
        _: Request<GetPartRequest>,
    ) -> Result<Response<GetPartResponse>, Status> {
        Err(Status::unimplemented("not asked by Order"))
    }

    async fn list_parts(
        &self,
        request: Request<ListPartsRequest>,
    ) -> Result<Response<ListPartsResponse>, Status> {
        let session = SessionToken::from_headers(request.metadata().as_ref())?
            .ok_or_else(ApiError::unauthenticated)?;
        let request = request.into_inner();
        assert_eq!((request.page_size, request.page_token.as_str()), (100, ""));
        let uuids = request.filter.unwrap().uuids;
        let parts: Vec<_> = uuids.iter().map(|uuid| uuid.parse().unwrap()).collect();
        let offers = self.0.prices(&parts, &session).await.map_err(status)?;
        let parts = offers.into_iter().map(|offer| Part {
            uuid: offer.part_uuid.to_string(),
            price: offer.price.minor(),
            currency: offer.currency.to_string(),
            ..Part::default()
        });
        Ok(Response::new(ListPartsResponse {
            parts: parts.collect(),
            next_page_token: String::new(),
        }))
    }

    async fn reserve_parts(
        &self,
        request: Request<ReservePartsRequest>,
    ) -> Result<Response<ReservePartsResponse>, Status> {
        let request = request.into_inner();
        let parts: Vec<PartQuantity> = request
            .parts
            .iter()
            .map(|line| PartQuantity {
                part_uuid: line.part_uuid.parse().unwrap(),
                quantity: u32::try_from(line.quantity).unwrap(),
            })
            .collect();
        let ttl = request.ttl.map(|ttl| Duration::try_from(ttl).unwrap());
        let order = request.order_uuid.parse().unwrap();
        self.0.reserve(order, &parts, ttl).await.map_err(status)?;
        Ok(Response::new(ReservePartsResponse {}))
    }

    async fn commit_reservation(
        &self,
        request: Request<CommitReservationRequest>,
    ) -> Result<Response<CommitReservationResponse>, Status> {
        let order = request.into_inner().order_uuid.parse().unwrap();
        self.0.commit(order).await.map_err(status)?;
        Ok(Response::new(CommitReservationResponse {}))
    }

    async fn release_reservation(
        &self,
        request: Request<ReleaseReservationRequest>,
    ) -> Result<Response<ReleaseReservationResponse>, Status> {
        let order = request.into_inner().order_uuid.parse().unwrap();
        self.0.release(order).await.map_err(status)?;
        Ok(Response::new(ReleaseReservationResponse {}))
    }
}

#[tonic::async_trait]
impl PaymentService for BankService {
    async fn pay_order(
        &self,
        request: Request<PayOrderRequest>,
    ) -> Result<Response<PayOrderResponse>, Status> {
        let request = request.into_inner();
        let method = PaymentMethod::ALL[usize::try_from(request.payment_method - 1).unwrap()];
        let charge = Charge {
            order_uuid: request.order_uuid.parse().unwrap(),
            attempt: request.attempt,
            user_uuid: request.user_uuid.parse().unwrap(),
            method,
            amount: Money::from_minor(request.amount).unwrap(),
            currency: request.currency.parse().unwrap(),
        };
        let outcome = match self.0.charge(&charge).await {
            Ok(ChargeOutcome::Charged { transaction_uuid }) => Outcome::Charged(Charged {
                transaction_uuid: transaction_uuid.to_string(),
            }),
            Ok(ChargeOutcome::Declined { reason }) => Outcome::Declined(Declined { reason }),
            Err(error) => {
                return Err(ApiError::unavailable("bank_unavailable", "away")
                    .caused_by(error)
                    .into());
            }
        };
        Ok(Response::new(PayOrderResponse {
            outcome: Some(outcome),
        }))
    }
}
