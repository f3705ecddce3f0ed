//! What the service needs from a store, and what an adapter MUST do.
//!
//! The contracts fit a store without transactions over several records (MongoDB
//! without multi-document transactions): there a part's record holds its stock and the
//! holds on it, each taken or given back in one atomic update that names the order and
//! so cannot apply twice; parts are taken in the order of their ids; and the
//! reservation record is the intent, written first, that a sweeper drives to its end
//! after a crash. A store with transactions does the whole in one.

use std::error::Error as StdError;

use async_trait::async_trait;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{
    CommitRefusal, Expiry, Filter, Items, NewPart, PageKey, Part, ReleaseRefusal, ReserveRefusal,
    StockAudit,
};

/// A cause that is logged and never shown.
pub type Cause = Box<dyn StdError + Send + Sync>;

/// The store did not answer, or not sensibly.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It could not be reached or is overloaded. The call may have taken effect, and
    /// repeating it is safe.
    #[error("the inventory store did not answer")]
    Unavailable(#[source] Cause),
    /// A record does not make sense to this version.
    #[error("a record of the inventory store is damaged: {what}")]
    Damaged {
        /// Which record, and what is wrong with it.
        what: String,
    },
}

/// What importing one part did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// The part is new.
    Added,
    /// Its details or its stock changed.
    Updated,
    /// The store said the same already.
    Unchanged,
    /// The catalogue brings in fewer pieces than are held and sold, so that nothing of
    /// it is imported.
    StockTooLow {
        /// The least that could be imported.
        least: i64,
    },
}

/// The parts.
#[async_trait]
pub trait PartRepository: Send + Sync {
    /// One part.
    async fn get(&self, uuid: Uuid) -> Result<Option<Part>, StoreError>;

    /// The first `limit` parts after `after` that `filter` selects.
    ///
    /// MUST order by name, then id, both byte by byte; MUST compare text exactly,
    /// never as a pattern; MUST answer from one read.
    async fn list(
        &self,
        filter: &Filter,
        after: Option<&PageKey>,
        limit: u32,
    ) -> Result<Vec<Part>, StoreError>;

    /// Whether there is no part at all.
    async fn is_empty(&self) -> Result<bool, StoreError>;

    /// Adds parts and updates known ones; answers in the order of `parts`. When any is
    /// [`Imported::StockTooLow`] MUST change nothing: the others then say what would
    /// have become of them.
    ///
    /// MUST leave held and sold as they are, and parts that are not named. MUST set
    /// what can be ordered to `stock - held - sold` in the same atomic step as it reads
    /// those two, and leave a part alone for which that is negative. MUST set
    /// `updated_at` to `now` only when details change. A store without transactions
    /// over several records looks at all parts first; should pieces be taken between
    /// that and its writing a part, so that too few are left, it leaves that part
    /// alone and says so, and importing again is safe.
    async fn import(
        &self,
        parts: Vec<NewPart>,
        now: OffsetDateTime,
    ) -> Result<Vec<Imported>, StoreError>;

    /// What [`PartRepository::import`] would do now. MUST change nothing.
    async fn check_import(&self, parts: Vec<NewPart>) -> Result<Vec<Imported>, StoreError>;

    /// Where every piece is, per part in the order of ids; for tests and audits.
    /// Exact only while nothing is being reserved.
    async fn stock_audit(&self) -> Result<Vec<StockAudit>, StoreError>;
}

/// Why parts could not be reserved. Whatever it is, nothing new is held.
#[derive(Debug, thiserror::Error)]
pub enum ReserveError {
    /// The order's reservation does not allow it.
    #[error(transparent)]
    Refused(#[from] ReserveRefusal),
    /// A part does not exist.
    #[error("part {part_uuid} does not exist")]
    UnknownPart {
        /// Which.
        part_uuid: Uuid,
    },
    /// Too little of a part can be ordered.
    #[error("part {part_uuid} has {left} left")]
    OutOfStock {
        /// Which.
        part_uuid: Uuid,
        /// How many could have been had.
        left: i64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a reservation could not be committed; nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The order's reservation does not allow it.
    #[error(transparent)]
    Refused(#[from] CommitRefusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a reservation could not be released; nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// The order's reservation does not allow it.
    #[error(transparent)]
    Refused(#[from] ReleaseRefusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The orders' holds on parts.
///
/// For every call an adapter MUST
/// - decide by the rules of [`crate::domain::Reservation`] and [`crate::domain::State`] on
///   the order's record as it is when the change applies, also when calls for one
///   order run at once;
/// - keep invariant 3 in every state that another call can see: no number below zero,
///   `stock + held + sold` constant per part, all parts of a reservation or none;
/// - be safe to repeat after a crash or a lost answer at any point, with the outcome
///   that one call would have had;
/// - keep ended reservations: they are what stops a late call.
#[async_trait]
pub trait ReservationRepository: Send + Sync {
    /// Holds `items` for the order until `expiry`.
    ///
    /// MUST take parts in the order of their ids; the first that is missing or short
    /// decides the error, and then no part of the call stays taken and the order's
    /// record is as before. A hold that is past its expiry but not yet ended by
    /// [`ReservationRepository::settle`] still counts as held.
    async fn reserve(
        &self,
        order_uuid: Uuid,
        items: &Items,
        expiry: Expiry,
        now: OffsetDateTime,
    ) -> Result<(), ReserveError>;

    /// Turns the order's hold into a sale, also one that is past its expiry but not
    /// yet ended.
    async fn commit(&self, order_uuid: Uuid, now: OffsetDateTime) -> Result<(), CommitError>;

    /// Gives the order's hold back for good. MUST leave a tombstone even for an order
    /// it has never heard of, so that a reserve call that is still on its way is
    /// refused.
    async fn release(&self, order_uuid: Uuid, now: OffsetDateTime) -> Result<(), ReleaseError>;

    /// At most `limit` orders that [`ReservationRepository::settle`] has something to
    /// do for: holds past their expiry and, where a change takes several steps, changes
    /// that a crash left half done. The longest due come first. MUST NOT write.
    async fn due(&self, now: OffsetDateTime, limit: u32) -> Result<Vec<Uuid>, StoreError>;

    /// Ends the order's hold if it is past its expiry, or finishes what was left half
    /// done; false when there was nothing to do. MUST check that anew in the same
    /// atomic step: since [`ReservationRepository::due`] the hold may have been
    /// extended, sold or given back. Several replicas may settle at once.
    async fn settle(&self, order_uuid: Uuid, now: OffsetDateTime) -> Result<bool, StoreError>;
}
