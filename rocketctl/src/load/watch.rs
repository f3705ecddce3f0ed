//! Looks at every customer's messages while the load runs.
//!
//! The platform shows the last fifty only, so a customer is looked at again well
//! before fifty new ones can have come; after an outage, when what was held up comes
//! all at once, as often as is useful.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    sync::{Arc, Mutex, atomic::Ordering},
    time::{Duration, Instant},
};

use http::StatusCode;
use rocket_runtime::shutdown::CancellationToken;
use tokio::task::JoinSet;

use super::{
    all_ended,
    reader::{Reader, parse},
    run::Run,
    tally::lock,
    target::Target,
    told::Told,
    wire::Messages,
};
use crate::exit::Failure;

const PATH: &str = "/api/v1/notifications";
const LANES: usize = 4;
/// So many new messages are expected between two looks, of fifty that fit.
const EXPECTED: u32 = 12;
/// So many new ones in one look mean that a backlog is coming.
const BACKLOG: usize = 20;
const SOONEST: Duration = Duration::from_millis(20);
const ALARMED: Duration = Duration::from_millis(100);
const LATEST: Duration = Duration::from_secs(2);
const FIRST: Duration = Duration::from_millis(250);
/// How long after a failure a backlog may still come, while tellings are owed.
const ALARM: Duration = Duration::from_mins(2);

/// Watches until it is stopped.
#[derive(Debug)]
pub(super) struct Watch {
    told: Arc<Vec<Mutex<Told>>>,
    stop: CancellationToken,
    lanes: JoinSet<()>,
}

impl Watch {
    pub(super) fn start(run: &Arc<Run>, target: &Arc<Target>) -> Self {
        let count = run.customers.len();
        let told: Arc<Vec<Mutex<Told>>> = Arc::new((0..count).map(|_| Mutex::default()).collect());
        let stop = CancellationToken::new();
        let alarm = Arc::new(Mutex::new(None));
        let mut lanes = JoinSet::new();
        for lane in 0..LANES.min(count) {
            let lane = Lane {
                run: Arc::clone(run),
                told: Arc::clone(&told),
                alarm: Arc::clone(&alarm),
                reader: Reader::new(Arc::clone(target)),
                due: (lane..count).step_by(LANES).map(Look::first).collect(),
            };
            let stop = stop.clone();
            lanes.spawn(async move {
                stop.run_until_cancelled(lane.run()).await;
            });
        }
        Self { told, stop, lanes }
    }

    /// What each customer was told so far.
    pub(super) fn told(&self) -> &[Mutex<Told>] {
        &self.told
    }

    /// Ends all looking.
    pub(super) async fn stop(self) -> Result<(), Failure> {
        self.stop.cancel();
        all_ended(self.lanes, "looking at messages").await
    }
}

/// The next look at a customer; the earliest is the greatest in a heap of reverses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Look {
    due: Reverse<Instant>,
    customer: usize,
    /// When the customer was looked at before, and the payments begun until then.
    before: (Instant, u64),
}

impl Look {
    fn first(customer: usize) -> Self {
        let now = Instant::now();
        Self {
            due: Reverse(now + FIRST),
            customer,
            before: (now, 0),
        }
    }
}

/// One connection, and the customers it looks at.
struct Lane {
    run: Arc<Run>,
    told: Arc<Vec<Mutex<Told>>>,
    /// When the platform was last away.
    alarm: Arc<Mutex<Option<Instant>>>,
    reader: Reader,
    due: BinaryHeap<Look>,
}

impl Lane {
    async fn run(mut self) {
        while let Some(look) = self.due.pop() {
            tokio::time::sleep_until(look.due.0.into()).await;
            let pays = self.run.pays[look.customer].load(Ordering::Relaxed);
            let now = Instant::now();
            let new = match self.look(look.customer).await {
                Looked::New(new) => new,
                Looked::Away => {
                    *lock(&self.alarm) = Some(Instant::now());
                    0
                }
                Looked::Refused(wait) => {
                    tokio::time::sleep(wait).await;
                    0
                }
            };
            let alarmed = lock(&self.alarm).is_some_and(|since| since.elapsed() < ALARM);
            let seen = lock(&self.told[look.customer]).count();
            let pause = pause(&Seen {
                new,
                pays: pays - look.before.1,
                over: now - look.before.0,
                owed: usize::try_from(pays * 2)
                    .unwrap_or(usize::MAX)
                    .saturating_sub(seen),
                alarmed,
            });
            self.due.push(Look {
                due: Reverse(Instant::now() + pause),
                customer: look.customer,
                before: (now, pays),
            });
        }
    }

    async fn look(&mut self, customer: usize) -> Looked {
        let session = &self.run.customers[customer].session;
        let Ok(answer) = self.reader.try_get(Some(session), PATH).await else {
            return Looked::Away;
        };
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            return Looked::Refused(answer.retry_after.unwrap_or(ALARMED));
        }
        match parse::<Messages>(PATH, &answer) {
            Ok(shown) => Looked::New(lock(&self.told[customer]).take(shown.notifications)),
            Err(_) => Looked::Away,
        }
    }
}

/// What a look brought.
enum Looked {
    /// So many new messages.
    New(usize),
    /// The platform did not answer, or not with messages.
    Away,
    /// It answers less often than it is asked.
    Refused(Duration),
}

/// What the next look depends on.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// Messages that were new.
    new: usize,
    /// Payments begun since the look before.
    pays: u64,
    over: Duration,
    /// Messages that must come and have not.
    owed: usize,
    alarmed: bool,
}

/// How long to wait until the next look.
fn pause(seen: &Seen) -> Duration {
    if seen.new >= BACKLOG {
        return SOONEST;
    }
    if seen.alarmed && seen.owed > BACKLOG {
        return ALARMED;
    }
    // Each payment makes two messages, now and when the ship is assembled.
    let coming = u32::try_from(seen.pays * 2).unwrap_or(u32::MAX);
    let coming = coming
        .max(u32::try_from(seen.new).unwrap_or(u32::MAX))
        .max(1);
    (seen.over * EXPECTED / coming).clamp(SOONEST, LATEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_is_looked_at_before_too_much_can_have_come() {
        let calm = Seen {
            new: 4,
            pays: 2,
            over: Duration::from_secs(1),
            owed: 40,
            alarmed: false,
        };
        assert_eq!(pause(&calm), LATEST);
        // 24 messages a second, so 12 in half of one.
        let busy = Seen { pays: 12, ..calm };
        assert_eq!(pause(&busy), Duration::from_millis(500));
        assert_eq!(pause(&Seen { new: 24, ..calm }), SOONEST);
        assert_eq!(
            pause(&Seen {
                alarmed: true,
                ..calm
            }),
            ALARMED
        );
        assert_eq!(
            pause(&Seen {
                alarmed: true,
                owed: 3,
                ..calm
            }),
            LATEST
        );
    }
}
