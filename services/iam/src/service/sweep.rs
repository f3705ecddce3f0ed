//! Expired sessions are deleted. They stopped counting at their expiry already; this
//! only keeps the store small.

use std::{sync::Arc, time::Duration};

use rocket_runtime::{SharedClock, shutdown::CancellationToken};
use tracing::{debug, instrument, warn};

use crate::ports::{SessionStore, StoreError};

/// So many at once, so that no sweep holds up a login for long.
const BATCH: u32 = 500;

/// Deletes expired sessions.
#[derive(Debug, Clone)]
pub struct SweepSessions {
    sessions: Arc<dyn SessionStore>,
    clock: SharedClock,
}

impl SweepSessions {
    /// From its ports.
    pub fn new(sessions: Arc<dyn SessionStore>, clock: SharedClock) -> Self {
        Self { sessions, clock }
    }

    /// Deletes what is expired now; returns how many.
    #[instrument(name = "sweep sessions", skip_all)]
    pub async fn run(&self) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let mut total = 0;
        loop {
            let swept = self.sessions.sweep(now, BATCH).await?;
            total += swept;
            if swept < u64::from(BATCH) {
                return Ok(total);
            }
        }
    }

    /// Sweeps every so often until shutdown. A store that does not answer is asked
    /// again the next time.
    pub async fn run_every(self, period: Duration, shutdown: CancellationToken) {
        while shutdown
            .run_until_cancelled(tokio::time::sleep(period))
            .await
            .is_some()
        {
            match self.run().await {
                Ok(swept) => debug!(swept, "expired sessions swept"),
                Err(error) => warn!(error = &error as &dyn std::error::Error, "sweep failed"),
            }
        }
    }
}
