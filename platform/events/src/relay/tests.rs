#![allow(clippy::unwrap_used)]

use std::sync::Mutex;

use rocket_db::{
    DbError, Sqlite,
    outbox::{self, NewMessage, SqliteOutbox},
};
use rocket_runtime::{Clock as _, IdSource as _, SystemIds};
use rocket_testkit::{ManualClock, eventually};
use tempfile::TempDir;

use super::*;

const SOON: Duration = Duration::from_secs(20);

/// Sends into a list; fails keys that start with `away` while told to.
#[derive(Default)]
struct Sink {
    sent: Mutex<Vec<(String, Vec<u8>)>>,
    away: std::sync::atomic::AtomicBool,
}

impl Sink {
    fn sent(&self) -> Vec<(String, Vec<u8>)> {
        self.sent.lock().unwrap().clone()
    }

    fn set_away(&self, away: bool) {
        self.away.store(away, std::sync::atomic::Ordering::SeqCst);
    }
}

#[async_trait]
impl Dispatch for Sink {
    async fn dispatch(&self, batch: &[Leased]) -> Vec<Result<(), DispatchError>> {
        let away = self.away.load(std::sync::atomic::Ordering::SeqCst);
        let mut keys = std::collections::HashSet::new();
        let outcomes = batch.iter().map(|message| {
            assert!(keys.insert(&message.key), "a key twice in one batch");
            if message.key.starts_with("away") && away {
                return Err(DispatchError::Transient("away".into()));
            }
            if message.key == "poison" {
                return Err(DispatchError::Permanent("no such reservation".to_owned()));
            }
            let sent = (message.key.clone(), message.payload.clone());
            self.sent.lock().unwrap().push(sent);
            Ok(())
        });
        outcomes.collect()
    }
}

struct Fixture {
    _dir: TempDir,
    store: Sqlite,
    outbox: SqliteOutbox,
    clock: Arc<ManualClock>,
    sink: Arc<Sink>,
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&dir.path().join("t.db"), &[outbox::MIGRATION]).unwrap();
        Self {
            _dir: dir,
            outbox: SqliteOutbox::new(store.clone()),
            store,
            clock: ManualClock::new(),
            sink: Arc::default(),
        }
    }

    async fn write(&self, key: &str, n: u8) {
        let message = NewMessage {
            id: SystemIds.next_id(),
            destination: "events",
            key: key.to_owned(),
            topic: "order.paid".to_owned(),
            payload: vec![n],
            traceparent: None,
            created_at: self.clock.now(),
        };
        self.store
            .write(move |c| outbox::insert(c, &message))
            .await
            .unwrap();
        self.outbox.wake();
    }

    fn start(&self) -> (CancellationToken, tokio::task::JoinHandle<()>) {
        let shutdown = CancellationToken::new();
        let config = RelayConfig {
            batch: 4,
            look_every: Duration::from_millis(5),
            backoff: Backoff {
                base: Duration::from_millis(1),
                max: Duration::from_millis(1),
            },
            ..RelayConfig::default()
        };
        let sink: Arc<dyn Dispatch> = self.sink.clone();
        let store: Arc<dyn OutboxStore> = Arc::new(self.outbox.clone());
        let run = run(
            store,
            "events",
            sink,
            config,
            self.clock.shared(),
            shutdown.clone(),
        );
        (shutdown, tokio::spawn(run))
    }

    async fn until_empty(&self) {
        eventually("the outbox is empty", SOON, || async {
            self.clock.advance(Duration::from_millis(2));
            (self.outbox.stats("events").await.unwrap().unsent == 0).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn messages_are_sent_once_and_in_order_for_each_key() {
    let fixture = Fixture::new();
    for n in 0..60 {
        fixture.write(&format!("k{}", n % 3), n).await;
    }
    let (shutdown, running) = fixture.start();
    fixture.until_empty().await;
    shutdown.cancel();
    running.await.unwrap();
    let sent = fixture.sink.sent();
    assert_eq!(sent.len(), 60);
    for key in 0..3_u8 {
        let name = format!("k{key}");
        let order: Vec<_> = sent
            .iter()
            .filter(|(k, _)| *k == name)
            .map(|(_, p)| p[0])
            .collect();
        assert_eq!(order, (0..20).map(|n| n * 3 + key).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_yet_holds_back_its_own_key_alone() {
    let fixture = Fixture::new();
    fixture.sink.set_away(true);
    fixture.write("away", 1).await;
    fixture.write("away", 2).await;
    fixture.write("near", 3).await;
    let (shutdown, running) = fixture.start();
    eventually("the other key is sent", SOON, || async {
        (fixture.sink.sent().len() == 1).then_some(())
    })
    .await;
    fixture.sink.set_away(false);
    fixture.until_empty().await;
    shutdown.cancel();
    running.await.unwrap();
    let order: Vec<_> = fixture.sink.sent().iter().map(|(_, p)| p[0]).collect();
    assert_eq!(order, [3, 1, 2]);
}

#[tokio::test]
async fn a_message_that_can_never_be_sent_is_kept_with_its_reason() {
    let fixture = Fixture::new();
    fixture.write("poison", 1).await;
    fixture.write("fine", 2).await;
    let (shutdown, running) = fixture.start();
    fixture.until_empty().await;
    shutdown.cancel();
    running.await.unwrap();
    assert_eq!(fixture.outbox.stats("events").await.unwrap().parked, 1);
    let reason: String = fixture
        .store
        .read(|c| Ok::<_, DbError>(c.query_row("SELECT parked FROM outbox", [], |row| row.get(0))?))
        .await
        .unwrap();
    assert_eq!(reason, "no such reservation");
}

#[tokio::test]
async fn a_lease_belongs_to_one_relay_until_it_ends() {
    let fixture = Fixture::new();
    fixture.write("k", 1).await;
    fixture.write("k", 2).await;
    let lease_for = Duration::from_secs(30);
    let lease = || {
        fixture
            .outbox
            .lease("events", 10, fixture.clock.now(), lease_for)
    };
    let first = lease().await.unwrap();
    assert_eq!(first.len(), 1, "the second row waits for the first");
    assert!(lease().await.unwrap().is_empty());
    fixture.clock.advance(Duration::from_secs(31));
    let second = lease().await.unwrap();
    assert_eq!(second[0].row, first[0].row);
    fixture.outbox.sent(&first).await.unwrap();
    assert_eq!(
        fixture.outbox.stats("events").await.unwrap().unsent,
        2,
        "a late answer is ignored"
    );
    fixture.outbox.sent(&second).await.unwrap();
    assert_eq!(lease().await.unwrap()[0].payload, [2]);
}
