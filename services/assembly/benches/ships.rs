//! Many ships in assembly at once, on one instance and the embedded log: how late
//! each is announced, and what memory it takes.
//!
//! ```text
//! cargo bench --package rocket-assembly
//! SHIPS=20000 ASSEMBLY_SECONDS=5 cargo bench --package rocket-assembly
//! ```
//!
//! A ship's lateness is the time between the two events in the log, less the assembly
//! time: it holds everything that Assembly and the log add.

#![allow(clippy::unwrap_used)]

use std::{collections::HashMap, env, sync::Arc, time::Duration};

use bytes::Bytes;
use prost::Message as _;
use rocket_assembly::{App, Config, Deps};
use rocket_events::{EventLog, Record, Signal, cloud, embedded::EmbeddedLog, topics};
use rocket_proto::events::v1::OrderPaid;
use rocket_runtime::{SharedClock, SystemClock, shutdown::CancellationToken};
use time::OffsetDateTime;
use uuid::Uuid;

/// Events of one append, as a busy relay would send them.
const BATCH: usize = 100;

fn main() {
    let ships = setting("SHIPS", 10_000);
    let assembly_time = Duration::from_secs(setting("ASSEMBLY_SECONDS", 10));
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(assemble(usize::try_from(ships).unwrap(), assembly_time));
}

fn setting(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().unwrap())
}

async fn assemble(ships: usize, assembly_time: Duration) {
    let dir = tempfile::tempdir().unwrap();
    let clock: SharedClock = Arc::new(SystemClock);
    let log: Arc<dyn EventLog> =
        Arc::new(EmbeddedLog::open(&dir.path().join("events.db"), clock.clone()).unwrap());
    let config = Config {
        assembly_time,
        ..Config::default()
    };
    let deps = Deps {
        clock: clock.clone(),
        log: log.clone(),
    };
    let shutdown = CancellationToken::new();
    let app = tokio::spawn(App::build(config, deps).unwrap().run(shutdown.clone()));
    let before = resident_mib();

    let orders: Vec<Uuid> = (0..ships).map(|_| Uuid::now_v7()).collect();
    for batch in orders.chunks(BATCH) {
        log.append(batch.iter().map(paid).collect()).await.unwrap();
    }
    let paid_at = times(log.as_ref(), topics::ORDER_PAID, ships).await;
    let all_in_assembly = resident_mib();
    let assembled_at = times(log.as_ref(), topics::SHIP_ASSEMBLED, ships).await;
    shutdown.cancel();
    app.await.unwrap();

    let mut lateness: Vec<f64> = orders
        .iter()
        .map(|order| {
            let took = assembled_at[&order.to_string()] - paid_at[&order.to_string()];
            (took - assembly_time).as_seconds_f64() * 1_000.0
        })
        .collect();
    lateness.sort_by(f64::total_cmp);
    let at = |part: usize| lateness[(lateness.len() - 1) * part / 100];
    println!(
        "{{\"ships\":{ships},\"early\":{},\"lateness_ms\":{{\"p50\":{:.1},\"p99\":{:.1},\
         \"max\":{:.1}}},\"resident_mib\":{{\"before\":{before:.1},\"in_assembly\":\
         {all_in_assembly:.1}}}}}",
        lateness.iter().filter(|late| **late < 0.0).count(),
        at(50),
        at(99),
        at(100),
    );
}

fn paid(order: &Uuid) -> Record {
    let event = cloud::event_uuid(*order, topics::ORDER_PAID);
    let message = OrderPaid {
        event_uuid: event.to_string(),
        order_uuid: order.to_string(),
        user_uuid: Uuid::now_v7().to_string(),
        ..OrderPaid::default()
    };
    Record {
        topic: topics::ORDER_PAID.to_owned(),
        key: order.to_string(),
        payload: Bytes::from(message.encode_to_vec()),
        headers: cloud::headers(
            event,
            "events.v1.OrderPaid",
            "bench",
            OffsetDateTime::now_utc(),
            None,
        ),
    }
}

/// When each order's event came into the log.
async fn times(log: &dyn EventLog, topic: &str, count: usize) -> HashMap<String, OffsetDateTime> {
    let mut subscription = log.subscribe("bench", &[topic]).await.unwrap();
    let mut times = HashMap::with_capacity(count);
    while times.len() < count {
        if let Signal::Delivery(delivery) = subscription.next().await.unwrap() {
            times.insert(delivery.record.key, delivery.appended_at);
        }
    }
    times
}

/// Linux only; elsewhere 0.
fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| {
            line.strip_prefix("VmRSS:")?
                .trim()
                .strip_suffix(" kB")?
                .parse()
                .ok()
        })
        .map_or(0.0, |kib: f64| kib / 1_024.0)
}
