//! The topics. Both are keyed by order_uuid.

/// Carries `events.v1.OrderPaid`.
pub const ORDER_PAID: &str = "order.paid";

/// Carries `events.v1.ShipAssembled`.
pub const SHIP_ASSEMBLED: &str = "ship.assembled";

/// Where a topic's records go that no consumer can ever take in.
pub fn dead_letters_of(topic: &str) -> String {
    format!("{topic}.dlq")
}
