//! Consumer, relay and embedded log together, across kills and restarts.
#![allow(clippy::unwrap_used)]

mod support;

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use async_trait::async_trait;
use rocket_db::{
    Sqlite,
    outbox::{self, OutboxStore as _, SqliteOutbox},
};
use rocket_events::{
    ConsumerConfig, Delivery, EventLog, HandleError, Handler, consumer,
    embedded::EmbeddedLog,
    relay::{self, LogDispatch, RelayConfig},
};
use rocket_runtime::{SystemClock, shutdown::CancellationToken};
use rocket_testkit::{eventually, outbox::message};
use support::{Held, Running, SOON, config, record};
use tempfile::TempDir;

fn open(path: &Path) -> Arc<EmbeddedLog> {
    Arc::new(EmbeddedLog::open(path, Arc::new(SystemClock)).unwrap())
}

fn file() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.db");
    (dir, path)
}

async fn until_started(handler: &Held, count: usize) {
    eventually("records are started", SOON, || async {
        (handler.started().len() >= count).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_kill_repeats_what_was_at_work() {
    let (_dir, path) = file();
    let log = open(&path);
    for n in 0..8 {
        log.append(vec![record(&format!("k{n}"), n)]).await.unwrap();
    }
    let handler = Arc::new(Held::default());
    let running = Running::start(log.clone(), &handler, config(16));
    until_started(&handler, 8).await;
    running.kill().await;
    drop(log);

    let again = Arc::new(Held::default());
    again.open.store(true, Ordering::SeqCst);
    let running = Running::start(open(&path), &again, config(16));
    until_started(&again, 8).await;
    running.stop().await;
    let repeated: HashSet<_> = again.started().into_iter().collect();
    assert_eq!(repeated, handler.started().into_iter().collect());
}

#[tokio::test]
async fn a_stop_commits_what_is_done_and_nothing_beyond_the_first_gap() {
    let (_dir, path) = file();
    let log = open(&path);
    // One partition, so that the offsets are known: keys that share it are sought.
    let mut keys = Vec::new();
    let mut subscription = log.subscribe("probe", &["probe"]).await.unwrap();
    for n in 0.. {
        let key = format!("k{n}");
        let mut probe = record(&key, n);
        probe.topic = "probe".to_owned();
        log.append(vec![probe]).await.unwrap();
        let rocket_events::Signal::Delivery(found) = subscription.next().await.unwrap() else {
            panic!("the embedded log revokes nothing");
        };
        if found.partition == 0 {
            keys.push(key);
        }
        if keys.len() == 5 {
            break;
        }
    }
    for (n, key) in (0..).zip(&keys) {
        log.append(vec![record(key, n)]).await.unwrap();
    }
    let handler = Arc::new(Held::default());
    // Commits only at the stop.
    let lazy = ConsumerConfig {
        commit_every: Duration::from_hours(1),
        grace: Duration::from_millis(200),
        ..config(16)
    };
    let running = Running::start(log.clone(), &handler, lazy);
    until_started(&handler, 5).await;
    for done in [0, 1, 3, 4] {
        handler.release(&keys[done]);
    }
    running.stop().await;
    assert_eq!(handler.dropped(), [(0, 2)]);
    drop((log, subscription));

    let again = Arc::new(Held::default());
    again.open.store(true, Ordering::SeqCst);
    let running = Running::start(open(&path), &again, config(16));
    until_started(&again, 3).await;
    running.stop().await;
    assert_eq!(again.started(), [(0, 2), (0, 3), (0, 4)]);
}

/// Waits for each record on the timer, as Assembly does.
#[derive(Default)]
struct Slow {
    done: Mutex<Vec<String>>,
}

#[async_trait]
impl Handler for Slow {
    async fn handle(&self, delivery: &Delivery) -> Result<(), HandleError> {
        tokio::time::sleep(Duration::from_secs(2)).await;
        self.done.lock().unwrap().push(delivery.record.key.clone());
        Ok(())
    }
}

#[tokio::test]
async fn invariant_4_ten_thousand_wait_at_once_in_one_instance() {
    const SHIPS: usize = 10_000;
    let (_dir, path) = file();
    let log = open(&path);
    let records = (0..).take(SHIPS).map(|n| record(&format!("ship {n}"), n));
    log.append(records.collect()).await.unwrap();
    let handler = Arc::new(Slow::default());
    let shutdown = CancellationToken::new();
    let run = consumer::run(
        log.clone(),
        handler.clone(),
        config(SHIPS),
        shutdown.clone(),
    );
    let running = tokio::spawn(run);
    // Ten thousand waits of two seconds, one after another, would be five hours.
    eventually("all are assembled", SOON, || async {
        (handler.done.lock().unwrap().len() >= SHIPS).then_some(())
    })
    .await;
    shutdown.cancel();
    running.await.unwrap();
    let done = handler.done.lock().unwrap();
    assert_eq!(done.iter().collect::<HashSet<_>>().len(), SHIPS);
    assert_eq!(done.len(), SHIPS);
}

#[tokio::test]
async fn what_a_dead_relay_left_is_in_the_log_after_the_next_start() {
    let (dir, path) = file();
    let log = open(&path);
    let store = Sqlite::open(&dir.path().join("t.db"), &[outbox::MIGRATION]).unwrap();
    let messages: Vec<_> = (0..50_u8)
        .map(|n| message(&format!("k{}", n % 10), &n.to_string()))
        .collect();
    let ids: HashSet<_> = messages.iter().map(|m| m.id.to_string()).collect();
    let inserted = messages.clone();
    store
        .write(move |c| inserted.iter().try_for_each(|m| outbox::insert(c, m)))
        .await
        .unwrap();
    // A relay that leased some and died: its lease ends soon.
    let dead = SqliteOutbox::new(store.clone());
    let now = rocket_runtime::Clock::now(&SystemClock);
    let leased = dead.lease("suite", 4, now, Duration::from_millis(50)).await;
    assert_eq!(leased.unwrap().len(), 4);

    let shutdown = CancellationToken::new();
    let running = tokio::spawn(relay::run(
        Arc::new(SqliteOutbox::new(store.clone())),
        "suite",
        Arc::new(LogDispatch::new(log.clone(), "order", |_| "test.Kind")),
        RelayConfig {
            look_every: Duration::from_millis(20),
            ..RelayConfig::default()
        },
        Arc::new(SystemClock),
        shutdown.clone(),
    ));
    let mut subscription = log.subscribe("reader", &["order.paid"]).await.unwrap();
    let mut order = std::collections::HashMap::<String, Vec<u8>>::new();
    let mut seen = HashSet::new();
    while seen.len() < 50 {
        let signal = tokio::time::timeout(SOON, subscription.next())
            .await
            .unwrap();
        let rocket_events::Signal::Delivery(delivery) = signal.unwrap() else {
            panic!("the embedded log revokes nothing");
        };
        let id = delivery.record.header("ce_id").unwrap().to_owned();
        assert!(seen.insert(id), "sent twice without a crash in between");
        let n: u8 = std::str::from_utf8(&delivery.record.payload)
            .unwrap()
            .parse()
            .unwrap();
        order.entry(delivery.record.key).or_default().push(n);
    }
    shutdown.cancel();
    running.await.unwrap();
    assert_eq!(seen, ids);
    assert!(order.values().all(|bodies| bodies.is_sorted()), "{order:?}");
}
