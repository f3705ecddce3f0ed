//! `inventory.v1.InventoryService`.

use rocket_proto::inventory::v1::{
    CommitReservationRequest, CommitReservationResponse, GetPartRequest, GetPartResponse,
    ListPartsRequest, ListPartsResponse, ReleaseReservationRequest, ReleaseReservationResponse,
    ReservePartsRequest, ReservePartsResponse, inventory_service_server::InventoryService,
};
use rocket_rpc::{error::ApiError, http::parse_uuid};
use rocket_runtime::money::Currency;
use tonic::{Request, Response, Status};

use super::{UseCases, convert, errors};

/// The gRPC side of the use cases.
pub(super) struct InventoryGrpc {
    use_cases: UseCases,
    currency: Currency,
}

impl InventoryGrpc {
    pub(super) fn new(use_cases: UseCases, currency: Currency) -> Self {
        Self {
            use_cases,
            currency,
        }
    }

    async fn list(&self, request: ListPartsRequest) -> Result<ListPartsResponse, ApiError> {
        let filter = convert::filter(request.filter)?;
        let size = convert::page_size(request.page_size)?;
        let token = Some(request.page_token.as_str()).filter(|token| !token.is_empty());
        let page = self
            .use_cases
            .list
            .run(&filter, size, token)
            .await
            .map_err(errors::list_parts)?;
        let parts = page.parts.into_iter();
        Ok(ListPartsResponse {
            parts: parts
                .map(|part| convert::part(part, self.currency))
                .collect(),
            next_page_token: page.next_page_token.unwrap_or_default(),
        })
    }

    async fn reserve(&self, request: ReservePartsRequest) -> Result<(), ApiError> {
        let order_uuid = parse_uuid("order_uuid", &request.order_uuid)?;
        let (asked, items) = convert::items(&request.parts)?;
        let ttl = convert::ttl(request.ttl)?;
        self.use_cases
            .reserve
            .run(order_uuid, &items, ttl)
            .await
            .map_err(|error| errors::reserve(error, &asked))
    }
}

#[tonic::async_trait]
impl InventoryService for InventoryGrpc {
    async fn get_part(
        &self,
        request: Request<GetPartRequest>,
    ) -> Result<Response<GetPartResponse>, Status> {
        let uuid = parse_uuid("uuid", &request.into_inner().uuid)?;
        let part = self.use_cases.get.run(uuid).await;
        let part = part.map_err(errors::get_part)?;
        Ok(Response::new(GetPartResponse {
            part: Some(convert::part(part, self.currency)),
        }))
    }

    async fn list_parts(
        &self,
        request: Request<ListPartsRequest>,
    ) -> Result<Response<ListPartsResponse>, Status> {
        Ok(Response::new(self.list(request.into_inner()).await?))
    }

    async fn reserve_parts(
        &self,
        request: Request<ReservePartsRequest>,
    ) -> Result<Response<ReservePartsResponse>, Status> {
        self.reserve(request.into_inner()).await?;
        Ok(Response::new(ReservePartsResponse {}))
    }

    async fn commit_reservation(
        &self,
        request: Request<CommitReservationRequest>,
    ) -> Result<Response<CommitReservationResponse>, Status> {
        let order_uuid = parse_uuid("order_uuid", &request.into_inner().order_uuid)?;
        let committed = self.use_cases.commit.run(order_uuid).await;
        committed.map_err(errors::commit)?;
        Ok(Response::new(CommitReservationResponse {}))
    }

    async fn release_reservation(
        &self,
        request: Request<ReleaseReservationRequest>,
    ) -> Result<Response<ReleaseReservationResponse>, Status> {
        let order_uuid = parse_uuid("order_uuid", &request.into_inner().order_uuid)?;
        let released = self.use_cases.release.run(order_uuid).await;
        released.map_err(errors::release)?;
        Ok(Response::new(ReleaseReservationResponse {}))
    }
}
