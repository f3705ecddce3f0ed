//! The guard of a payment under way.

use time::OffsetDateTime;
use uuid::Uuid;

use super::PaymentMethod;

/// How far the payment under way has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Parts are being held for good; Payment was not asked yet.
    Reserving,
    /// Payment was, or may have been, asked.
    Charging,
}

impl Step {
    /// The name in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reserving => "RESERVING",
            Self::Charging => "CHARGING",
        }
    }
}

/// Held by whoever drives the payment of one order; see the module's diagram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// Only who knows the token may move the row.
    pub token: Uuid,
    /// How the attempt is paid.
    pub method: PaymentMethod,
    /// How far it has come.
    pub step: Step,
    /// When the attempt began. A sweeper that takes over leaves it.
    pub since: OffsetDateTime,
    /// The end of the lease: from then on a sweeper may take over.
    pub until: OffsetDateTime,
}
