//! The four states that users see.

use std::{fmt, str::FromStr};

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderStatus {
    /// Created; its parts are held for a while.
    PendingPayment,
    /// Charged; its parts are sold.
    Paid,
    /// The ship is built. Final.
    Assembled,
    /// Cancelled by its user or expired. Final.
    Cancelled,
}

/// The text names no status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected PENDING_PAYMENT, PAID, ASSEMBLED or CANCELLED")]
pub struct UnknownStatus;

impl OrderStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [
        Self::PendingPayment,
        Self::Paid,
        Self::Assembled,
        Self::Cancelled,
    ];

    /// The name on the wire and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PendingPayment => "PENDING_PAYMENT",
            Self::Paid => "PAID",
            Self::Assembled => "ASSEMBLED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// True when the order was charged.
    pub const fn is_paid(self) -> bool {
        matches!(self, Self::Paid | Self::Assembled)
    }

    /// True when nothing can happen to the order any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Assembled | Self::Cancelled)
    }
}

impl fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for OrderStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or(UnknownStatus)
    }
}
