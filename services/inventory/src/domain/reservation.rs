//! An order's hold on parts, and what each call makes of it.
//!
//! ```text
//!             reserve            commit
//!   (none) ------------> Held ------------> Committed
//!      |                  | ^ \
//!      |           expiry | |  \ release
//!      |                  v | reserve
//!      |               Expired   \
//!      |   release        |       v
//!      +------------------+-> Released
//! ```
//!
//! `Committed` and `Released` are final: they stay as tombstones, so that a late
//! call meets them and changes nothing.

use std::{collections::BTreeMap, time::Duration};

use rocket_runtime::clock::truncate_to_micros;
use time::OffsetDateTime;
use uuid::Uuid;

/// The most pieces in one reservation.
pub const MAX_ITEMS: i64 = 100;
/// The longest a temporary hold lasts.
pub const MAX_TTL: Duration = Duration::from_hours(7 * 24);

/// Which parts an order holds and how many of each: at least one piece, at most
/// [`MAX_ITEMS`], sorted by part id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Items(BTreeMap<Uuid, i64>);

/// Why parts cannot be reserved as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ItemsError {
    /// No part at all.
    #[error("expected at least one part")]
    Empty,
    /// The quantity at this index is below one.
    #[error("expected a quantity of at least 1")]
    Quantity {
        /// Its index in the request.
        index: usize,
    },
    /// More than [`MAX_ITEMS`] pieces.
    #[error("expected at most 100 pieces in all")]
    TooMany,
}

impl Items {
    /// Sums up quantities of the same part.
    pub fn new(parts: impl IntoIterator<Item = (Uuid, i64)>) -> Result<Self, ItemsError> {
        let mut items = BTreeMap::new();
        let mut total = 0_i64;
        for (index, (part, quantity)) in parts.into_iter().enumerate() {
            if quantity < 1 {
                return Err(ItemsError::Quantity { index });
            }
            total = total.saturating_add(quantity);
            if total > MAX_ITEMS {
                return Err(ItemsError::TooMany);
            }
            *items.entry(part).or_insert(0) += quantity;
        }
        if items.is_empty() {
            return Err(ItemsError::Empty);
        }
        Ok(Self(items))
    }

    /// Parts and quantities in the order of part ids.
    pub fn iter(&self) -> impl Iterator<Item = (Uuid, i64)> + '_ {
        self.0.iter().map(|(&part, &quantity)| (part, quantity))
    }
}

/// How long a hold lasts. `At` is less than `Never`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expiry {
    /// Until then; afterwards the sweeper gives the parts back.
    At(OffsetDateTime),
    /// Until it is committed or released.
    Never,
}

/// The time is no time to live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected more than nothing and at most seven days")]
pub struct TtlError;

impl Expiry {
    /// The expiry of a hold taken `now`; without a `ttl` it never expires.
    pub fn after(now: OffsetDateTime, ttl: Option<Duration>) -> Result<Self, TtlError> {
        let Some(ttl) = ttl else {
            return Ok(Self::Never);
        };
        if ttl.is_zero() || ttl > MAX_TTL {
            return Err(TtlError);
        }
        Ok(Self::At(truncate_to_micros(now + ttl)))
    }

    /// Whether a hold with this expiry is over.
    pub fn is_over(self, now: OffsetDateTime) -> bool {
        matches!(self, Self::At(end) if end <= now)
    }
}

/// Where a reservation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The parts are held. A hold past its expiry still holds them until the sweeper
    /// has ended it.
    Held(Expiry),
    /// The sweeper gave the parts back; the order may take them anew.
    Expired,
    /// The parts are sold. Final.
    Committed,
    /// The parts were given back, or never taken. Final.
    Released,
}

/// What the store knows about one order's parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// The parts; none for an order that was released before it reserved any.
    pub items: Option<Items>,
    /// Where it stands.
    pub state: State,
}

/// What a reserve call must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReserveStep {
    /// Take all parts, or none, and hold them until then.
    Take(Expiry),
    /// The parts are held: only let them be held longer.
    Extend(Expiry),
    /// Nothing is left to do.
    Done,
}

/// Why an order cannot reserve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReserveRefusal {
    /// It reserved other parts before.
    #[error("the order has reserved other parts")]
    Differs,
    /// Its reservation was released, which is final.
    #[error("the reservation was released")]
    Released,
}

/// What a commit call must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitStep {
    /// Turn held parts into sold ones.
    Sell,
    /// Nothing is left to do.
    Done,
}

/// Why a reservation cannot be committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CommitRefusal {
    /// The order never reserved anything.
    #[error("the order has no reservation")]
    NotFound,
    /// The hold ended by time and its parts were given back.
    #[error("the reservation expired")]
    Expired,
    /// It was released.
    #[error("the reservation was released")]
    Released,
}

/// What a release call must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseStep {
    /// Give the held parts back and leave a tombstone.
    GiveBack,
    /// Nothing is held: only leave a tombstone.
    Mark,
    /// Nothing is left to do.
    Done,
}

/// Why a reservation cannot be released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseRefusal {
    /// The parts are sold.
    #[error("the reservation was committed")]
    Committed,
}

impl Reservation {
    /// What reserving `items` until `expiry` means for an order that stands at
    /// `known`.
    pub fn reserve(
        known: Option<&Self>,
        items: &Items,
        expiry: Expiry,
    ) -> Result<ReserveStep, ReserveRefusal> {
        let Some(known) = known else {
            return Ok(ReserveStep::Take(expiry));
        };
        if known.state == State::Released {
            return Err(ReserveRefusal::Released);
        }
        if known.items.as_ref() != Some(items) {
            return Err(ReserveRefusal::Differs);
        }
        Ok(match known.state {
            State::Expired => ReserveStep::Take(expiry),
            // A repeat that arrives late must not shorten what a later call was promised.
            State::Held(until) if until < expiry => ReserveStep::Extend(expiry),
            State::Held(_) | State::Committed | State::Released => ReserveStep::Done,
        })
    }
}

impl State {
    /// What committing means for an order that stands at `known`.
    pub const fn commit(known: Option<Self>) -> Result<CommitStep, CommitRefusal> {
        match known {
            None => Err(CommitRefusal::NotFound),
            Some(Self::Held(_)) => Ok(CommitStep::Sell),
            Some(Self::Committed) => Ok(CommitStep::Done),
            Some(Self::Expired) => Err(CommitRefusal::Expired),
            Some(Self::Released) => Err(CommitRefusal::Released),
        }
    }

    /// What releasing means for an order that stands at `known`.
    pub const fn release(known: Option<Self>) -> Result<ReleaseStep, ReleaseRefusal> {
        match known {
            Some(Self::Held(_)) => Ok(ReleaseStep::GiveBack),
            None | Some(Self::Expired) => Ok(ReleaseStep::Mark),
            Some(Self::Released) => Ok(ReleaseStep::Done),
            Some(Self::Committed) => Err(ReleaseRefusal::Committed),
        }
    }

    /// Whether the sweeper must give the parts back.
    pub fn is_due(self, now: OffsetDateTime) -> bool {
        matches!(self, Self::Held(expiry) if expiry.is_over(now))
    }
}
