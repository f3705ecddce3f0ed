use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use rocket_rpc::{
    http::{PathUuid, Problem},
    session::Caller,
};
use uuid::Uuid;

use crate::{
    api::{
        Api,
        idempotency::{Answer, Failure, IdempotencyKey, Named, Operation, hash},
    },
    service::CancelOrder,
};

/// Cancels an unpaid order and gives its parts back.
#[utoipa::path(
    post,
    path = "/api/v1/orders/{order_uuid}/cancel",
    tag = "orders",
    security(("session" = [])),
    params(
        ("order_uuid" = Uuid, Path, description = "The order"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters; the same key gives the same answer for 24 hours"),
    ),
    responses(
        (status = 204, description = "Cancelled"),
        (status = 400, description = "invalid_uuid, invalid_idempotency_key", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "unauthenticated", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "order_not_found", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "already_paid, already_cancelled, payment_in_progress, request_in_flight", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "store_unavailable", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn cancel_order(
    State(api): State<Arc<Api>>,
    caller: Caller,
    PathUuid(order_uuid): PathUuid,
    key: IdempotencyKey,
) -> Response {
    let hash = match hash(&()) {
        Ok(hash) => hash,
        Err(error) => return error.into_response(),
    };
    let named = Named {
        key,
        user_uuid: caller.user_uuid,
        route: format!("POST /api/v1/orders/{order_uuid}/cancel"),
        hash,
    };
    let cancel = Arc::clone(&api.cancel);
    api.keyed
        .once(named, move |operation| {
            run(cancel, order_uuid, caller.user_uuid, operation)
        })
        .await
}

async fn run(
    cancel: Arc<CancelOrder>,
    order: Uuid,
    user: Uuid,
    operation: Operation,
) -> Result<Answer, Failure> {
    cancel.run(order, user, operation.resumed).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}
