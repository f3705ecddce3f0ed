//! The routes.

mod cancel;
mod create;
mod events;
mod get;
mod list;
mod pay;

use std::sync::Arc;

use axum::{Router, http::Method};
use rocket_rpc::error::{ApiError, Kind};
use utoipa::{
    OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Api;

/// Every path of this service; all want a session.
pub(crate) const PATHS: [&str; 5] = [
    "/api/v1/orders",
    "/api/v1/orders/{order_uuid}",
    "/api/v1/orders/{order_uuid}/pay",
    "/api/v1/orders/{order_uuid}/cancel",
    "/api/v1/orders/{order_uuid}/events",
];

#[derive(OpenApi)]
#[openapi(
    info(title = "Order", description = "Orders of rocket parts."),
    tags((name = "orders", description = "A user's own orders")),
    modifiers(&SessionSecurity)
)]
struct Document;

struct SessionSecurity;

impl utoipa::Modify for SessionSecurity {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let header = ApiKeyValue::new("X-Session-Uuid");
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Header(header)));
    }
}

fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(create::create_order, list::list_orders))
        .routes(routes!(get::get_order))
        .routes(routes!(pay::pay_order))
        .routes(routes!(cancel::cancel_order))
        .routes(routes!(events::order_events))
}

/// The HTTP router, without the server stack.
pub fn router(api: Arc<Api>) -> Router {
    let (router, _) = routes().split_for_parts();
    router
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(api)
}

/// The OpenAPI 3.1 document of this service.
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

async fn method_not_allowed(method: Method) -> ApiError {
    ApiError::new(
        Kind::MethodNotAllowed,
        "method_not_allowed",
        format!("this path does not take {method}"),
    )
}
