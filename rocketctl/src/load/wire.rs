//! The API's JSON, as far as the load reads it.

use serde::Deserialize;
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Debug, Clone, Deserialize)]
pub(super) struct PartView {
    pub(super) uuid: Uuid,
    pub(super) price: i64,
    pub(super) stock_quantity: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct PartsPage {
    pub(super) parts: Vec<PartView>,
    #[serde(default)]
    pub(super) next_page_token: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Registered {
    pub(super) user_uuid: Uuid,
}

#[derive(Debug, Deserialize)]
pub(super) struct LoggedIn {
    pub(super) session_uuid: Uuid,
}

#[derive(Debug, Deserialize)]
pub(super) struct Created {
    pub(super) order_uuid: Uuid,
    pub(super) total_price: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct PaidView {
    pub(super) transaction_uuid: Uuid,
}

/// An order as the platform shows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct OrderView {
    pub(super) order_uuid: Uuid,
    pub(super) user_uuid: Uuid,
    pub(super) part_uuids: Vec<Uuid>,
    pub(super) total_price: i64,
    #[serde(default)]
    pub(super) transaction_uuid: Option<Uuid>,
    #[serde(default)]
    pub(super) payment_method: Option<String>,
    pub(super) status: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) updated_at: OffsetDateTime,
}

#[derive(Debug, Deserialize)]
pub(super) struct OrdersPage {
    pub(super) orders: Vec<OrderView>,
    #[serde(default)]
    pub(super) next_page_token: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Messages {
    pub(super) notifications: Vec<MessageView>,
}

/// A message, without its text.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct MessageView {
    pub(super) event_uuid: Uuid,
    pub(super) order_uuid: Uuid,
    pub(super) kind: String,
}
