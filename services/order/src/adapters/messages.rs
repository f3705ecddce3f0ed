//! What this service puts into its outbox.

use prost::Message as _;
use prost_types::Timestamp;
use rocket_db::outbox::NewMessage;
use rocket_events::{cloud::event_uuid, topics};
use rocket_proto::{events::v1::OrderPaid, payment::v1 as wire};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{Order, Payment, PaymentMethod};

/// The destination of messages for the event log.
pub(crate) const TO_EVENTS: &str = "events";
/// The destination of messages for Inventory.
pub(crate) const TO_INVENTORY: &str = "inventory";
/// What Inventory is to do with the hold of the order that is the message's key.
pub(crate) const COMMIT: &str = "commit_reservation";
pub(crate) const RELEASE: &str = "release_reservation";

/// The type of the events on a topic.
pub(crate) fn event_type(topic: &str) -> &'static str {
    match topic {
        topics::ORDER_PAID => "events.v1.OrderPaid",
        _ => "unknown",
    }
}

/// The method's wire form.
pub(crate) fn payment_method(method: PaymentMethod) -> wire::PaymentMethod {
    match method {
        PaymentMethod::Card => wire::PaymentMethod::Card,
        PaymentMethod::Sbp => wire::PaymentMethod::Sbp,
        PaymentMethod::CreditCard => wire::PaymentMethod::CreditCard,
        PaymentMethod::InvestorMoney => wire::PaymentMethod::InvestorMoney,
    }
}

/// The event that the order is PAID.
pub(crate) fn order_paid(
    order: &Order,
    payment: Payment,
    traceparent: Option<String>,
) -> NewMessage {
    let id = event_uuid(order.uuid, topics::ORDER_PAID);
    let event = OrderPaid {
        event_uuid: id.to_string(),
        order_uuid: order.uuid.to_string(),
        user_uuid: order.user_uuid.to_string(),
        payment_method: payment_method(payment.method).into(),
        transaction_uuid: payment.transaction_uuid.to_string(),
        amount: order.total.minor(),
        currency: order.currency.to_string(),
        occurred_at: Some(timestamp(payment.paid_at)),
    };
    NewMessage {
        id,
        destination: TO_EVENTS,
        key: order.uuid.to_string(),
        topic: topics::ORDER_PAID.to_owned(),
        payload: event.encode_to_vec(),
        traceparent,
        created_at: payment.paid_at,
    }
}

/// The order to Inventory to commit or release the hold of `order`.
pub(crate) fn end_reservation(
    order: Uuid,
    what: &'static str,
    now: OffsetDateTime,
    traceparent: Option<String>,
) -> NewMessage {
    NewMessage {
        id: event_uuid(order, what),
        destination: TO_INVENTORY,
        key: order.to_string(),
        topic: what.to_owned(),
        payload: Vec::new(),
        traceparent,
        created_at: now,
    }
}

fn timestamp(at: OffsetDateTime) -> Timestamp {
    Timestamp {
        seconds: at.unix_timestamp(),
        // Below a billion.
        nanos: i32::try_from(at.nanosecond()).unwrap_or_default(),
    }
}
