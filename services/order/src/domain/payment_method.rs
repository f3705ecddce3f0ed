//! How a user pays.

use std::{fmt, str::FromStr};

/// How an order is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaymentMethod {
    /// A debit card.
    Card,
    /// The Faster Payments System (SBP).
    Sbp,
    /// A credit card.
    CreditCard,
    /// Somebody else's money.
    InvestorMoney,
}

/// The text names no payment method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected CARD, SBP, CREDIT_CARD or INVESTOR_MONEY")]
pub struct UnknownPaymentMethod;

impl PaymentMethod {
    /// Every method.
    pub const ALL: [Self; 4] = [Self::Card, Self::Sbp, Self::CreditCard, Self::InvestorMoney];

    /// The name on the wire and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Card => "CARD",
            Self::Sbp => "SBP",
            Self::CreditCard => "CREDIT_CARD",
            Self::InvestorMoney => "INVESTOR_MONEY",
        }
    }
}

impl fmt::Display for PaymentMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PaymentMethod {
    type Err = UnknownPaymentMethod;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|method| method.as_str() == text)
            .ok_or(UnknownPaymentMethod)
    }
}
