//! Parts and what is left of them.

use std::time::Duration;

use async_trait::async_trait;
use rocket_rpc::session::SessionToken;
use uuid::Uuid;

use super::Cause;
use crate::domain::{PartPrice, PartQuantity};

/// Inventory did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum InventoryError {
    /// Not enough is left of some part. Nothing new is held.
    #[error("not enough parts are left")]
    OutOfStock,
    /// A part does not exist. Nothing new is held.
    #[error("a part does not exist")]
    UnknownPart,
    /// The order's hold was given back for good.
    #[error("the reservation was released")]
    Released,
    /// The order's hold does not exist or was already sold: asking again is useless.
    #[error("the reservation does not allow this")]
    Impossible(#[source] Cause),
    /// The caller's session is no longer valid.
    #[error("the session is not valid")]
    Unauthenticated,
    /// No answer, or one that says nothing about parts; it may have been done.
    #[error("inventory gave no answer")]
    Unavailable(#[source] Cause),
}

/// The parts of a rocket.
#[async_trait]
pub trait Inventory: Send + Sync {
    /// The prices of those of `parts` (at most 100, without duplicates) that exist,
    /// in any order. Asked as the user whose `session` it is.
    async fn prices(
        &self,
        parts: &[Uuid],
        session: &SessionToken,
    ) -> Result<Vec<PartPrice>, InventoryError>;

    /// Holds all `parts` for the order, or none; for `ttl`, or without one until
    /// the hold is committed or released. Repeating keeps the hold there is, with
    /// the new term, or takes the parts anew when it ran out.
    async fn reserve(
        &self,
        order: Uuid,
        parts: &[PartQuantity],
        ttl: Option<Duration>,
    ) -> Result<(), InventoryError>;

    /// Turns the hold into a sale. Repeating changes nothing.
    async fn commit(&self, order: Uuid) -> Result<(), InventoryError>;

    /// Gives the hold back for good; also one that a slow `reserve` has yet to
    /// make. Repeating changes nothing.
    async fn release(&self, order: Uuid) -> Result<(), InventoryError>;
}
