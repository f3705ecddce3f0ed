//! Inventory over gRPC.

use std::time::Duration;

use async_trait::async_trait;
use rocket_proto::inventory::v1::{
    CommitReservationRequest, ListPartsRequest, Part, PartQuantity as PartQuantityMessage,
    PartsFilter, ReleaseReservationRequest, ReservePartsRequest,
    inventory_service_client::InventoryServiceClient,
};
use rocket_rpc::{
    Channel,
    error::reason,
    session::{SessionToken, with_session},
};
use rocket_runtime::money::Money;
use tonic::{Code, Request, Status};
use uuid::Uuid;

use crate::{
    domain::{MAX_PARTS, PartPrice, PartQuantity},
    ports::{Cause, Inventory, InventoryError},
};

/// Inventory, reached over a channel that carries this service's credential.
#[derive(Clone)]
pub struct GrpcInventory {
    client: InventoryServiceClient<Channel>,
}

impl GrpcInventory {
    /// Calls over `channel`.
    pub fn new(channel: Channel) -> Self {
        Self {
            client: InventoryServiceClient::new(channel),
        }
    }
}

#[async_trait]
impl Inventory for GrpcInventory {
    async fn prices(
        &self,
        parts: &[Uuid],
        session: &SessionToken,
    ) -> Result<Vec<PartPrice>, InventoryError> {
        let request = ListPartsRequest {
            filter: Some(PartsFilter {
                uuids: parts.iter().map(Uuid::to_string).collect(),
                ..PartsFilter::default()
            }),
            // One page holds every part that an order can name.
            page_size: i32::try_from(MAX_PARTS).unwrap_or(i32::MAX),
            page_token: String::new(),
        };
        let request = with_session(Request::new(request), session);
        match self.client.clone().list_parts(request).await {
            Ok(answer) => answer.into_inner().parts.iter().map(part_price).collect(),
            Err(status) if status.code() == Code::Unauthenticated => {
                Err(InventoryError::Unauthenticated)
            }
            Err(status) => Err(unavailable(status)),
        }
    }

    async fn reserve(
        &self,
        order: Uuid,
        parts: &[PartQuantity],
        ttl: Option<Duration>,
    ) -> Result<(), InventoryError> {
        let request = ReservePartsRequest {
            order_uuid: order.to_string(),
            parts: parts.iter().map(quantity).collect(),
            ttl: ttl.map(duration).transpose()?,
        };
        match self.client.clone().reserve_parts(request).await {
            Ok(_) => Ok(()),
            Err(status) => Err(not_reserved(status)),
        }
    }

    async fn commit(&self, order: Uuid) -> Result<(), InventoryError> {
        let request = CommitReservationRequest {
            order_uuid: order.to_string(),
        };
        match self.client.clone().commit_reservation(request).await {
            Ok(_) => Ok(()),
            Err(status) => Err(not_ended(status)),
        }
    }

    async fn release(&self, order: Uuid) -> Result<(), InventoryError> {
        let request = ReleaseReservationRequest {
            order_uuid: order.to_string(),
        };
        match self.client.clone().release_reservation(request).await {
            Ok(_) => Ok(()),
            Err(status) => Err(not_ended(status)),
        }
    }
}

fn part_price(part: &Part) -> Result<PartPrice, InventoryError> {
    Ok(PartPrice {
        part_uuid: part.uuid.parse().map_err(unavailable)?,
        price: Money::from_minor(part.price).map_err(unavailable)?,
        currency: part.currency.parse().map_err(unavailable)?,
    })
}

fn quantity(line: &PartQuantity) -> PartQuantityMessage {
    PartQuantityMessage {
        part_uuid: line.part_uuid.to_string(),
        quantity: i64::from(line.quantity),
    }
}

fn duration(ttl: Duration) -> Result<prost_types::Duration, InventoryError> {
    ttl.try_into().map_err(unavailable)
}

fn unavailable(cause: impl Into<Cause>) -> InventoryError {
    InventoryError::Unavailable(cause.into())
}

fn not_reserved(status: Status) -> InventoryError {
    match (status.code(), reason(&status).as_deref()) {
        (_, Some("out_of_stock")) => InventoryError::OutOfStock,
        (_, Some("reservation_released")) => InventoryError::Released,
        (_, Some("part_not_found")) => InventoryError::UnknownPart,
        (Code::FailedPrecondition | Code::NotFound | Code::InvalidArgument, _) => {
            InventoryError::Impossible(Box::new(status))
        }
        _ => unavailable(status),
    }
}

fn not_ended(status: Status) -> InventoryError {
    match (status.code(), reason(&status).as_deref()) {
        (_, Some("reservation_released")) => InventoryError::Released,
        (Code::FailedPrecondition | Code::NotFound | Code::InvalidArgument, _) => {
            InventoryError::Impossible(Box::new(status))
        }
        _ => unavailable(status),
    }
}
