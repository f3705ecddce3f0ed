//! Building one ship.

use std::{sync::Arc, time::Duration};

use rocket_runtime::{SharedClock, backoff::Backoff};
use rocket_telemetry::{
    chain,
    metrics::{Histogram, histogram},
};
use tokio::time::Instant;
use tracing::{info, warn};

use crate::{
    domain::{AssembledShip, PaidOrder},
    ports::Announcements,
};

/// Dense around the default of ten seconds, where a delay would show.
const SECONDS: &[f64] = &[
    0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 10.1, 10.5, 11.0, 12.5, 15.0, 20.0, 30.0, 60.0, 120.0,
];

/// The use case.
pub(crate) struct AssembleShip {
    announcements: Arc<dyn Announcements>,
    clock: SharedClock,
    assembly_time: Duration,
    backoff: Backoff,
    duration: Histogram,
}

impl AssembleShip {
    pub(crate) fn new(
        announcements: Arc<dyn Announcements>,
        clock: SharedClock,
        assembly_time: Duration,
        backoff: Backoff,
    ) -> Self {
        Self {
            announcements,
            clock,
            assembly_time,
            backoff,
            duration: histogram(
                "ship_assembly_duration_seconds",
                "Time from a paid order's receipt to its ship.",
                SECONDS,
            ),
        }
    }

    /// Waits the full assembly time on the monotonic clock, counted from this call,
    /// then announces the ship. Returns when the announcement is acknowledged.
    pub(crate) async fn run(&self, order: PaidOrder, traceparent: Option<&str>) {
        let received = Instant::now();
        tokio::time::sleep(self.assembly_time).await;
        let ship = order.assembled(received.elapsed(), self.clock.now());
        self.announce(&ship, traceparent).await;
        self.duration.record(ship.build_time.as_secs_f64(), &[]);
        info!(order_uuid = %ship.order_uuid, build_seconds = ship.build_time.as_secs_f64(), "ship assembled");
    }

    /// Tries for as long as it takes. Giving up would hand the order back to the log,
    /// which hands it out again, and a ship that is ready would be built once more.
    async fn announce(&self, ship: &AssembledShip, traceparent: Option<&str>) {
        let mut attempt = 0;
        while let Err(error) = self.announcements.announce(ship, traceparent).await {
            attempt += 1;
            warn!(order_uuid = %ship.order_uuid, attempt, error = chain(&error), "ship could not be announced; trying again");
            tokio::time::sleep(self.backoff.delay(attempt)).await;
        }
    }
}
