//! Cancelling an unpaid order.

use std::sync::Arc;

use rocket_runtime::SharedClock;
use tracing::{Instrument as _, info_span};
use uuid::Uuid;

use crate::{
    domain::Blocked,
    ports::{Cancel, OrderRepository, StoreError},
};

/// The use case.
pub struct CancelOrder {
    /// Orders.
    pub orders: Arc<dyn OrderRepository>,
    /// Time.
    pub clock: SharedClock,
}

/// Why the order is not cancelled.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    /// The user has no such order.
    #[error("no such order")]
    NotFound,
    /// It is paid.
    #[error("the order is paid already")]
    AlreadyPaid,
    /// It was cancelled before, or expired.
    #[error("the order is cancelled already")]
    AlreadyCancelled,
    /// A payment of it is under way.
    #[error("a payment of this order is under way")]
    PaymentInProgress,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CancelOrder {
    /// Cancels. With `resumed`, an earlier run of the same request may have
    /// cancelled already, which then is success.
    pub async fn run(&self, order: Uuid, user: Uuid, resumed: bool) -> Result<(), CancelError> {
        let span = info_span!("cancel order", order_uuid = %order);
        let cancelled = self.orders.cancel(order, user, self.clock.now());
        let blocked = match cancelled.instrument(span).await? {
            Cancel::Cancelled => return Ok(()),
            Cancel::NotFound => return Err(CancelError::NotFound),
            Cancel::Blocked(order) => order.blocked(),
        };
        match blocked {
            Some(Blocked::Cancelled) if resumed => Ok(()),
            Some(Blocked::Cancelled) => Err(CancelError::AlreadyCancelled),
            Some(Blocked::Paid) => Err(CancelError::AlreadyPaid),
            // A free order is never reported as blocked.
            Some(Blocked::Paying) | None => Err(CancelError::PaymentInProgress),
        }
    }
}
