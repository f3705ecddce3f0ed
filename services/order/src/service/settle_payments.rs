//! Finishing payments whose driver died or got no definite answer.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt as _, stream};
use rocket_runtime::{SharedClock, SharedIds};
use tracing::{Instrument as _, info_span};

use super::charge::{ChargeAttempt, Settled};
use crate::{
    domain::Order,
    ports::{OrderRepository, StoreError, TakenOver},
};

const BATCH: u32 = 64;
const AT_ONCE: usize = 16;

/// The use case.
pub struct SettlePayments {
    /// Orders.
    pub orders: Arc<dyn OrderRepository>,
    /// The charging step.
    pub charge: ChargeAttempt,
    /// Time.
    pub clock: SharedClock,
    /// Tokens.
    pub ids: SharedIds,
    /// The lease of the sweeper on what it takes over; it covers a whole batch.
    pub lease: Duration,
}

/// What one sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Guards dropped, because Payment was never asked.
    pub unguarded: u64,
    /// Attempts that ended as charged.
    pub paid: u64,
    /// Attempts that ended as declined.
    pub declined: u64,
    /// Attempts still without a definite answer.
    pub pending: u64,
}

impl Swept {
    /// True when there was nothing to do.
    pub fn is_idle(&self) -> bool {
        *self == Self::default()
    }
}

impl SettlePayments {
    /// Takes over every payment whose lease ran out and repeats its attempt.
    pub async fn run(&self) -> Result<Swept, StoreError> {
        let mut swept = Swept::default();
        loop {
            let token = self.ids.next_id();
            let now = self.clock.now();
            let found = self
                .orders
                .take_over(token, now, now + self.lease, BATCH)
                .await?;
            let count = found.unguarded + found.charging.len() as u64;
            self.repeat(found, &mut swept).await;
            if count < u64::from(BATCH) {
                return Ok(swept);
            }
        }
    }

    async fn repeat(&self, taken: TakenOver, swept: &mut Swept) {
        swept.unguarded += taken.unguarded;
        let mut settled = stream::iter(taken.charging)
            .map(|order| self.settle(order))
            .buffer_unordered(AT_ONCE);
        while let Some(settled) = settled.next().await {
            match settled {
                Settled::Paid { .. } => swept.paid += 1,
                Settled::Declined { .. } => swept.declined += 1,
                Settled::Pending => swept.pending += 1,
            }
        }
    }

    async fn settle(&self, order: Order) -> Settled {
        match &order.guard {
            Some(guard) => {
                let span = info_span!("settle payment", order_uuid = %order.uuid);
                self.charge.run(&order, guard).instrument(span).await
            }
            // What was taken over carries the guard put on it.
            None => Settled::Pending,
        }
    }
}
