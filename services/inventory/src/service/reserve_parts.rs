//! Holds the parts of an order.

use std::{sync::Arc, time::Duration};

use rocket_runtime::SharedClock;
use tracing::{Instrument as _, debug, info_span};
use uuid::Uuid;

use crate::{
    domain::{Expiry, Items, TtlError},
    ports::{ReservationRepository, ReserveError},
};

/// Holds the parts of an order: all of them or none.
#[derive(Clone)]
pub struct ReserveParts {
    reservations: Arc<dyn ReservationRepository>,
    clock: SharedClock,
}

/// Why nothing new is held.
#[derive(Debug, thiserror::Error)]
pub enum ReservePartsError {
    /// The time to live makes no sense.
    #[error(transparent)]
    Ttl(#[from] TtlError),
    /// The parts cannot be had.
    #[error(transparent)]
    Reserve(#[from] ReserveError),
}

impl ReserveParts {
    /// Holds in `reservations`.
    pub fn new(reservations: Arc<dyn ReservationRepository>, clock: SharedClock) -> Self {
        Self {
            reservations,
            clock,
        }
    }

    /// Holds `items` for the order, for `ttl`, or without one until the hold is
    /// committed or released. Repeating it keeps the hold and never shortens it; a
    /// hold that ended by time is taken anew.
    pub async fn run(
        &self,
        order_uuid: Uuid,
        items: &Items,
        ttl: Option<Duration>,
    ) -> Result<(), ReservePartsError> {
        let now = self.clock.now();
        let expiry = Expiry::after(now, ttl)?;
        async {
            self.reservations
                .reserve(order_uuid, items, expiry, now)
                .await?;
            debug!("parts held");
            Ok(())
        }
        .instrument(info_span!("reserve parts", order_uuid = %order_uuid))
        .await
    }
}
