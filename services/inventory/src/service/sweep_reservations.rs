//! Gives back holds that ended by time.

use std::{sync::Arc, time::Duration};

use rocket_runtime::{SharedClock, shutdown::CancellationToken};
use time::OffsetDateTime;
use tracing::{Instrument as _, error, info, info_span};
use uuid::Uuid;

use crate::ports::{ReservationRepository, StoreError};

const BATCH: u32 = 100;

/// Ends holds that are past their expiry. Until it has, their parts count as held.
#[derive(Clone)]
pub struct SweepReservations {
    reservations: Arc<dyn ReservationRepository>,
    clock: SharedClock,
}

impl SweepReservations {
    /// Sweeps `reservations`.
    pub fn new(reservations: Arc<dyn ReservationRepository>, clock: SharedClock) -> Self {
        Self {
            reservations,
            clock,
        }
    }

    /// Ends every hold that is due now; answers how many it ended. A hold that cannot
    /// be ended keeps none of the others of its batch from it.
    pub async fn run(&self) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let mut ended = 0;
        loop {
            let due = self.reservations.due(now, BATCH).await?;
            let in_batch = self.settle_all(&due, now).await?;
            ended += in_batch;
            // A full batch of which nothing was left to do is being swept by another
            // replica; the next tick looks again.
            if due.len() < BATCH as usize || in_batch == 0 {
                return Ok(ended);
            }
        }
    }

    async fn settle_all(&self, due: &[Uuid], now: OffsetDateTime) -> Result<u64, StoreError> {
        let mut ended = 0;
        let mut failure = None;
        for &order_uuid in due {
            let span = info_span!("settle reservation", order_uuid = %order_uuid);
            match self
                .reservations
                .settle(order_uuid, now)
                .instrument(span)
                .await
            {
                Ok(done) => ended += u64::from(done),
                Err(error) => failure = Some(error),
            }
        }
        failure.map_or(Ok(ended), Err)
    }

    /// Sweeps every `interval` until `shutdown`.
    pub async fn run_every(self, interval: Duration, shutdown: CancellationToken) {
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = ticks.tick() => {}
            }
            match self.run().await {
                Ok(0) => {}
                Ok(ended) => info!(ended, "expired holds were given back"),
                Err(error) => error!(
                    error = &error as &(dyn std::error::Error + 'static),
                    "sweeping reservations failed; trying again"
                ),
            }
        }
    }
}
