//! Cancelling orders that nobody paid in time.

use std::{sync::Arc, time::Duration};

use rocket_runtime::SharedClock;
use tracing::{Instrument as _, info_span};

use crate::ports::{OrderRepository, StoreError};

const BATCH: u32 = 100;

/// The use case.
pub struct ExpireOrders {
    /// Orders.
    pub orders: Arc<dyn OrderRepository>,
    /// Time.
    pub clock: SharedClock,
    /// How long an order may stay unpaid.
    pub unpaid_order_ttl: Duration,
}

impl ExpireOrders {
    /// Cancels every order that is too old, unpaid and unguarded; says how many.
    pub async fn run(&self) -> Result<u64, StoreError> {
        let mut expired = 0;
        loop {
            let now = self.clock.now();
            let batch = self
                .orders
                .expire(now - self.unpaid_order_ttl, now, BATCH)
                .instrument(info_span!("expire orders"))
                .await?;
            let count = batch.orders.len();
            expired += count as u64;
            if count < BATCH as usize {
                return Ok(expired);
            }
        }
    }
}
