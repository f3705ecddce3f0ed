//! Records of the event log: a consumer handles any record or parks it, unchanged, and
//! goes on; none panics or makes its partition wait.
//!
//! The first line is the topic, the lines up to an empty one are headers, the rest is
//! the payload.

use std::{cell::RefCell, sync::Arc, time::Duration};

use rocket_events::{Delivery, HandleError, Handler as _, Record, topics};
use rocket_order::{
    adapters::{
        LocalStatusFeed, ShipAssembledHandler,
        sqlite::{self, Outboxes, SqliteOrders},
    },
    service::MarkAssembled,
};
use rocket_runtime::{SystemClock, shutdown::CancellationToken};
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::runtime::{Builder, Runtime};

use crate::{
    input::{pieces, split},
    scripted_log::{ScriptedLog, shared},
    world::World,
};

/// How many records one world takes in.
const LIFE: usize = 4_096;
const PATIENCE: Duration = Duration::from_secs(20);

struct State {
    runtime: Runtime,
    log: Arc<ScriptedLog>,
    order: ShipAssembledHandler,
    left: usize,
    _world: World,
    _dir: TempDir,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::new(State::new());
}

impl State {
    fn new() -> Self {
        let runtime = Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime without threads needs only memory");
        let dir = tempfile::tempdir().expect("the temporary directory is writable");
        let order = {
            // A store's writer is a task.
            let _inside = runtime.enter();
            order(&dir)
        };
        let mut world = runtime.block_on(World::new());
        let log = Arc::clone(&world.log);
        let notification = world.notification.take().expect("a new world has it");
        runtime.spawn(notification.run(CancellationToken::new()));
        runtime.spawn(assembly(&log).run(CancellationToken::new()));
        runtime.block_on(async {
            while !(log.joined("assembly") && log.joined("notification")) {
                tokio::task::yield_now().await;
            }
        });
        Self {
            runtime,
            log,
            order,
            left: LIFE,
            _world: world,
            _dir: dir,
        }
    }
}

fn assembly(log: &Arc<ScriptedLog>) -> rocket_assembly::App {
    let config = rocket_assembly::Config {
        assembly_time: Duration::ZERO,
        max_in_flight: 1,
        ..rocket_assembly::Config::default()
    };
    let deps = rocket_assembly::Deps {
        clock: Arc::new(SystemClock),
        log: shared(log),
    };
    rocket_assembly::App::build(config, deps).expect("the defaults make sense")
}

fn order(dir: &TempDir) -> ShipAssembledHandler {
    let db = sqlite::open(&dir.path().join("order.db")).expect("a new database opens");
    let outboxes = Outboxes::new(&db);
    ShipAssembledHandler::new(MarkAssembled {
        orders: Arc::new(SqliteOrders::new(db, LocalStatusFeed::default(), outboxes)),
        clock: Arc::new(SystemClock),
    })
}

/// A record as text.
pub fn run(data: &[u8]) {
    STATE.with_borrow_mut(|state| {
        if state.left == 0 {
            *state = State::new();
        }
        state.left -= 1;
        let record = read(data);
        state.runtime.block_on(async {
            let handled = tokio::time::timeout(PATIENCE, handle(state, record));
            assert!(handled.await.is_ok(), "a record is never handled");
        });
    });
}

fn read(data: &[u8]) -> Record {
    let (head, payload) = split(data, b"\n\n");
    let mut lines = pieces(head, b"\n").into_iter();
    let topic = match lines.next() {
        Some(b"ship.assembled") => topics::SHIP_ASSEMBLED,
        _ => topics::ORDER_PAID,
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes.trim_ascii()).into_owned();
    let headers = lines
        .map(|line| split(line, b":"))
        .map(|(name, value)| (text(name), text(value)))
        .collect();
    Record {
        topic: topic.to_owned(),
        key: "key".to_owned(),
        payload: payload.to_vec().into(),
        headers,
    }
}

async fn handle(state: &State, record: Record) {
    if record.topic == topics::SHIP_ASSEMBLED {
        let delivery = Delivery {
            record: record.clone(),
            partition: 0,
            offset: 0,
            appended_at: OffsetDateTime::UNIX_EPOCH,
        };
        let outcome = state.order.handle(&delivery).await;
        // There is no order, so nothing can be handled; only never is not for good.
        assert!(
            matches!(outcome, Err(HandleError::Permanent(_))),
            "{outcome:?}"
        );
    } else {
        state.log.deliver("assembly", record.clone()).await;
    }
    state.log.deliver("notification", record.clone()).await;
    for appended in state.log.appended() {
        if appended.topic == topics::dead_letters_of(&record.topic) {
            assert_eq!(
                (appended.key, appended.payload),
                (record.key.clone(), record.payload.clone())
            );
        } else {
            assert_eq!(appended.topic, topics::SHIP_ASSEMBLED, "{appended:?}");
        }
    }
}
