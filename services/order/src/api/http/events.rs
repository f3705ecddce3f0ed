use std::sync::Arc;

use axum::{extract::State, response::Response};
use rocket_rpc::{
    error::ApiError,
    http::{PathUuid, Problem},
    session::Caller,
};

use crate::api::{Api, convert, dto::StatusEventDto, sse};

/// Follows one of the caller's orders: server-sent events named `status`, the
/// current status first, then every change. Ends after ASSEMBLED or CANCELLED, and
/// within five seconds of logout.
#[utoipa::path(
    get,
    path = "/api/v1/orders/{order_uuid}/events",
    tag = "orders",
    security(("session" = [])),
    params(("order_uuid" = Uuid, Path, description = "The order")),
    responses(
        (status = 200, description = "The data of each event", body = StatusEventDto, content_type = "text/event-stream"),
        (status = 400, description = "invalid_uuid", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "unauthenticated", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "order_not_found", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "too_many_streams: of this user", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "too_many_streams, store_unavailable", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn order_events(
    State(api): State<Arc<Api>>,
    caller: Caller,
    PathUuid(order_uuid): PathUuid,
) -> Result<Response, ApiError> {
    let permit = api.streams.open(caller.user_uuid)?;
    let updates = api
        .events
        .run(order_uuid, caller.user_uuid, caller.session)
        .await
        .map_err(convert::get_failure)?;
    Ok(sse::respond(updates, permit))
}
