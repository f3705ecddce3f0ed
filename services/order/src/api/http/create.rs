use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use rocket_rpc::{
    error::ApiError,
    http::{JsonBody, Problem},
    session::Caller,
};

use crate::{
    api::{
        Api,
        dto::{CreateOrderRequest, CreateOrderResponse},
        idempotency::{Answer, Failure, IdempotencyKey, Named, Operation, hash},
    },
    domain::MAX_PARTS,
    service::{CreateOrder, NewOrder},
};

/// Creates an order and holds its parts until it is paid or expires.
#[utoipa::path(
    post,
    path = "/api/v1/orders",
    tag = "orders",
    security(("session" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters; the same key and body give the same answer for 24 hours")),
    request_body = CreateOrderRequest,
    responses(
        (status = 201, description = "Created", body = CreateOrderResponse),
        (status = 400, description = "invalid_argument, invalid_uuid, unknown_field, malformed_json, price_too_large, invalid_idempotency_key", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "unauthenticated", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "not_your_account", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "part_not_found", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "out_of_stock, request_in_flight", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "idempotency_key_reused", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "too_many_unpaid_orders", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "inventory_unavailable, order_not_created, store_unavailable", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create_order(
    State(api): State<Arc<Api>>,
    caller: Caller,
    key: IdempotencyKey,
    JsonBody(body): JsonBody<CreateOrderRequest>,
) -> Response {
    let hash = match check(&body, &caller).and_then(|()| hash(&body)) {
        Ok(hash) => hash,
        Err(error) => return error.into_response(),
    };
    let named = Named {
        key,
        user_uuid: caller.user_uuid,
        route: "POST /api/v1/orders".to_owned(),
        hash,
    };
    let create = Arc::clone(&api.create);
    api.keyed
        .once(named, move |operation| run(create, caller, body, operation))
        .await
}

fn check(body: &CreateOrderRequest, caller: &Caller) -> Result<(), ApiError> {
    if !(1..=MAX_PARTS).contains(&body.part_uuids.len()) {
        return Err(ApiError::invalid_field("part_uuids", "1 to 100 part ids"));
    }
    if body.user_uuid.is_some_and(|user| user != caller.user_uuid) {
        return Err(ApiError::forbidden(
            "not_your_account",
            "an order can only be created for the user who is signed in",
        ));
    }
    Ok(())
}

async fn run(
    create: Arc<CreateOrder>,
    caller: Caller,
    body: CreateOrderRequest,
    operation: Operation,
) -> Result<Answer, Failure> {
    let wish = NewOrder {
        order_uuid: operation.uuid,
        resumed: operation.resumed,
        user_uuid: caller.user_uuid,
        session: caller.session,
        part_uuids: body.part_uuids,
    };
    let created = create.run(wish).await?;
    Answer::json(
        StatusCode::CREATED,
        &CreateOrderResponse {
            order_uuid: created.order_uuid,
            total_price: created.total.minor(),
            currency: created.currency.to_string(),
        },
    )
}
