//! What this service needs from outside, and what an adapter must do.

mod feed;
mod inventory;
mod keys;
mod orders;
mod payments;

pub use feed::{StatusFeed, StatusWatch};
pub use inventory::{Inventory, InventoryError};
pub use keys::{Claim, IdempotencyKeys, KeptAnswer, KeyRef, NewClaim};
pub use orders::{
    Assembled, Begin, Cancel, Expired, Insert, ListQuery, MAX_LEASE, NewGuard, OrderRepository,
    ShipAssembled, TakenOver,
};
pub use payments::{Charge, ChargeOutcome, Payments, PaymentsError};

/// The cause below a port's error.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The store did not do the work.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Nothing was changed, for certain.
    #[error("the store refused the work")]
    Refused(#[source] Cause),
    /// The work may or may not have been done.
    #[error("the store did not say whether the work was done")]
    Unknown(#[source] Cause),
}
