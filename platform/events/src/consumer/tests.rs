#![allow(clippy::unwrap_used)]

use std::{
    collections::HashSet,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use rocket_runtime::SystemClock;
use rocket_testkit::eventually;
use tempfile::TempDir;

use super::*;
use crate::{contract::record, embedded::EmbeddedLog};

const TOPIC: &str = "t";
const SOON: Duration = Duration::from_secs(20);

/// Remembers what it handled; fails as the payload says.
#[derive(Default)]
struct Scripted {
    handled: Mutex<Vec<(String, u8)>>,
    /// Keys that fail transiently while this is set.
    away: AtomicBool,
    tries: AtomicUsize,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Scripted {
    fn handled(&self) -> Vec<(String, u8)> {
        self.handled.lock().unwrap().clone()
    }
}

#[async_trait]
impl Handler for Scripted {
    async fn handle(&self, delivery: &Delivery) -> Result<(), HandleError> {
        let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(now, Ordering::SeqCst);
        tokio::task::yield_now().await;
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        self.tries.fetch_add(1, Ordering::SeqCst);
        let key = delivery.record.key.clone();
        match key.as_str() {
            "poison" => return Err(HandleError::Permanent("not a number".into())),
            "panic" => panic!("on purpose"),
            "away" if self.away.load(Ordering::SeqCst) => {
                return Err(HandleError::Transient("store is away".into()));
            }
            _ => {}
        }
        let n = delivery.record.payload[3];
        self.handled.lock().unwrap().push((key, n));
        Ok(())
    }
}

struct Fixture {
    dir: TempDir,
    log: EmbeddedLog,
    handler: Arc<Scripted>,
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.db");
        Self {
            log: EmbeddedLog::open(&path, Arc::new(SystemClock)).unwrap(),
            dir,
            handler: Arc::default(),
        }
    }

    fn start(&self) -> (CancellationToken, tokio::task::JoinHandle<()>) {
        let shutdown = CancellationToken::new();
        let config = ConsumerConfig {
            max_in_flight: 8,
            backoff: Backoff {
                base: Duration::from_millis(1),
                max: Duration::from_millis(5),
            },
            commit_every: Duration::from_millis(1),
            ..ConsumerConfig::new("g", &[TOPIC])
        };
        let handler: Arc<dyn Handler> = self.handler.clone();
        let run = run(
            Arc::new(self.log.clone()),
            handler,
            config,
            shutdown.clone(),
        );
        (shutdown, tokio::spawn(run))
    }

    async fn append(&self, key: &str, n: u32) {
        self.log.append(vec![record(TOPIC, key, n)]).await.unwrap();
    }

    async fn until_handled(&self, count: usize) {
        eventually("records are handled", SOON, || async {
            (self.handler.handled().len() >= count).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn records_are_handled_at_once_yet_in_order_for_each_key() {
    let fixture = Fixture::new();
    for n in 0..100 {
        fixture.append(&format!("k{}", n % 5), n).await;
    }
    let (shutdown, running) = fixture.start();
    fixture.until_handled(100).await;
    shutdown.cancel();
    running.await.unwrap();
    for key in 0..5_u8 {
        let name = format!("k{key}");
        let handled = fixture.handler.handled();
        let order: Vec<_> = handled
            .iter()
            .filter(|(k, _)| *k == name)
            .map(|(_, n)| *n)
            .collect();
        assert_eq!(order, (0..20).map(|n| n * 5 + key).collect::<Vec<_>>());
    }
    let most = fixture.handler.most_at_once.load(Ordering::SeqCst);
    assert!((2..=8).contains(&most), "{most} at once");
}

#[tokio::test]
async fn after_a_clean_stop_nothing_is_repeated() {
    let fixture = Fixture::new();
    for n in 0..20 {
        fixture.append(&format!("k{n}"), n).await;
    }
    let (shutdown, running) = fixture.start();
    fixture.until_handled(20).await;
    shutdown.cancel();
    running.await.unwrap();
    fixture.append("last", 99).await;
    let (shutdown, running) = fixture.start();
    fixture.until_handled(21).await;
    shutdown.cancel();
    running.await.unwrap();
    let handled = fixture.handler.handled();
    assert_eq!(handled.len(), 21);
    assert_eq!(handled.iter().collect::<HashSet<_>>().len(), 21);
}

#[tokio::test]
async fn invariant_8_poison_is_parked_with_its_reason_and_blocks_nothing() {
    let fixture = Fixture::new();
    fixture.append("poison", 1).await;
    fixture.append("panic", 2).await;
    for n in 0..10 {
        fixture.append(&format!("good-{n}"), n).await;
    }
    let (shutdown, running) = fixture.start();
    fixture.until_handled(10).await;
    let mut letters = fixture.log.subscribe("reader", &["t.dlq"]).await.unwrap();
    let mut reasons = HashSet::new();
    for _ in 0..2 {
        let letter = crate::contract::next(letters.as_mut()).await.record;
        assert_eq!(letter.header("dlq_topic"), Some(TOPIC));
        assert!(letter.header("dlq_offset").is_some());
        reasons.insert(letter.header("dlq_error").unwrap().to_owned());
    }
    let expected = ["not a number", "the handler panicked"].map(str::to_owned);
    assert_eq!(reasons, HashSet::from(expected));
    shutdown.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn a_transient_failure_is_retried_until_it_passes_and_nothing_is_lost() {
    let fixture = Fixture::new();
    fixture.handler.away.store(true, Ordering::SeqCst);
    fixture.append("away", 1).await;
    for n in 0..40 {
        fixture.append(&format!("good-{n}"), n).await;
    }
    let (shutdown, running) = fixture.start();
    eventually("retries", SOON, || async {
        (fixture.handler.tries.load(Ordering::SeqCst) > 45).then_some(())
    })
    .await;
    assert!(
        !fixture
            .handler
            .handled()
            .iter()
            .any(|(key, _)| key == "away")
    );
    fixture.handler.away.store(false, Ordering::SeqCst);
    fixture.until_handled(41).await;
    shutdown.cancel();
    running.await.unwrap();
    assert_eq!(fixture.handler.handled().len(), 41);
}

#[tokio::test]
async fn a_stop_while_a_record_fails_leaves_it_to_the_next_start() {
    let fixture = Fixture::new();
    fixture.handler.away.store(true, Ordering::SeqCst);
    fixture.append("away", 1).await;
    let (shutdown, running) = fixture.start();
    eventually("it failed", SOON, || async {
        (fixture.handler.tries.load(Ordering::SeqCst) > 2).then_some(())
    })
    .await;
    shutdown.cancel();
    tokio::time::pause();
    running.await.unwrap();
    tokio::time::resume();
    fixture.handler.away.store(false, Ordering::SeqCst);
    let (shutdown, running) = fixture.start();
    fixture.until_handled(1).await;
    shutdown.cancel();
    running.await.unwrap();
    drop(fixture.dir);
}
