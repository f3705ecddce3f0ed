//! What did not reach the collector: counted, and said in the log once a minute.

use std::{
    sync::{Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use tracing::{info, warn};

use crate::metrics::{self, Counter};

/// The log is for people; a collector that is away is worth a line, not a flood.
const SAY_EVERY: Duration = Duration::from_mins(1);

/// Shared by all signals.
#[derive(Debug, Default)]
pub(super) struct Failures {
    /// Made when it is first needed: the meter provider, which must be in place by
    /// then, has an exporter that counts here.
    dropped: OnceLock<Counter>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Items dropped since the last line.
    unsaid: u64,
    said: Option<Instant>,
    /// True from a line about a failure until one about its end.
    failing: bool,
}

impl Failures {
    /// So many items of `signal` are lost. Metrics are none: the next export has
    /// their newest values.
    pub(super) fn lost(&self, signal: &'static str, reason: &'static str, items: u64, why: &str) {
        if items > 0 {
            let labels = [("signal", signal), ("reason", reason)];
            self.dropped.get_or_init(dropped).add(items, &labels);
        }
        let Some(dropped) = self.to_say(Instant::now(), items) else {
            return;
        };
        warn!(
            signal,
            dropped, why, "telemetry does not reach the collector; what does not fit is dropped"
        );
    }

    /// How many items a line would report, if it is time for one.
    fn to_say(&self, now: Instant, items: u64) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.unsaid += items;
        if state.said.is_some_and(|said| now - said < SAY_EVERY) {
            return None;
        }
        state.said = Some(now);
        state.failing = true;
        Some(std::mem::take(&mut state.unsaid))
    }

    /// An export succeeded.
    pub(super) fn succeeded(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut state.failing) {
            drop(state);
            info!("telemetry reaches the collector again");
        }
    }
}

fn dropped() -> Counter {
    metrics::counter(
        "telemetry_dropped_total",
        "Spans and log records that did not reach the collector, by signal and reason.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_minute_says_how_much_was_lost_since_the_last() {
        let failures = Failures::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(failures.to_say(at(0), 5), Some(5));
        assert_eq!(failures.to_say(at(1), 7), None);
        assert_eq!(failures.to_say(at(59), 0), None);
        assert_eq!(failures.to_say(at(60), 1), Some(8));
        assert_eq!(failures.to_say(at(61), 1), None);
    }
}
