//! Dropping old idempotency keys.

use std::{sync::Arc, time::Duration};

use rocket_runtime::SharedClock;

use crate::ports::{IdempotencyKeys, StoreError};

const BATCH: u32 = 500;

/// The use case.
pub struct SweepKeys {
    /// Keys.
    pub keys: Arc<dyn IdempotencyKeys>,
    /// Time.
    pub clock: SharedClock,
    /// How long a key is kept.
    pub keep: Duration,
}

impl SweepKeys {
    /// Drops every key that is too old; says how many.
    pub async fn run(&self) -> Result<u64, StoreError> {
        let created_before = self.clock.now() - self.keep;
        let mut dropped = 0;
        loop {
            let batch = self.keys.sweep(created_before, BATCH).await?;
            dropped += batch;
            if batch < u64::from(BATCH) {
                return Ok(dropped);
            }
        }
    }
}
