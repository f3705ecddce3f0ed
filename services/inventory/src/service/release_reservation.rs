//! Gives an order's hold back.

use std::sync::Arc;

use rocket_runtime::SharedClock;
use tracing::{Instrument as _, info, info_span};
use uuid::Uuid;

use crate::ports::{ReleaseError, ReservationRepository};

/// Gives an order's hold back, for good.
#[derive(Clone)]
pub struct ReleaseReservation {
    reservations: Arc<dyn ReservationRepository>,
    clock: SharedClock,
}

impl ReleaseReservation {
    /// Releases in `reservations`.
    pub fn new(reservations: Arc<dyn ReservationRepository>, clock: SharedClock) -> Self {
        Self {
            reservations,
            clock,
        }
    }

    /// Makes what the order holds available again; the order can never reserve again.
    /// Repeating it changes nothing.
    pub async fn run(&self, order_uuid: Uuid) -> Result<(), ReleaseError> {
        async {
            let now = self.clock.now();
            self.reservations.release(order_uuid, now).await?;
            info!("parts given back");
            Ok(())
        }
        .instrument(info_span!("release reservation", order_uuid = %order_uuid))
        .await
    }
}
