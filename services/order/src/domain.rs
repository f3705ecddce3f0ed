//! What an order is and what may happen to it. No I/O, no async.
//!
//! # The life of an order
//!
//! ```text
//!                      pay                 parts held for good
//!  PENDING_PAYMENT ---------> [reserving] ---------------------> [charging]
//!   (unguarded) ^ <-----------     |       (before PayOrder)       |  |  |
//!    |          |   no parts, Inventory                            |  |  |
//!    |          |   unavailable, or the                            |  |  |
//!    |          |   lease ran out                                  |  |  |
//!    |          |                                                  |  |  |
//!    |          +--------- declined: attempt + 1 ------------------+  |  |
//!    |                                                                |  |
//!    |      no definite answer: stays, the sweeper repeats the same --+  |
//!    |      attempt under a new token once the lease ran out             |
//!    |                                                                   |
//!    | cancel, expiry                                  charged           |
//!    v                                                                   v
//!  CANCELLED                                ASSEMBLED <----------------- PAID
//!  + ReleaseReservation                         ship.assembled  + OrderPaid
//!                                                               + CommitReservation
//! ```
//!
//! `[reserving]` and `[charging]` are `PENDING_PAYMENT` with a [`Guard`]. What each
//! state means for a crash:
//!
//! - **reserving**: Payment has certainly not heard of this attempt, because it is
//!   asked only after the row says *charging*, and a row leaves *reserving* only
//!   by a guarded update under its token. So the guard may simply be dropped.
//! - **charging**: Payment may have charged. Only its answer for this very attempt
//!   ends the guard. Inventory's hold was made permanent before, and nothing
//!   can cancel a guarded order, so whoever repeats the attempt needs no parts.
//!
//! While guarded, pay, cancel and expiry leave the row alone.

mod attempt;
mod order;
mod page;
mod payment_method;
mod pricing;
mod status;

pub use attempt::{Guard, Step};
pub use order::{Assembly, Blocked, Order, Payment, StatusChange};
pub use page::{Cursor, CursorError, PageSize, PageSizeError};
pub use payment_method::{PaymentMethod, UnknownPaymentMethod};
pub use pricing::{MAX_PARTS, PartPrice, PartQuantity, PricingError, price, quantities};
pub use status::{OrderStatus, UnknownStatus};

#[cfg(test)]
mod tests;
