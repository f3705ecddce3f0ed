use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use rocket_rpc::{
    http::{JsonBody, PathUuid, Problem},
    session::Caller,
};

use crate::{
    api::{
        Api,
        dto::{PayOrderRequest, PayOrderResponse},
        idempotency::{Answer, Failure, IdempotencyKey, Named, hash},
    },
    service::{PayOrder, PayRequest},
};

/// Pays an order. After 503 `payment_pending` the platform finds the outcome out by
/// itself; look at the order, or repeat the request with the same key.
#[utoipa::path(
    post,
    path = "/api/v1/orders/{order_uuid}/pay",
    tag = "orders",
    security(("session" = [])),
    params(
        ("order_uuid" = Uuid, Path, description = "The order"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters; the same key and body give the same answer for 24 hours"),
    ),
    request_body = PayOrderRequest,
    responses(
        (status = 200, description = "Paid", body = PayOrderResponse),
        (status = 400, description = "invalid_uuid, invalid_argument, unknown_field, malformed_json, invalid_idempotency_key", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "unauthenticated", body = Problem, content_type = "application/problem+json"),
        (status = 402, description = "payment_declined", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "order_not_found", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "already_paid, order_cancelled, payment_in_progress, out_of_stock, reservation_released, request_in_flight", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "idempotency_key_reused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "payment_pending, payment_not_started, store_unavailable", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn pay_order(
    State(api): State<Arc<Api>>,
    caller: Caller,
    PathUuid(order_uuid): PathUuid,
    key: IdempotencyKey,
    JsonBody(body): JsonBody<PayOrderRequest>,
) -> Response {
    let hash = match hash(&body) {
        Ok(hash) => hash,
        Err(error) => return error.into_response(),
    };
    let named = Named {
        key,
        user_uuid: caller.user_uuid,
        route: format!("POST /api/v1/orders/{order_uuid}/pay"),
        hash,
    };
    let pay = Arc::clone(&api.pay);
    api.keyed
        .once(named, move |operation| {
            let request = PayRequest {
                order_uuid,
                user_uuid: caller.user_uuid,
                method: body.payment_method.into(),
                operation: operation.uuid,
            };
            run(pay, request)
        })
        .await
}

async fn run(pay: Arc<PayOrder>, request: PayRequest) -> Result<Answer, Failure> {
    let transaction_uuid = pay.run(request).await?;
    Answer::json(StatusCode::OK, &PayOrderResponse { transaction_uuid })
}
