//! Forgetting what the log cannot bring again.

use std::{sync::Arc, time::Duration};

use rocket_runtime::SharedClock;

use crate::ports::{DeliveryMarks, StoreError};

/// Rows of one step, so that no step holds the store for long.
const STEP: usize = 1_000;

/// The use case.
pub(crate) struct Sweep {
    pub(crate) marks: Arc<dyn DeliveryMarks>,
    pub(crate) clock: SharedClock,
    pub(crate) retention: Duration,
}

impl Sweep {
    /// Forgets everything older than the retention. Returns how many rows that was.
    pub(crate) async fn run(&self) -> Result<usize, StoreError> {
        let before = self.clock.now() - self.retention;
        let mut all = 0;
        loop {
            match self.marks.forget(before, STEP).await? {
                0 => return Ok(all),
                some => all += some,
            }
        }
    }
}
