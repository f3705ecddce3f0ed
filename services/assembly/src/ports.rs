//! What Assembly needs from outside.

use async_trait::async_trait;

use crate::domain::AssembledShip;

/// The announcement was not acknowledged; it may have been made all the same.
#[derive(Debug, thiserror::Error)]
#[error("the announcement was not acknowledged")]
pub struct AnnounceError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Where ships are announced.
#[async_trait]
pub trait Announcements: Send + Sync {
    /// Announces a ship, as part of the trace `traceparent`.
    ///
    /// An adapter MUST return success only when the announcement is durable, and MUST
    /// give every announcement of one order the same event id, so that a repeated one
    /// is recognised.
    async fn announce(
        &self,
        ship: &AssembledShip,
        traceparent: Option<&str>,
    ) -> Result<(), AnnounceError>;
}
