//! Hearing of status changes.

use async_trait::async_trait;
use uuid::Uuid;

/// Tells observers that an order may have changed.
///
/// An adapter MUST wake every watch of an order after each of its status changes is
/// visible to reads, whichever replica made it, and MUST wake a watch that may
/// have missed one (a lost connection to the source of changes). It MAY wake for
/// nothing and MAY merge several changes into one: who is woken reads the order
/// again and derives what happened from it.
pub trait StatusFeed: Send + Sync {
    /// Watches one order from now on. Changes are kept from this call, not from
    /// the first wait, so "watch, then read" misses none.
    fn watch(&self, order_uuid: Uuid) -> Box<dyn StatusWatch>;
}

/// One observer's ear.
#[async_trait]
pub trait StatusWatch: Send + Sync {
    /// Completes once the order may have changed since the last time. Dropping
    /// the future loses nothing.
    async fn changed(&mut self);
}
