//! One attempt at charging, from "the row says charging" to its definite end.
//! Shared by the request that began the attempt and the sweeper that repeats it.

use std::{sync::Arc, time::Duration};

use rocket_runtime::{SharedClock, faults};
use rocket_telemetry::chain;
use tracing::{info, warn};
use uuid::Uuid;

use super::OrderMetrics;
use crate::{
    domain::{Guard, Order},
    ports::{Charge, ChargeOutcome, OrderRepository, Payments},
};

/// The step.
#[derive(Clone)]
pub struct ChargeAttempt {
    /// Orders.
    pub orders: Arc<dyn OrderRepository>,
    /// Payment.
    pub payments: Arc<dyn Payments>,
    /// Time.
    pub clock: SharedClock,
    /// Counters.
    pub metrics: OrderMetrics,
    /// The shortest wait before an attempt without answer is repeated.
    pub retry_least: Duration,
    /// The longest.
    pub retry_most: Duration,
}

/// How the attempt stands after one call of Payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// Charged, and the order is PAID.
    Paid {
        /// The provider's name for it.
        transaction_uuid: Uuid,
    },
    /// Not charged; the order is free for the next attempt.
    Declined {
        /// A stable word.
        reason: String,
    },
    /// Not known; the sweeper goes on.
    Pending,
}

impl ChargeAttempt {
    /// Asks Payment and writes down its answer. The caller holds `guard`, at step
    /// *charging*, on `order`.
    pub async fn run(&self, order: &Order, guard: &Guard) -> Settled {
        let charge = Charge {
            order_uuid: order.uuid,
            attempt: order.attempt,
            user_uuid: order.user_uuid,
            method: guard.method,
            amount: order.total,
            currency: order.currency,
        };
        let answer = self.payments.charge(&charge).await;
        faults::point("payment-answered").await;
        match answer {
            Ok(ChargeOutcome::Charged { transaction_uuid }) => {
                self.charged(order, guard, transaction_uuid).await
            }
            Ok(ChargeOutcome::Declined { reason }) => self.declined(order, guard, reason).await,
            Err(error) => {
                warn!(
                    order_uuid = %order.uuid,
                    attempt = order.attempt,
                    error = chain(&error),
                    "payment gave no definite answer; the attempt will be repeated"
                );
                self.hand_over(order, guard).await;
                Settled::Pending
            }
        }
    }

    async fn charged(&self, order: &Order, guard: &Guard, transaction_uuid: Uuid) -> Settled {
        let settled = self
            .orders
            .settle_paid(order.uuid, guard.token, transaction_uuid, self.clock.now())
            .await;
        match settled {
            Ok(true) => {
                faults::point("payment-settled").await;
                self.metrics.paid(order.total, order.currency);
                info!(order_uuid = %order.uuid, %transaction_uuid, "order paid");
                Settled::Paid { transaction_uuid }
            }
            Ok(false) => self.settled_by_another(order, transaction_uuid).await,
            Err(error) => {
                warn!(
                    order_uuid = %order.uuid,
                    error = chain(&error),
                    "a charge could not be written down; the attempt will be repeated"
                );
                self.hand_over(order, guard).await;
                Settled::Pending
            }
        }
    }

    /// Somebody took the guard over. It hears the same answer, and may have
    /// written it down already.
    async fn settled_by_another(&self, order: &Order, transaction_uuid: Uuid) -> Settled {
        let written = match self.orders.get(order.uuid).await {
            Ok(found) => found.and_then(|found| found.payment),
            Err(_) => None,
        };
        match written {
            Some(payment) if payment.transaction_uuid == transaction_uuid => {
                Settled::Paid { transaction_uuid }
            }
            _ => Settled::Pending,
        }
    }

    async fn declined(&self, order: &Order, guard: &Guard, reason: String) -> Settled {
        match self.orders.record_decline(order.uuid, guard.token).await {
            // False: who took over hears the same answer.
            Ok(_) => Settled::Declined { reason },
            Err(error) => {
                warn!(
                    order_uuid = %order.uuid,
                    error = chain(&error),
                    "a decline could not be written down; the attempt will be repeated"
                );
                self.hand_over(order, guard).await;
                Settled::Pending
            }
        }
    }

    /// Lets the sweeper in before the lease is over. The wait grows with the age of
    /// the attempt, so a long outage is not met by a storm. Should this fail, the
    /// lease runs out by itself.
    async fn hand_over(&self, order: &Order, guard: &Guard) {
        let now = self.clock.now();
        let age = Duration::try_from(now - guard.since).unwrap_or_default();
        let wait = (age / 2).clamp(self.retry_least, self.retry_most);
        let handed = self
            .orders
            .set_lease(order.uuid, guard.token, now + wait)
            .await;
        if let Err(error) = handed {
            warn!(
                order_uuid = %order.uuid,
                error = chain(&error),
                "the lease of a payment runs its full time"
            );
        }
    }
}
