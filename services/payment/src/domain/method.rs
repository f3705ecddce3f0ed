//! The ways to pay.

/// A way to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaymentMethod {
    /// A debit card.
    Card,
    /// The Faster Payments System of Russia (Система быстрых платежей).
    Sbp,
    /// A credit card.
    CreditCard,
    /// Somebody else's money.
    InvestorMoney,
}

impl PaymentMethod {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Card, Self::Sbp, Self::CreditCard, Self::InvestorMoney];

    /// The word for it in the APIs, for example `CREDIT_CARD`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Card => "CARD",
            Self::Sbp => "SBP",
            Self::CreditCard => "CREDIT_CARD",
            Self::InvestorMoney => "INVESTOR_MONEY",
        }
    }
}
