//! Orders and ships. No I/O.

use std::time::Duration;

use time::OffsetDateTime;
use uuid::Uuid;

/// An order whose ship is to be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaidOrder {
    /// The order.
    pub order_uuid: Uuid,
    /// Whose it is.
    pub user_uuid: Uuid,
}

/// A ship that is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssembledShip {
    /// The order.
    pub order_uuid: Uuid,
    /// Whose it is.
    pub user_uuid: Uuid,
    /// How long building took, on the monotonic clock.
    pub build_time: Duration,
    /// When it was ready.
    pub assembled_at: OffsetDateTime,
}

impl PaidOrder {
    /// The ship of this order, ready `at` after `build_time`.
    pub fn assembled(self, build_time: Duration, at: OffsetDateTime) -> AssembledShip {
        AssembledShip {
            order_uuid: self.order_uuid,
            user_uuid: self.user_uuid,
            build_time,
            assembled_at: at,
        }
    }
}
