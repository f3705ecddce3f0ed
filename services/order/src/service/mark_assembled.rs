//! Noting that a ship is built.

use std::sync::Arc;

use rocket_runtime::SharedClock;
use tracing::{Instrument as _, info_span};

use crate::{
    domain::OrderStatus,
    ports::{Assembled, OrderRepository, ShipAssembled, StoreError},
};

/// The use case.
pub struct MarkAssembled {
    /// Orders.
    pub orders: Arc<dyn OrderRepository>,
    /// Time.
    pub clock: SharedClock,
}

/// Why it was not noted.
#[derive(Debug, thiserror::Error)]
pub enum MarkError {
    /// An order comes before its ship, so this one will never exist.
    #[error("the assembled ship's order does not exist")]
    UnknownOrder,
    /// OrderPaid, which starts the assembly, follows PAID, so an order that is not
    /// PAID now was not when the assembly began.
    #[error("the assembled ship's order is {0} and was never paid")]
    NeverPaid(OrderStatus),
    /// The store failed; worth another try.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl MarkAssembled {
    /// Makes the order ASSEMBLED; repeating it changes nothing.
    pub async fn run(&self, ship: ShipAssembled) -> Result<(), MarkError> {
        let span = info_span!("mark assembled", order_uuid = %ship.order_uuid);
        let marked = self.orders.mark_assembled(ship, self.clock.now());
        match marked.instrument(span).await? {
            Assembled::Done | Assembled::Already => Ok(()),
            Assembled::NotFound => Err(MarkError::UnknownOrder),
            Assembled::NotPaid(status) => Err(MarkError::NeverPaid(status)),
        }
    }
}
