//! Assembly on a paused clock: how long ships take, and what a crash leaves.
#![allow(clippy::unwrap_used)]

mod support;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use bytes::Bytes;
use prost::Message as _;
use rocket_assembly::{App, Config, Deps};
use rocket_events::{EventLog as _, Record, cloud, topics};
use rocket_proto::events::v1::{OrderPaid, ShipAssembled};
use rocket_runtime::{SystemClock, shutdown::CancellationToken};
use support::MemoryLog;
use tokio::{task::JoinHandle, time::Instant};
use uuid::Uuid;

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const TEN_SECONDS: Duration = Duration::from_secs(10);
/// The timer's resolution is a millisecond; announcing takes no paused time.
const PROMPTLY: Duration = Duration::from_millis(10);

fn paid(order: Uuid, user: Uuid) -> Record {
    let event_uuid = cloud::event_uuid(order, topics::ORDER_PAID);
    let event = OrderPaid {
        event_uuid: event_uuid.to_string(),
        order_uuid: order.to_string(),
        user_uuid: user.to_string(),
        ..OrderPaid::default()
    };
    Record {
        topic: topics::ORDER_PAID.to_owned(),
        key: order.to_string(),
        payload: Bytes::from(event.encode_to_vec()),
        headers: vec![(cloud::TRACEPARENT.to_owned(), TRACE.to_owned())],
    }
}

fn start(log: &MemoryLog, shutdown: &CancellationToken) -> JoinHandle<()> {
    let deps = Deps {
        clock: Arc::new(SystemClock),
        log: Arc::new(log.clone()),
    };
    let app = App::build(Config::default(), deps).unwrap();
    tokio::spawn(app.run(shutdown.clone()))
}

fn ships(log: &MemoryLog) -> Vec<(ShipAssembled, Instant)> {
    log.topic(topics::SHIP_ASSEMBLED)
        .into_iter()
        .map(|(record, at)| (ShipAssembled::decode(record.payload).unwrap(), at))
        .collect()
}

async fn until_ships(log: &MemoryLog, count: usize) {
    log.until(|log| ships(log).len() >= count).await;
}

async fn until_committed(log: &MemoryLog, offset: i64) {
    log.until(|log| log.committed("assembly", topics::ORDER_PAID) >= offset)
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_ship_takes_the_full_assembly_time_and_is_announced_once() {
    let log = MemoryLog::new();
    let (order, user) = (Uuid::new_v4(), Uuid::new_v4());
    let shutdown = CancellationToken::new();
    let running = start(&log, &shutdown);
    let paid_at = Instant::now();
    log.append(vec![paid(order, user)]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(9_999)).await;
    assert!(ships(&log).is_empty(), "too early");
    assert_eq!(log.committed("assembly", topics::ORDER_PAID), 0);
    until_ships(&log, 1).await;
    assert!(paid_at.elapsed() >= TEN_SECONDS);
    assert!(paid_at.elapsed() < TEN_SECONDS + PROMPTLY);
    until_committed(&log, 1).await;

    let (record, _) = log.topic(topics::SHIP_ASSEMBLED).remove(0);
    let event_uuid = cloud::event_uuid(order, topics::SHIP_ASSEMBLED);
    let (ship, _) = ships(&log).remove(0);
    assert_eq!(record.key, order.to_string());
    assert_eq!(record.header(cloud::ID), Some(&*event_uuid.to_string()));
    assert_eq!(record.header("ce_type"), Some("events.v1.ShipAssembled"));
    assert_eq!(record.header(cloud::TRACEPARENT), Some(TRACE));
    assert_eq!(ship.event_uuid, event_uuid.to_string());
    assert_eq!(ship.order_uuid, order.to_string());
    assert_eq!(ship.user_uuid, user.to_string());
    let build_time = Duration::try_from(ship.build_time.unwrap()).unwrap();
    assert!(build_time >= TEN_SECONDS && build_time < TEN_SECONDS + PROMPTLY);
    assert!(ship.occurred_at.is_some());

    shutdown.cancel();
    running.await.unwrap();
    assert_eq!(ships(&log).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_ships_are_built_at_once() {
    const SHIPS: usize = 10_000;
    let log = MemoryLog::new();
    let orders = (0..SHIPS).map(|_| paid(Uuid::new_v4(), Uuid::new_v4()));
    log.append(orders.collect()).await.unwrap();
    let shutdown = CancellationToken::new();
    let started = Instant::now();
    let running = start(&log, &shutdown);
    until_committed(&log, i64::try_from(SHIPS).unwrap()).await;
    assert!(started.elapsed() < TEN_SECONDS * 2, "not at once");
    let ships = ships(&log);
    let distinct: BTreeSet<_> = ships.iter().map(|(ship, _)| &ship.event_uuid).collect();
    assert_eq!((ships.len(), distinct.len()), (SHIPS, SHIPS));
    assert!(ships.iter().all(|(_, at)| *at - started >= TEN_SECONDS));
    assert!(log.appends() < SHIPS / 10, "{} appends", log.appends());
    shutdown.cancel();
    running.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_restart_waits_the_full_time_again() {
    let log = MemoryLog::new();
    log.append(vec![paid(Uuid::new_v4(), Uuid::new_v4())])
        .await
        .unwrap();
    let first = start(&log, &CancellationToken::new());
    tokio::time::sleep(Duration::from_millis(9_900)).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    let restarted = Instant::now();
    let shutdown = CancellationToken::new();
    let second = start(&log, &shutdown);
    until_committed(&log, 1).await;
    let ships = ships(&log);
    assert_eq!(ships.len(), 1);
    assert!(ships[0].1 - restarted >= TEN_SECONDS);
    shutdown.cancel();
    second.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_drops_the_timers_and_commits_nothing_unfinished() {
    let log = MemoryLog::new();
    log.append(vec![paid(Uuid::new_v4(), Uuid::new_v4())])
        .await
        .unwrap();
    let shutdown = CancellationToken::new();
    let running = start(&log, &shutdown);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let asked = Instant::now();
    shutdown.cancel();
    running.await.unwrap();
    assert!(asked.elapsed() <= Duration::from_secs(2));
    tokio::time::sleep(TEN_SECONDS).await;
    assert!(ships(&log).is_empty());
    assert_eq!(log.committed("assembly", topics::ORDER_PAID), 0);
}

#[tokio::test(start_paused = true)]
async fn a_crash_before_the_commit_repeats_the_same_event() {
    let log = MemoryLog::new();
    log.append(vec![paid(Uuid::new_v4(), Uuid::new_v4())])
        .await
        .unwrap();
    let first = start(&log, &CancellationToken::new());
    until_ships(&log, 1).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    assert_eq!(log.committed("assembly", topics::ORDER_PAID), 0);
    let shutdown = CancellationToken::new();
    let second = start(&log, &shutdown);
    until_committed(&log, 1).await;
    let ships = ships(&log);
    let distinct: BTreeSet<_> = ships.iter().map(|(ship, _)| &ship.event_uuid).collect();
    assert_eq!((ships.len(), distinct.len()), (2, 1));
    shutdown.cancel();
    second.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_poison_record_is_parked_and_blocks_nobody() {
    let log = MemoryLog::new();
    let poison = Record {
        payload: Bytes::from_static(b"\xff\xff not protobuf"),
        ..paid(Uuid::new_v4(), Uuid::new_v4())
    };
    let nameless = Record {
        payload: Bytes::new(),
        ..paid(Uuid::new_v4(), Uuid::new_v4())
    };
    let good = paid(Uuid::new_v4(), Uuid::new_v4());
    log.append(vec![poison.clone(), nameless, good])
        .await
        .unwrap();
    let shutdown = CancellationToken::new();
    let running = start(&log, &shutdown);
    until_committed(&log, 3).await;
    let parked = log.topic(&topics::dead_letters_of(topics::ORDER_PAID));
    assert_eq!(parked.len(), 2);
    assert!(parked.iter().any(|(it, _)| it.payload == poison.payload));
    assert_eq!(ships(&log).len(), 1);
    shutdown.cancel();
    running.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_log_that_is_away_delays_the_announcement_but_builds_nothing_again() {
    let log = MemoryLog::new();
    let started = Instant::now();
    log.append(vec![paid(Uuid::new_v4(), Uuid::new_v4())])
        .await
        .unwrap();
    log.fail_appends(3);
    let shutdown = CancellationToken::new();
    let running = start(&log, &shutdown);
    until_committed(&log, 1).await;
    let ships = ships(&log);
    assert_eq!(ships.len(), 1);
    assert!(ships[0].1 - started < TEN_SECONDS * 2, "built twice");
    let build_time = Duration::try_from(ships[0].0.build_time.unwrap()).unwrap();
    assert!(build_time < TEN_SECONDS + PROMPTLY, "{build_time:?}");
    shutdown.cancel();
    running.await.unwrap();
}
