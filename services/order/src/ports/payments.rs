//! Charging.

use async_trait::async_trait;
use rocket_runtime::money::{Currency, Money};
use uuid::Uuid;

use super::Cause;
use crate::domain::PaymentMethod;

/// What to charge, and under which name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// The order.
    pub order_uuid: Uuid,
    /// With the order, the name of this charge: the same name, the same charge.
    pub attempt: i32,
    /// Who pays.
    pub user_uuid: Uuid,
    /// How.
    pub method: PaymentMethod,
    /// How much.
    pub amount: Money,
    /// The currency of `amount`.
    pub currency: Currency,
}

/// A definite answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChargeOutcome {
    /// The money was taken.
    Charged {
        /// The provider's name for it.
        transaction_uuid: Uuid,
    },
    /// The money was not taken and never will be under this attempt.
    Declined {
        /// A stable word, for example `limit_exceeded`.
        reason: String,
    },
}

/// Anything but a definite answer, whatever it looks like: the money may have
/// been taken.
#[derive(Debug, thiserror::Error)]
#[error("payment gave no definite answer")]
pub struct PaymentsError(#[source] pub Cause);

/// The payment service.
#[async_trait]
pub trait Payments: Send + Sync {
    /// Charges once per order and attempt, however often it is called; a definite
    /// answer, once given, stays. An adapter MUST answer an error unless the
    /// payment service said in so many words "charged" or "declined".
    async fn charge(&self, charge: &Charge) -> Result<ChargeOutcome, PaymentsError>;
}
