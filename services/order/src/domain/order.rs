//! The order itself.

use std::time::Duration;

use rocket_runtime::money::{Currency, Money};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Guard, OrderStatus, PaymentMethod};

/// One user's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its id (UUIDv7), fixed before anything else is called.
    pub uuid: Uuid,
    /// Whose it is.
    pub user_uuid: Uuid,
    /// What was asked for, in that order; a part named twice is bought twice.
    pub part_uuids: Vec<Uuid>,
    /// The sum of the parts' prices when it was created.
    pub total: Money,
    /// The currency of `total`.
    pub currency: Currency,
    /// Where it stands.
    pub status: OrderStatus,
    /// The number of the payment attempt under way, or else of the next one.
    /// Starts at 1 and grows with each decline.
    pub attempt: i32,
    /// Present while a payment is under way.
    pub guard: Option<Guard>,
    /// The request that began the last payment, so that its repetition is known.
    pub operation: Option<Uuid>,
    /// Present when paid.
    pub payment: Option<Payment>,
    /// Present when assembled.
    pub assembly: Option<Assembly>,
    /// When it was created.
    pub created_at: OffsetDateTime,
    /// When its status last changed.
    pub updated_at: OffsetDateTime,
}

/// A charge that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payment {
    /// The provider's name for it.
    pub transaction_uuid: Uuid,
    /// How it was paid.
    pub method: PaymentMethod,
    /// When the order became PAID.
    pub paid_at: OffsetDateTime,
}

/// A ship that was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assembly {
    /// How long it took.
    pub build_time: Duration,
    /// When the order became ASSEMBLED.
    pub assembled_at: OffsetDateTime,
}

/// Why a payment cannot begin, or an order not be cancelled, now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocked {
    /// It is PAID or ASSEMBLED.
    Paid,
    /// It is CANCELLED.
    Cancelled,
    /// A payment is under way.
    Paying,
}

/// One step of an order's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusChange {
    /// The status entered.
    pub status: OrderStatus,
    /// When.
    pub at: OffsetDateTime,
}

impl Order {
    /// What stands against paying or cancelling it, if anything does.
    pub const fn blocked(&self) -> Option<Blocked> {
        match self.status {
            OrderStatus::Paid | OrderStatus::Assembled => Some(Blocked::Paid),
            OrderStatus::Cancelled => Some(Blocked::Cancelled),
            OrderStatus::PendingPayment if self.guard.is_some() => Some(Blocked::Paying),
            OrderStatus::PendingPayment => None,
        }
    }

    /// Every status it has been in, oldest first.
    pub fn history(&self) -> Vec<StatusChange> {
        let change = |status, at| StatusChange { status, at };
        let mut history = vec![change(OrderStatus::PendingPayment, self.created_at)];
        if let Some(payment) = self.payment {
            history.push(change(OrderStatus::Paid, payment.paid_at));
        }
        if let Some(assembly) = self.assembly {
            history.push(change(OrderStatus::Assembled, assembly.assembled_at));
        }
        if self.status == OrderStatus::Cancelled {
            history.push(change(OrderStatus::Cancelled, self.updated_at));
        }
        history
    }

    /// What happened after it entered `seen`: an observer who slept through two
    /// changes still learns both.
    pub fn changes_after(&self, seen: OrderStatus) -> Vec<StatusChange> {
        self.history()
            .into_iter()
            .skip_while(|change| change.status != seen)
            .skip(1)
            .collect()
    }
}
