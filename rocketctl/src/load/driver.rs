//! Starts orders: at a constant rate whatever the answers do, or back to back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use super::{all_ended, connection::Connection, run::Run, tally::lock, target::Target};
use crate::exit::Failure;

/// An order that starts this long after it was due is late. Shorter delays are the
/// timer's and the processor's.
const LATE: Duration = Duration::from_millis(10);
/// The timer rounds up to whole milliseconds; waking so much earlier keeps its error
/// out of the latencies.
const TIMER_ERROR: Duration = Duration::from_millis(1);

/// When orders start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// So many a second, evenly.
    Open { rate: u32 },
    /// The next one when the last one has ended.
    Closed,
}

/// Starts orders for `duration` over so many connections, waits for their ends, and
/// says how long it all took.
///
/// # Errors
///
/// A worker panicked, so what it had begun is in no ledger.
pub(super) async fn drive(
    run: &Arc<Run>,
    target: &Arc<Target>,
    connections: u16,
    pace: Pace,
    duration: Duration,
) -> Result<Duration, Failure> {
    let started = Instant::now();
    let schedule = Arc::new(Schedule {
        pace,
        started,
        ends: started + duration,
        total: match pace {
            Pace::Open { rate } => due_within(rate, duration),
            Pace::Closed => u64::MAX,
        },
        next: AtomicU64::new(0),
    });
    let mut workers = JoinSet::new();
    for _ in 0..connections {
        let (run, schedule) = (Arc::clone(run), Arc::clone(&schedule));
        let mut connection = Connection::new(Arc::clone(target));
        workers.spawn(async move {
            while let Some((number, due)) = schedule.next(&run).await {
                run.order(&mut connection, number, due).await;
            }
        });
    }
    all_ended(workers, "ordering").await?;
    if let Pace::Open { .. } = pace {
        tokio::time::sleep_until(schedule.ends.into()).await;
        let left = schedule
            .total
            .saturating_sub(schedule.next.load(Ordering::Relaxed));
        let mut tally = lock(&run.tally);
        tally.late += left;
        tally.not_started += left;
    }
    Ok(started.elapsed())
}

/// How many orders are due.
fn due_within(rate: u32, duration: Duration) -> u64 {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    millis.saturating_mul(u64::from(rate)) / 1_000
}

/// The plan that workers take their orders from.
#[derive(Debug)]
struct Schedule {
    pace: Pace,
    started: Instant,
    ends: Instant,
    total: u64,
    next: AtomicU64,
}

impl Schedule {
    /// Takes the next order and waits until it is due.
    async fn next(&self, run: &Run) -> Option<(u64, Instant)> {
        let now = Instant::now();
        if now >= self.ends {
            return None;
        }
        let number = self
            .next
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| {
                (next < self.total).then_some(next + 1)
            })
            .ok()?;
        let Pace::Open { rate } = self.pace else {
            return Some((number, now));
        };
        let due = self.started + offset(number, rate);
        if now > due + LATE {
            lock(&run.tally).late += 1;
            return Some((number, due));
        }
        let wake = due.checked_sub(TIMER_ERROR).unwrap_or(due);
        tokio::time::sleep_until(wake.into()).await;
        Some((number, due.min(Instant::now())))
    }
}

/// When the `number`th order is due, after the start.
fn offset(number: u64, rate: u32) -> Duration {
    let rate = u64::from(rate);
    let rest = (number % rate) * 1_000_000_000 / rate;
    Duration::from_secs(number / rate) + Duration::from_nanos(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_worker_that_panics_is_not_passed_over() {
        // Nobody is there to buy, which no caller lets happen.
        let run = Arc::new(Run::of_nobody());
        let target = Arc::new("http://127.0.0.1:9".parse().unwrap());
        let pace = Pace::Open { rate: 100 };
        let driven = drive(&run, &target, 2, pace, Duration::from_millis(50)).await;
        let failure = driven.unwrap_err().to_string();
        assert!(failure.starts_with("ordering: "), "{failure}");
    }

    #[test]
    fn orders_are_due_evenly_and_without_drift() {
        assert_eq!(due_within(300, Duration::from_millis(1_500)), 450);
        assert_eq!(offset(0, 300), Duration::ZERO);
        assert_eq!(offset(300, 300), Duration::from_secs(1));
        assert_eq!(
            offset(3_000_001, 3),
            Duration::from_nanos(1_000_000_333_333_333)
        );
        let steps: Vec<_> = (0..300)
            .map(|n| offset(n + 1, 300).abs_diff(offset(n, 300)))
            .collect();
        let (least, most) = (steps.iter().min().unwrap(), steps.iter().max().unwrap());
        assert!(
            most.abs_diff(*least) <= Duration::from_nanos(1),
            "{least:?} {most:?}"
        );
    }
}
