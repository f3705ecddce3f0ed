//! Where every piece of a part is.

use uuid::Uuid;

/// The count of one part's pieces. Invariant 3: none of the numbers is negative, and
/// `stock + held + sold == stocked`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockAudit {
    /// Which part.
    pub part_uuid: Uuid,
    /// How many the catalogue ever brought in.
    pub stocked: i64,
    /// How many can be ordered.
    pub stock: i64,
    /// How many orders hold.
    pub held: i64,
    /// How many were sold.
    pub sold: i64,
    /// How many the holds on record add up to; equals `held` in a sound store.
    pub held_by_reservations: i64,
    /// How many the committed reservations add up to; equals `sold` in a sound store.
    pub sold_by_reservations: i64,
}

impl StockAudit {
    /// Whether invariant 3 holds for this part.
    pub const fn is_sound(&self) -> bool {
        self.stock >= 0
            && self.held >= 0
            && self.sold >= 0
            && self.stock + self.held + self.sold == self.stocked
            && self.held == self.held_by_reservations
            && self.sold == self.sold_by_reservations
    }
}
