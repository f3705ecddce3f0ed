//! A user's own messages.

use std::sync::Arc;

use axum::{Json, Router, extract::State, http::Method};
use rocket_rpc::{
    error::{ApiError, Kind as ErrorKind},
    http::{Problem, StrictQuery},
    session::Caller,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{
    OpenApi, ToSchema,
    openapi::security::{ApiKey, ApiKeyValue, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    domain::{Delivery, KeptMessage, Kind},
    ports::Messages,
};

/// The only path; it wants a session.
pub(crate) const NOTIFICATIONS: &str = "/api/v1/notifications";

type Api = Arc<dyn Messages>;

#[derive(OpenApi)]
#[openapi(
    info(title = "Notification", description = "What users were told."),
    tags((name = "notifications", description = "A user's own messages")),
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

/// The caller's last messages.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct NotificationList {
    /// Newest first, at most 50.
    #[schema(max_items = 50)]
    notifications: Vec<Notification>,
}

/// A message.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct Notification {
    /// The event it is about, unique among the messages.
    event_uuid: Uuid,
    /// The order.
    order_uuid: Uuid,
    /// What happened.
    kind: KindName,
    /// Plain text; the first line is the heading.
    text: String,
    /// How far it has come.
    delivery: DeliveryName,
    /// When it happened.
    #[serde(with = "time::serde::rfc3339")]
    occurred_at: OffsetDateTime,
}

/// A kind of event.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
enum KindName {
    /// The order is paid.
    #[serde(rename = "order.paid")]
    OrderPaid,
    /// The ship is ready.
    #[serde(rename = "ship.assembled")]
    ShipAssembled,
}

/// How far a message has come.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum DeliveryName {
    /// It is read here only.
    Kept,
    /// It is on its way to Telegram.
    Pending,
    /// Telegram took it.
    Sent,
    /// Telegram will never take it.
    Undeliverable,
}

/// No parameters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoParameters {}

impl From<KeptMessage> for Notification {
    fn from(kept: KeptMessage) -> Self {
        Self {
            event_uuid: kept.message.event_uuid,
            order_uuid: kept.message.order_uuid,
            kind: match kept.message.kind {
                Kind::OrderPaid => KindName::OrderPaid,
                Kind::ShipAssembled => KindName::ShipAssembled,
            },
            text: kept.message.text,
            delivery: match kept.delivery {
                Delivery::Kept => DeliveryName::Kept,
                Delivery::Pending => DeliveryName::Pending,
                Delivery::Sent => DeliveryName::Sent,
                Delivery::Undeliverable => DeliveryName::Undeliverable,
            },
            occurred_at: kept.message.occurred_at,
        }
    }
}

/// Lists the caller's last messages, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/notifications",
    tag = "notifications",
    security(("session" = [])),
    responses(
        (status = 200, description = "The messages", body = NotificationList),
        (status = 400, description = "unknown_parameter", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "unauthenticated", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "store_unavailable", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn list_notifications(
    State(messages): State<Api>,
    caller: Caller,
    StrictQuery(NoParameters {}): StrictQuery<NoParameters>,
) -> Result<Json<NotificationList>, ApiError> {
    let latest = messages.latest(caller.user_uuid).await.map_err(|error| {
        ApiError::unavailable("store_unavailable", "messages cannot be read right now")
            .caused_by(error)
    })?;
    Ok(Json(NotificationList {
        notifications: latest.into_iter().map(Into::into).collect(),
    }))
}

fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(Document::openapi()).routes(routes!(list_notifications))
}

/// The HTTP router, without the server stack.
pub(crate) fn router(messages: Api) -> Router {
    let (router, _) = routes().split_for_parts();
    router
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(messages)
}

/// The OpenAPI 3.1 document of this service.
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

async fn method_not_allowed(method: Method) -> ApiError {
    ApiError::new(
        ErrorKind::MethodNotAllowed,
        "method_not_allowed",
        format!("this path does not take {method}"),
    )
}
