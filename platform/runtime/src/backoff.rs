//! Exponential back-off with full jitter.

use std::time::Duration;

/// Delays that double from `base` up to `max`, each drawn evenly from zero to
/// that bound ("full jitter", AWS Architecture Blog, "Exponential Backoff And
/// Jitter", 2015), so that many who failed together do not return together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The bound of the first delay.
    pub base: Duration,
    /// The bound that no delay passes.
    pub max: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            base: Duration::from_millis(50),
            max: Duration::from_secs(10),
        }
    }
}

impl Backoff {
    /// The bound of the delay before try `attempt`; the first retry is attempt 1.
    pub fn bound(&self, attempt: u32) -> Duration {
        let factor = 1_u32
            .checked_shl(attempt.saturating_sub(1))
            .unwrap_or(u32::MAX);
        self.base.saturating_mul(factor).min(self.max)
    }

    /// A delay to wait before try `attempt`.
    pub fn delay(&self, attempt: u32) -> Duration {
        let bound = u64::try_from(self.bound(attempt).as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(random_below(bound.saturating_add(1)))
    }
}

/// Jitter needs no quality, only independence: the low half of a random UUID.
fn random_below(limit: u64) -> u64 {
    let (_, low) = uuid::Uuid::new_v4().as_u64_pair();
    // The two top bits of `low` are the UUID's variant.
    (low & (u64::MAX >> 2)) % limit.max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_delay_stays_below_its_bound_and_the_bound_below_the_maximum(attempt in 0_u32..200) {
            let backoff = Backoff { base: Duration::from_millis(20), max: Duration::from_secs(3) };
            prop_assert!(backoff.delay(attempt) <= backoff.bound(attempt));
            prop_assert!(backoff.bound(attempt) <= backoff.max);
        }
    }

    #[test]
    fn the_bound_doubles() {
        let backoff = Backoff {
            base: Duration::from_millis(10),
            max: Duration::from_secs(1),
        };
        assert_eq!(backoff.bound(1), Duration::from_millis(10));
        assert_eq!(backoff.bound(4), Duration::from_millis(80));
        assert_eq!(backoff.bound(40), Duration::from_secs(1));
    }
}
