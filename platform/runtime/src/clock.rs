//! Wall-clock time behind a trait, so that tests can hold it still.

use std::{fmt::Debug, sync::Arc};

use time::OffsetDateTime;

/// The wall clock. Waiting is not its business: timers use `tokio::time`, which
/// runs on the monotonic clock and which tests can pause.
pub trait Clock: Send + Sync + Debug {
    /// Now, in UTC, truncated to microseconds: the precision that every store keeps,
    /// so that a time read back equals the time written.
    fn now(&self) -> OffsetDateTime;
}

/// A clock that many parts share.
pub type SharedClock = Arc<dyn Clock>;

/// The operating system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        truncate_to_micros(OffsetDateTime::now_utc())
    }
}

/// Drops what is finer than a microsecond.
pub fn truncate_to_micros(at: OffsetDateTime) -> OffsetDateTime {
    at.replace_nanosecond(at.microsecond() * 1_000)
        .unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_has_no_nanoseconds() {
        assert_eq!(SystemClock.now().nanosecond() % 1_000, 0);
    }
}
