//! What is counted while the load runs.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hdrhistogram::Histogram;

/// Locks; a panic elsewhere makes no number wrong.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counters and histograms of one load.
#[derive(Debug)]
pub(super) struct Tally {
    /// Of creating: from the moment the order was due to the definite answer.
    pub(super) create: Latencies,
    /// Of paying: from its first sending to the definite answer.
    pub(super) pay: Latencies,
    pub(super) orders: u64,
    pub(super) paid: u64,
    pub(super) cancelled: u64,
    pub(super) refused: BTreeMap<String, u64>,
    pub(super) unresolved: u64,
    pub(super) retries: BTreeMap<String, u64>,
    /// Started late because no connection was free, or not at all.
    pub(super) late: u64,
    /// Those of them that never started: the time was over.
    pub(super) not_started: u64,
    /// Started and not ended.
    pub(super) in_flight: u64,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            create: Latencies::new(),
            pay: Latencies::new(),
            orders: 0,
            paid: 0,
            cancelled: 0,
            refused: BTreeMap::new(),
            unresolved: 0,
            retries: BTreeMap::new(),
            late: 0,
            not_started: 0,
            in_flight: 0,
        }
    }

    pub(super) fn retry(&mut self, why: String) {
        *self.retries.entry(why).or_default() += 1;
    }

    pub(super) fn refuse(&mut self, code: String) {
        *self.refused.entry(code).or_default() += 1;
    }
}

/// A histogram of microseconds with three significant digits.
#[derive(Debug)]
pub(super) struct Latencies(Histogram<u64>);

impl Latencies {
    fn new() -> Self {
        let histogram = Histogram::new(3).expect("three digits are within its 0 to 5");
        Self(histogram)
    }

    pub(super) fn record(&mut self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        // It grows as needed; only a latency of centuries would not fit.
        let _ = self.0.record(micros);
    }

    pub(super) fn count(&self) -> u64 {
        self.0.len()
    }

    /// The latency that this share of all does not exceed.
    pub(super) fn quantile(&self, share: f64) -> Duration {
        Duration::from_micros(self.0.value_at_quantile(share))
    }

    pub(super) fn max(&self) -> Duration {
        Duration::from_micros(self.0.max())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_a_thousandth() {
        let mut latencies = Latencies::new();
        for micros in 1..=10_000 {
            latencies.record(Duration::from_micros(micros));
        }
        assert_eq!(latencies.count(), 10_000);
        let p99 = latencies.quantile(0.99).as_secs_f64();
        assert!((p99 - 0.009_9).abs() < 0.000_01, "{p99}");
        let slow = Duration::from_hours(2);
        latencies.record(slow);
        assert!(latencies.max() >= slow, "the slowest is never cut off");
    }
}
