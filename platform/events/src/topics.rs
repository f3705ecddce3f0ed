//! The topics. Both are keyed by order_uuid.

/// Carries `events.v1.OrderPaid`.
pub const ORDER_PAID: &str = "order.paid";

/// Carries `events.v1.ShipAssembled`.
pub const SHIP_ASSEMBLED: &str = "ship.assembled";

/// Where a topic's records go that no consumer can ever take in.
pub fn dead_letters_of(topic: &str) -> String {
    format!("{topic}.dlq")
}

/// The topic whose dead letters go to `name`; none when `name` is no such topic.
pub fn of_dead_letters(name: &str) -> Option<&str> {
    name.strip_suffix(".dlq").filter(|topic| !topic.is_empty())
}
