//! Turns an order's hold into a sale.

use std::sync::Arc;

use rocket_runtime::SharedClock;
use tracing::{Instrument as _, info, info_span};
use uuid::Uuid;

use crate::ports::{CommitError, ReservationRepository};

/// Turns an order's hold into a sale.
#[derive(Clone)]
pub struct CommitReservation {
    reservations: Arc<dyn ReservationRepository>,
    clock: SharedClock,
}

impl CommitReservation {
    /// Commits in `reservations`.
    pub fn new(reservations: Arc<dyn ReservationRepository>, clock: SharedClock) -> Self {
        Self {
            reservations,
            clock,
        }
    }

    /// Sells what the order holds. Repeating it changes nothing.
    pub async fn run(&self, order_uuid: Uuid) -> Result<(), CommitError> {
        async {
            let now = self.clock.now();
            self.reservations.commit(order_uuid, now).await?;
            info!("parts sold");
            Ok(())
        }
        .instrument(info_span!("commit reservation", order_uuid = %order_uuid))
        .await
    }
}
