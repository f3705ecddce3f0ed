//! What users are told about.

use std::time::Duration;

use rocket_runtime::money::{Currency, Money};
use time::OffsetDateTime;
use uuid::Uuid;

/// Something that happened to a user's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// The event: the same however often it is read.
    pub event_uuid: Uuid,
    /// The order.
    pub order_uuid: Uuid,
    /// Who is told.
    pub user_uuid: Uuid,
    /// What happened.
    pub event: Event,
    /// When it happened.
    pub occurred_at: OffsetDateTime,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The order is paid.
    OrderPaid {
        /// How, unless this version does not know the method.
        method: Option<PaymentMethod>,
        /// The charge.
        transaction_uuid: Uuid,
        /// How much.
        amount: Money,
        /// The currency of `amount`.
        currency: Currency,
    },
    /// The ship is ready.
    ShipAssembled {
        /// How long it took.
        build_time: Duration,
    },
}

impl Event {
    /// The kind of this event.
    pub fn kind(&self) -> Kind {
        match self {
            Self::OrderPaid { .. } => Kind::OrderPaid,
            Self::ShipAssembled { .. } => Kind::ShipAssembled,
        }
    }
}

/// A kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The order is paid.
    OrderPaid,
    /// The ship is ready.
    ShipAssembled,
}

impl Kind {
    /// The word for it, which is stored and shown: that of the topic.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OrderPaid => "order.paid",
            Self::ShipAssembled => "ship.assembled",
        }
    }

    /// The kind with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::OrderPaid, Self::ShipAssembled]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// A way to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentMethod {
    /// A debit card.
    Card,
    /// The Faster Payments System of Russia.
    Sbp,
    /// A credit card.
    CreditCard,
    /// Somebody else's money.
    InvestorMoney,
}

impl PaymentMethod {
    /// As a message says it.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Card => "paid by card",
            Self::Sbp => "paid by SBP",
            Self::CreditCard => "paid by credit card",
            Self::InvestorMoney => "paid with investor money",
        }
    }
}
