//! The wall clock jumps an hour while a relay works: leases and back-offs are times
//! of it, and neither may hold a message up, lose one or change the order of a key.
#![allow(clippy::unwrap_used)]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use rocket_db::{
    Sqlite,
    outbox::{self, Leased, OutboxStore as _, SqliteOutbox},
};
use rocket_events::relay::{self, Dispatch, DispatchError, RelayConfig};
use rocket_runtime::{Clock as _, backoff::Backoff, shutdown::CancellationToken};
use rocket_testkit::{ManualClock, eventually, outbox::message};
use tempfile::TempDir;
use tokio::{sync::Semaphore, task::JoinHandle};

const SOON: Duration = Duration::from_secs(20);
const HOUR: Duration = Duration::from_hours(1);

/// Takes messages that the test lets pass; turns them away while told to.
struct Gate {
    passes: Semaphore,
    away: AtomicBool,
    asked: Mutex<usize>,
    sent: Mutex<Vec<(String, u8)>>,
}

#[async_trait]
impl Dispatch for Gate {
    async fn dispatch(&self, batch: &[Leased]) -> Vec<Result<(), DispatchError>> {
        *self.asked.lock().unwrap() += 1;
        self.passes.acquire().await.unwrap().forget();
        let away = self.away.load(Ordering::SeqCst);
        let outcomes = batch.iter().map(|message| {
            if away {
                return Err(DispatchError::Transient("away".into()));
            }
            let n = String::from_utf8_lossy(&message.payload).parse().unwrap();
            self.sent.lock().unwrap().push((message.key.clone(), n));
            Ok(())
        });
        outcomes.collect()
    }
}

struct Fixture {
    _dir: TempDir,
    outbox: SqliteOutbox,
    clock: Arc<ManualClock>,
    gate: Arc<Gate>,
    shutdown: CancellationToken,
    running: JoinHandle<()>,
}

/// A relay with two messages of key `a` and one of key `b`, and no pass yet.
async fn start() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&dir.path().join("t.db"), &[outbox::MIGRATION]).unwrap();
    let messages = [message("a", "1"), message("a", "2"), message("b", "3")];
    store
        .write(move |c| messages.iter().try_for_each(|m| outbox::insert(c, m)))
        .await
        .unwrap();
    let clock = ManualClock::new();
    let gate = Arc::new(Gate {
        passes: Semaphore::new(0),
        away: AtomicBool::new(false),
        asked: Mutex::default(),
        sent: Mutex::default(),
    });
    let shutdown = CancellationToken::new();
    let config = RelayConfig {
        look_every: Duration::from_millis(5),
        // Longer than the test: only a jump ends a lease or a back-off.
        lease: Duration::from_mins(5),
        backoff: Backoff {
            base: Duration::from_mins(5),
            max: Duration::from_mins(5),
        },
        ..RelayConfig::default()
    };
    let outbox = SqliteOutbox::new(store);
    let running = tokio::spawn(relay::run(
        Arc::new(outbox.clone()),
        "suite",
        gate.clone(),
        config,
        clock.shared(),
        shutdown.clone(),
    ));
    Fixture {
        _dir: dir,
        outbox,
        clock,
        gate,
        shutdown,
        running,
    }
}

impl Fixture {
    fn jump(&self, forward: bool) {
        let now = self.clock.now();
        self.clock
            .set(if forward { now + HOUR } else { now - HOUR });
    }

    async fn until_asked(&self, times: usize) {
        eventually("the relay sends", SOON, || async {
            (*self.gate.asked.lock().unwrap() >= times).then_some(())
        })
        .await;
    }

    /// Lets everything pass, waits for the end and returns what was sent, in order.
    async fn finish(self) -> Vec<(String, u8)> {
        self.gate.passes.add_permits(1_000);
        eventually("the outbox is empty", SOON, || async {
            (self.outbox.stats("suite").await.unwrap().unsent == 0).then_some(())
        })
        .await;
        self.shutdown.cancel();
        self.running.await.unwrap();
        self.gate.sent.lock().unwrap().clone()
    }
}

fn of(sent: &[(String, u8)], key: &str) -> Vec<u8> {
    let of_key = sent.iter().filter(|(k, _)| k == key);
    of_key.map(|(_, n)| *n).collect()
}

#[tokio::test]
async fn forward_while_sending_a_message_may_go_twice_and_none_is_lost() {
    let f = start().await;
    f.until_asked(1).await;
    f.jump(true);
    // The leases are over, so the same rows are sent beside the first try.
    f.until_asked(2).await;
    let sent = f.finish().await;
    assert!(of(&sent, "a").is_sorted(), "{sent:?}");
    assert!(of(&sent, "a").ends_with(&[2]), "{sent:?}");
    assert!(of(&sent, "b").len() <= 2, "{sent:?}");
}

#[tokio::test]
async fn back_while_sending_nothing_waits_for_the_old_time() {
    let f = start().await;
    f.until_asked(1).await;
    f.jump(false);
    let sent = f.finish().await;
    assert!(of(&sent, "a").is_sorted(), "{sent:?}");
    assert!(of(&sent, "a").ends_with(&[2]), "{sent:?}");
    assert!(!of(&sent, "b").is_empty(), "{sent:?}");
}

#[tokio::test]
async fn a_jump_either_way_ends_a_back_off_early_and_never_late() {
    for forward in [true, false] {
        let f = start().await;
        f.gate.away.store(true, Ordering::SeqCst);
        f.gate.passes.add_permits(1);
        f.until_asked(1).await;
        let waits = || async {
            let lease = f.outbox.lease("suite", 9, f.clock.now(), SOON);
            lease.await.unwrap().is_empty().then_some(())
        };
        eventually("both keys back off", SOON, waits).await;
        f.gate.away.store(false, Ordering::SeqCst);
        f.jump(forward);
        let sent = f.finish().await;
        assert_eq!(of(&sent, "a"), [1, 2], "forward: {forward}");
        assert_eq!(of(&sent, "b"), [3], "forward: {forward}");
    }
}
