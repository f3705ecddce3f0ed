//! A clock that stands still until it is told.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rocket_runtime::{Clock, SharedClock, SystemClock};
use time::OffsetDateTime;

/// A wall clock that a test moves by hand.
#[derive(Debug)]
pub struct ManualClock(Mutex<OffsetDateTime>);

impl ManualClock {
    /// Stands at the present until moved.
    pub fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(SystemClock.now())))
    }

    /// Moves forward.
    pub fn advance(&self, by: Duration) {
        *self.lock() += by;
    }

    /// Moves anywhere, backwards too, as a badly set machine would.
    pub fn set(&self, to: OffsetDateTime) {
        *self.lock() = to;
    }

    /// The same clock as services take it.
    pub fn shared(self: &Arc<Self>) -> SharedClock {
        self.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, OffsetDateTime> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        *self.lock()
    }
}
