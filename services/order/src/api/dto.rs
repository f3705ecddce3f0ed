//! The JSON of requests and answers.

use rocket_rpc::http;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A wish for a new order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateOrderRequest {
    /// The parts to buy; a part named twice is bought twice.
    #[schema(min_items = 1, max_items = 100)]
    #[serde(deserialize_with = "http::uuids")]
    pub part_uuids: Vec<Uuid>,
    /// Optional; if sent, it must be the caller.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "http::optional_uuid"
    )]
    pub user_uuid: Option<Uuid>,
}

/// The new order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(super) struct CreateOrderResponse {
    /// Its id.
    pub order_uuid: Uuid,
    /// Its price in minor units of `currency`.
    pub total_price: i64,
    /// ISO 4217.
    #[schema(example = "USD")]
    pub currency: String,
}

/// A wish to pay.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PayOrderRequest {
    /// How.
    pub payment_method: PaymentMethodName,
}

/// The charge.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(super) struct PayOrderResponse {
    /// The provider's name for it.
    pub transaction_uuid: Uuid,
}

/// How an order is paid.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum PaymentMethodName {
    /// A debit card.
    Card,
    /// The Faster Payments System.
    Sbp,
    /// A credit card.
    CreditCard,
    /// Somebody else's money.
    InvestorMoney,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum OrderStatusName {
    /// Created, not paid.
    PendingPayment,
    /// Paid; the ship is being assembled.
    Paid,
    /// The ship is built.
    Assembled,
    /// Cancelled or expired.
    Cancelled,
}

/// An order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(super) struct OrderDto {
    /// Its id.
    pub order_uuid: Uuid,
    /// Whose it is.
    pub user_uuid: Uuid,
    /// Its parts, duplicates included.
    pub part_uuids: Vec<Uuid>,
    /// Its price in minor units of `currency`.
    pub total_price: i64,
    /// ISO 4217.
    #[schema(example = "USD")]
    pub currency: String,
    /// The charge, once paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_uuid: Option<Uuid>,
    /// How it was paid, once paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<PaymentMethodName>,
    /// Where it stands.
    pub status: OrderStatusName,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When its status last changed.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// One page of orders.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(super) struct OrderListResponse {
    /// Newest first.
    pub orders: Vec<OrderDto>,
    /// Send it as `page_token` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// Which orders to list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListOrdersParams {
    /// Only orders with this status.
    #[param(value_type = Option<OrderStatusName>)]
    pub status: Option<String>,
    /// Orders per page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 20)]
    pub page_size: Option<String>,
    /// `next_page_token` of the page before, with the same `status`.
    pub page_token: Option<String>,
}

/// The data of one server-sent event named `status`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(super) struct StatusEventDto {
    /// The order.
    pub order_uuid: Uuid,
    /// The status it entered.
    pub status: OrderStatusName,
    /// When it entered it.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// The charge, from PAID on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_uuid: Option<Uuid>,
    /// When it was paid, from PAID on.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "time::serde::rfc3339::option"
    )]
    pub paid_at: Option<OffsetDateTime>,
    /// When the ship was built, at ASSEMBLED.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "time::serde::rfc3339::option"
    )]
    pub assembled_at: Option<OffsetDateTime>,
    /// How many seconds building it took, at ASSEMBLED.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_time_seconds: Option<f64>,
}
