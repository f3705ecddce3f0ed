use std::sync::Arc;

use axum::{Json, extract::State};
use rocket_rpc::{
    error::ApiError,
    http::{Problem, StrictQuery},
    session::Caller,
};
use uuid::Uuid;

use crate::{
    api::{
        Api, convert,
        dto::{ListOrdersParams, OrderListResponse},
    },
    domain::{Cursor, OrderStatus, PageSize},
    ports::ListQuery,
};

/// Lists the caller's orders, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/orders",
    tag = "orders",
    security(("session" = [])),
    params(ListOrdersParams),
    responses(
        (status = 200, description = "One page", body = OrderListResponse),
        (status = 400, description = "invalid_argument, unknown_parameter, invalid_page_token", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "unauthenticated", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "store_unavailable", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_orders(
    State(api): State<Arc<Api>>,
    caller: Caller,
    StrictQuery(params): StrictQuery<ListOrdersParams>,
) -> Result<Json<OrderListResponse>, ApiError> {
    let query = query(&params, caller.user_uuid)?;
    let page = api.list.run(query).await.map_err(convert::store)?;
    Ok(Json(OrderListResponse {
        orders: page.orders.into_iter().map(Into::into).collect(),
        next_page_token: page.next.map(|cursor| cursor.to_string()),
    }))
}

fn query(params: &ListOrdersParams, user_uuid: Uuid) -> Result<ListQuery, ApiError> {
    let status = params
        .status
        .as_deref()
        .map(str::parse::<OrderStatus>)
        .transpose()
        .map_err(|_| {
            ApiError::invalid_field("status", "PENDING_PAYMENT, PAID, ASSEMBLED or CANCELLED")
        })?;
    let size = params.page_size.as_deref().map(page_size).transpose()?;
    let after = params
        .page_token
        .as_deref()
        .map(str::parse::<Cursor>)
        .transpose()
        .ok()
        .filter(|cursor| cursor.is_none_or(|cursor| cursor.status == status))
        .ok_or_else(|| {
            let expected = "next_page_token of an earlier answer with the same status";
            ApiError::invalid(
                "invalid_page_token",
                format!("page_token: expected {expected}"),
            )
            .field("page_token", expected)
        })?;
    Ok(ListQuery {
        user_uuid,
        status,
        after,
        size: size.unwrap_or_default(),
    })
}

fn page_size(text: &str) -> Result<PageSize, ApiError> {
    // `parse` alone would also read "+5".
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let size = text.parse().ok().filter(|_| digits);
    size.and_then(|size| PageSize::new(size).ok())
        .ok_or_else(|| ApiError::invalid_field("page_size", "a whole number from 1 to 100"))
}
