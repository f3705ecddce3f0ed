//! One charge.

use rocket_runtime::money::{Currency, Money};
use uuid::Uuid;

use super::PaymentMethod;

/// What to charge. Order and attempt are its name: the same name is the same charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// The order that is paid for.
    pub order_uuid: Uuid,
    /// Counts from 1; a new attempt follows a decline.
    pub attempt: u32,
    /// Who pays.
    pub user_uuid: Uuid,
    /// How.
    pub method: PaymentMethod,
    /// How much; nothing is an amount too, for an order of free parts.
    pub amount: Money,
    /// The currency of `amount`.
    pub currency: Currency,
}

impl Charge {
    /// The name of this charge, which a provider recognises it by: `order:attempt`.
    pub fn idempotency_key(&self) -> String {
        format!("{}:{}", self.order_uuid, self.attempt)
    }
}

/// A definite answer. Once given it stays, however often the charge is repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The money was taken.
    Charged {
        /// The provider's name for it.
        transaction_uuid: Uuid,
    },
    /// The money was not taken, and never will be under this attempt.
    Declined {
        /// A stable word, for example `limit_exceeded`.
        reason: String,
    },
}
