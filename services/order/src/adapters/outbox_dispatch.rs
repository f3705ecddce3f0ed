//! The outbox messages for Inventory.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::join_all;
use rocket_db::outbox::Leased;
use rocket_events::relay::{Dispatch, DispatchError};
use rocket_telemetry::{chain, propagate::set_parent};
use tracing::{Instrument as _, info_span};
use uuid::Uuid;

use super::messages::{COMMIT, RELEASE};
use crate::ports::{Inventory, InventoryError};

/// Commits and releases reservations. The relay calls again whatever fails for a
/// while; what can never succeed is parked by it, and logged as an error, because
/// it means that an order's and its parts' states contradict each other.
pub struct InventoryDispatch {
    inventory: Arc<dyn Inventory>,
}

impl InventoryDispatch {
    /// Sends to `inventory`.
    pub fn new(inventory: Arc<dyn Inventory>) -> Self {
        Self { inventory }
    }

    async fn send(&self, message: &Leased) -> Result<(), DispatchError> {
        let span = info_span!("end reservation", order_uuid = %message.key, what = %message.topic);
        set_parent(&span, message.traceparent.as_deref());
        self.end(&message.topic, &message.key)
            .instrument(span)
            .await
    }

    async fn end(&self, what: &str, order: &str) -> Result<(), DispatchError> {
        let order: Uuid = order
            .parse()
            .map_err(|error: uuid::Error| DispatchError::Permanent(chain(&error)))?;
        let ended = match what {
            COMMIT => self.inventory.commit(order).await,
            RELEASE => self.inventory.release(order).await,
            other => {
                let reason = format!("unknown message {other}");
                return Err(DispatchError::Permanent(reason));
            }
        };
        match ended {
            Ok(()) => Ok(()),
            // Released is what a release wants; a commit of it is a contradiction.
            Err(InventoryError::Released) if what == RELEASE => Ok(()),
            Err(error @ (InventoryError::Released | InventoryError::Impossible(_))) => {
                Err(DispatchError::Permanent(chain(&error)))
            }
            Err(error) => Err(DispatchError::Transient(error.into())),
        }
    }
}

#[async_trait]
impl Dispatch for InventoryDispatch {
    async fn dispatch(&self, batch: &[Leased]) -> Vec<Result<(), DispatchError>> {
        // One message per order at a time, so these do not depend on each other.
        join_all(batch.iter().map(|message| self.send(message))).await
    }
}
