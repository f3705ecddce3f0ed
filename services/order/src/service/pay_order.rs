//! Paying an order.
//!
//! The order of the steps is what makes a crash between any two of them
//! harmless; see [`crate::domain`]. Once begun, a payment must not be dropped
//! half-way merely because its client hung up, although even that would only
//! leave work for the sweeper: the transport runs it in a task of its own.

use std::{sync::Arc, time::Duration};

use rocket_runtime::{SharedClock, SharedIds, faults};
use rocket_telemetry::chain;
use tracing::{Instrument as _, error, info_span, warn};
use uuid::Uuid;

use super::charge::{ChargeAttempt, Settled};
use crate::{
    domain::{Blocked, Guard, Order, PaymentMethod, Step, quantities},
    ports::{Begin, Inventory, InventoryError, NewGuard, OrderRepository, StoreError},
};

/// The use case.
pub struct PayOrder {
    /// Orders.
    pub orders: Arc<dyn OrderRepository>,
    /// Parts.
    pub inventory: Arc<dyn Inventory>,
    /// The charging step.
    pub charge: ChargeAttempt,
    /// Time.
    pub clock: SharedClock,
    /// Tokens.
    pub ids: SharedIds,
    /// How long one step may take before the sweeper takes the payment over.
    pub lease: Duration,
}

/// A user's wish to pay.
#[derive(Debug, Clone, Copy)]
pub struct PayRequest {
    /// The order.
    pub order_uuid: Uuid,
    /// The user.
    pub user_uuid: Uuid,
    /// How.
    pub method: PaymentMethod,
    /// Names the request, so that its repetition is known.
    pub operation: Uuid,
}

/// Why the order is not paid, or not known to be.
#[derive(Debug, thiserror::Error)]
pub enum PayError {
    /// The user has no such order.
    #[error("no such order")]
    NotFound,
    /// It was paid before.
    #[error("the order is paid already")]
    AlreadyPaid,
    /// It was cancelled, or expired.
    #[error("the order is cancelled")]
    Cancelled,
    /// Another payment of it is under way.
    #[error("a payment of this order is under way")]
    InProgress,
    /// Not enough is left of some part. Nothing was charged.
    #[error("not enough parts are left")]
    OutOfStock,
    /// The order's parts were given back for good. Nothing was charged.
    #[error("the parts of this order were given back")]
    ReservationGone,
    /// Payment declined. Nothing was charged.
    #[error("the payment was declined: {reason}")]
    Declined {
        /// A stable word.
        reason: String,
    },
    /// The payment could not begin. Nothing was charged.
    #[error("the payment could not begin")]
    NotStarted(#[source] Option<InventoryError>),
    /// Not known; the platform finds out by itself.
    #[error("the outcome of the payment is not known yet")]
    Pending,
    /// The store failed before the payment began. Nothing was charged.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PayOrder {
    /// Pays; answers the transaction's id.
    pub async fn run(&self, request: PayRequest) -> Result<Uuid, PayError> {
        let span = info_span!("pay order", order_uuid = %request.order_uuid);
        self.pay(request).instrument(span).await
    }

    async fn pay(&self, request: PayRequest) -> Result<Uuid, PayError> {
        let (order, guard) = match self.begin(request).await? {
            Begun::Guarded(order, guard) => (order, guard),
            Begun::PaidBefore(transaction_uuid) => return Ok(transaction_uuid),
        };
        faults::point("payment-guarded").await;
        self.hold_for_good(&order, &guard).await?;
        faults::point("payment-held").await;
        let guard = self.enter_charging(&order, guard).await?;
        faults::point("payment-charging").await;
        match self.charge.run(&order, &guard).await {
            Settled::Paid { transaction_uuid } => Ok(transaction_uuid),
            Settled::Declined { reason } => Err(PayError::Declined { reason }),
            Settled::Pending => Err(PayError::Pending),
        }
    }

    async fn begin(&self, request: PayRequest) -> Result<Begun, PayError> {
        let now = self.clock.now();
        let guard = NewGuard {
            token: self.ids.next_id(),
            operation: request.operation,
            method: request.method,
            since: now,
            until: now + self.lease,
        };
        let begun = self
            .orders
            .begin_payment(request.order_uuid, request.user_uuid, guard)
            .await?;
        match begun {
            Begin::Begun(order) => {
                let held = Guard {
                    token: guard.token,
                    method: guard.method,
                    step: Step::Reserving,
                    since: guard.since,
                    until: guard.until,
                };
                Ok(Begun::Guarded(order, held))
            }
            Begin::Blocked(order) => blocked(&order, request.operation),
            Begin::NotFound => Err(PayError::NotFound),
        }
    }

    /// Payment has not been asked yet, so on any failure the guard may go.
    async fn hold_for_good(&self, order: &Order, guard: &Guard) -> Result<(), PayError> {
        let lines = quantities(&order.part_uuids);
        let held = self.inventory.reserve(order.uuid, &lines, None).await;
        let Err(error) = held else { return Ok(()) };
        if let Err(error) = self.orders.abandon_payment(order.uuid, guard.token).await {
            warn!(
                order_uuid = %order.uuid,
                error = chain(&error),
                "a payment that did not begin keeps its guard until its lease is over"
            );
        }
        Err(match error {
            InventoryError::OutOfStock | InventoryError::UnknownPart => PayError::OutOfStock,
            InventoryError::Released => self.released(order).await,
            other => PayError::NotStarted(Some(other)),
        })
    }

    /// A guarded order cannot be cancelled, so either this guard was lost to the
    /// sweeper and the order cancelled since, or the hold went although the order
    /// lives: then nobody can ever pay it, and it will expire.
    async fn released(&self, order: &Order) -> PayError {
        match self.orders.get(order.uuid).await {
            Ok(Some(now)) if now.blocked() == Some(Blocked::Cancelled) => PayError::Cancelled,
            _ => {
                error!(order_uuid = %order.uuid, "the reservation of an unpaid order is gone");
                PayError::ReservationGone
            }
        }
    }

    async fn enter_charging(&self, order: &Order, guard: Guard) -> Result<Guard, PayError> {
        let until = self.clock.now() + self.lease;
        match self
            .orders
            .begin_charging(order.uuid, guard.token, until)
            .await
        {
            Ok(true) => Ok(Guard {
                step: Step::Charging,
                until,
                ..guard
            }),
            Ok(false) | Err(StoreError::Refused(_)) => Err(PayError::NotStarted(None)),
            // The row may say charging, and then the sweeper charges.
            Err(StoreError::Unknown(_)) => Err(PayError::Pending),
        }
    }
}

enum Begun {
    Guarded(Box<Order>, Guard),
    PaidBefore(Uuid),
}

/// Why a payment cannot begin. The repetition of the request that began the last
/// payment hears of that one instead.
fn blocked(order: &Order, operation: Uuid) -> Result<Begun, PayError> {
    let same = order.operation == Some(operation);
    match (order.blocked(), order.payment) {
        (Some(Blocked::Paid), Some(payment)) if same => {
            Ok(Begun::PaidBefore(payment.transaction_uuid))
        }
        (Some(Blocked::Paid), _) => Err(PayError::AlreadyPaid),
        (Some(Blocked::Cancelled), _) => Err(PayError::Cancelled),
        (Some(Blocked::Paying), _) if same => Err(PayError::Pending),
        // A free order is never reported as blocked.
        (Some(Blocked::Paying) | None, _) => Err(PayError::InProgress),
    }
}
