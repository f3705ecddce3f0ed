use std::sync::Arc;

use axum::{Json, extract::State};
use rocket_rpc::{
    error::ApiError,
    http::{PathUuid, Problem},
    session::Caller,
};

use crate::api::{Api, convert, dto::OrderDto};

/// Shows one of the caller's orders.
#[utoipa::path(
    get,
    path = "/api/v1/orders/{order_uuid}",
    tag = "orders",
    security(("session" = [])),
    params(("order_uuid" = Uuid, Path, description = "The order")),
    responses(
        (status = 200, description = "The order", body = OrderDto),
        (status = 400, description = "invalid_uuid", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "unauthenticated", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "order_not_found", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "store_unavailable", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_order(
    State(api): State<Arc<Api>>,
    caller: Caller,
    PathUuid(order_uuid): PathUuid,
) -> Result<Json<OrderDto>, ApiError> {
    match api.get.run(order_uuid, caller.user_uuid).await {
        Ok(order) => Ok(Json(order.into())),
        Err(error) => Err(convert::get_failure(error)),
    }
}
