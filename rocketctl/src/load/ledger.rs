//! What the load knows of each order, from the answers it was given.

use time::OffsetDateTime;
use uuid::Uuid;

/// One order that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Which of the customers.
    pub(super) customer: usize,
    /// Which parts of the catalogue; a part named twice is bought twice.
    pub(super) parts: Vec<usize>,
    /// It was to be cancelled, not paid.
    pub(super) cancel: bool,
    pub(super) fate: Fate,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// Creating it was refused, with this code: it does not exist.
    Refused(String),
    /// Creating it never got a definite answer: it may exist.
    Unknown,
    /// Creating it was answered as a success that says nothing: it may exist.
    Unreadable,
    /// It exists.
    Created {
        order_uuid: Uuid,
        /// The price it was created with.
        price: i64,
        ending: Ending,
    },
}

/// What became of an order that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    Paid {
        transaction_uuid: Uuid,
        /// When paying was first sent, by this machine's clock.
        sent_at: OffsetDateTime,
    },
    Cancelled,
    /// Paying was answered as a success that says nothing: it is paid.
    PaidUnreadably {
        sent_at: OffsetDateTime,
    },
    /// Paying or cancelling was refused, with this code: it is as it was created.
    Refused(String),
    /// Paying never got a definite answer.
    PayUnknown {
        sent_at: OffsetDateTime,
    },
    /// Cancelling never got a definite answer.
    CancelUnknown,
}

impl Entry {
    /// What the load asked for last, for people.
    pub(super) fn step(&self) -> &'static str {
        match &self.fate {
            Fate::Created { .. } if self.cancel => "cancelling",
            Fate::Created { .. } => "paying",
            _ => "creating",
        }
    }

    /// Whether some answer is missing.
    pub(super) fn unresolved(&self) -> bool {
        match &self.fate {
            Fate::Unknown => true,
            Fate::Refused(_) | Fate::Unreadable => false,
            Fate::Created { ending, .. } => {
                matches!(ending, Ending::PayUnknown { .. } | Ending::CancelUnknown)
            }
        }
    }
}
