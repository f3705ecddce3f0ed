//! The composition root: the only place that knows the concrete adapters.

use std::{future::Future, sync::Arc, time::Duration};

use axum::Router;
use rocket_db::DbError;
use rocket_events::{
    EventLog,
    consumer::{self, ConsumerConfig},
    relay::{self, LogDispatch, RelayConfig},
    topics,
};
use rocket_rpc::{
    Channel,
    credential::Credentials,
    server::{Guard, stack},
    session::SharedSessions,
};
use rocket_runtime::{SharedClock, SharedIds, shutdown::CancellationToken, tasks::Tasks};
use rocket_telemetry::chain;
use tokio_util::task::TaskTracker;
use tracing::{error, info};

use crate::{
    adapters::{
        GrpcInventory, GrpcPayments, InventoryDispatch, LocalStatusFeed, ShipAssembledHandler,
        TO_EVENTS, TO_INVENTORY, event_type,
        sqlite::{self, Outboxes, SqliteKeys, SqliteOrders},
    },
    api::{self, Api, Keyed, Streams},
    config::{Config, ConfigError},
    ports::{IdempotencyKeys, Inventory, OrderRepository, Payments, StoreError},
    service::{
        CancelOrder, ChargeAttempt, CreateOrder, ExpireOrders, GetOrder, ListOrders, MarkAssembled,
        OrderEvents, OrderMetrics, PayOrder, SettlePayments, SweepKeys,
    },
};

const CONSUMED: &[&str] = &[topics::SHIP_ASSEMBLED];

/// What the service gets from outside.
pub struct Deps {
    /// Time.
    pub clock: SharedClock,
    /// New ids.
    pub ids: SharedIds,
    /// Sessions, as IAM knows them.
    pub sessions: SharedSessions,
    /// The event log.
    pub log: Arc<dyn EventLog>,
    /// The way to Inventory, with this service's credential for it.
    pub inventory: Channel,
    /// The way to Payment, with this service's credential for it.
    pub payment: Channel,
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A setting makes no sense.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store cannot be opened.
    #[error("order store")]
    Store(#[from] DbError),
}

/// The Order service.
pub struct App {
    router: Router,
    config: Config,
    clock: SharedClock,
    log: Arc<dyn EventLog>,
    outboxes: Outboxes,
    inventory: Arc<dyn Inventory>,
    requests: TaskTracker,
    handler: Arc<ShipAssembledHandler>,
    expire: ExpireOrders,
    settle: SettlePayments,
    sweep_keys: SweepKeys,
}

impl App {
    /// Opens the store and puts the parts together. Nothing runs yet.
    pub fn build(config: Config, deps: Deps) -> Result<Self, BuildError> {
        config.check()?;
        let db = sqlite::open(&config.database)?;
        let feed = LocalStatusFeed::default();
        let outboxes = Outboxes::new(&db);
        let orders: Arc<dyn OrderRepository> = Arc::new(SqliteOrders::new(
            db.clone(),
            feed.clone(),
            outboxes.clone(),
        ));
        let keys: Arc<dyn IdempotencyKeys> = Arc::new(SqliteKeys::new(db));
        let inventory: Arc<dyn Inventory> = Arc::new(GrpcInventory::new(deps.inventory.clone()));
        let payments: Arc<dyn Payments> = Arc::new(GrpcPayments::new(deps.payment.clone()));
        let parts = Parts {
            config: &config,
            deps: &deps,
            orders: Arc::clone(&orders),
            keys: Arc::clone(&keys),
            inventory: Arc::clone(&inventory),
            payments,
            feed,
            metrics: OrderMetrics::new(),
            requests: TaskTracker::new(),
        };
        let router = stack(
            api::router(Arc::new(parts.api())),
            guard(&deps),
            config.server,
        );
        Ok(Self {
            router,
            handler: Arc::new(ShipAssembledHandler::new(MarkAssembled {
                orders: Arc::clone(&orders),
                clock: Arc::clone(&deps.clock),
            })),
            expire: ExpireOrders {
                orders: Arc::clone(&orders),
                clock: Arc::clone(&deps.clock),
                unpaid_order_ttl: config.unpaid_order_ttl,
            },
            settle: SettlePayments {
                orders,
                charge: parts.charge(),
                clock: Arc::clone(&deps.clock),
                ids: Arc::clone(&deps.ids),
                lease: config.payments.lease,
            },
            sweep_keys: SweepKeys {
                keys,
                clock: Arc::clone(&deps.clock),
                keep: config.keys.keep,
            },
            requests: parts.requests.clone(),
            outboxes,
            clock: deps.clock,
            log: deps.log,
            inventory,
            config,
        })
    }

    /// What the service answers, server stack included.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Runs relays, consumer and sweepers until `shutdown`; then lets requests and
    /// loops end, for the time the configuration grants.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut tasks = Tasks::new(shutdown.clone());
        self.start_relays(&mut tasks, &shutdown);
        let consumer = ConsumerConfig::new("order", CONSUMED);
        tasks.spawn(
            "order: ship.assembled",
            consumer::run(
                Arc::clone(&self.log),
                self.handler,
                consumer,
                shutdown.clone(),
            ),
        );
        let sweeps = self.config.sweeps;
        let (expire, settle, keys) = (self.expire, self.settle, self.sweep_keys);
        let token = shutdown.clone();
        tasks.spawn("order: expire", async move {
            every(sweeps.expire, token, || expired(&expire)).await;
        });
        let token = shutdown.clone();
        tasks.spawn("order: settle payments", async move {
            every(sweeps.settle, token, || settled(&settle)).await;
        });
        let token = shutdown.clone();
        tasks.spawn("order: sweep keys", async move {
            every(sweeps.keys, token, || swept(&keys)).await;
        });
        shutdown.cancelled().await;
        self.requests.close();
        // What does not end in time is finished by the sweepers of the next start.
        let requests = tokio::time::timeout(self.config.drain, self.requests.wait());
        let (_, ()) = tokio::join!(requests, tasks.drain(self.config.drain));
    }

    fn start_relays(&self, tasks: &mut Tasks, shutdown: &CancellationToken) {
        tasks.spawn(
            "order: relay events",
            relay::run(
                Arc::new(self.outboxes.events.clone()),
                TO_EVENTS,
                Arc::new(LogDispatch::new(Arc::clone(&self.log), "order", event_type)),
                RelayConfig::default(),
                Arc::clone(&self.clock),
                shutdown.clone(),
            ),
        );
        tasks.spawn(
            "order: relay inventory",
            relay::run(
                Arc::new(self.outboxes.inventory.clone()),
                TO_INVENTORY,
                Arc::new(InventoryDispatch::new(Arc::clone(&self.inventory))),
                RelayConfig::default(),
                Arc::clone(&self.clock),
                shutdown.clone(),
            ),
        );
    }
}

/// What the use cases are made of.
struct Parts<'a> {
    config: &'a Config,
    deps: &'a Deps,
    orders: Arc<dyn OrderRepository>,
    keys: Arc<dyn IdempotencyKeys>,
    inventory: Arc<dyn Inventory>,
    payments: Arc<dyn Payments>,
    feed: LocalStatusFeed,
    metrics: OrderMetrics,
    requests: TaskTracker,
}

impl Parts<'_> {
    fn charge(&self) -> ChargeAttempt {
        ChargeAttempt {
            orders: Arc::clone(&self.orders),
            payments: Arc::clone(&self.payments),
            clock: Arc::clone(&self.deps.clock),
            metrics: self.metrics.clone(),
            retry_least: self.config.payments.retry_least,
            retry_most: self.config.payments.retry_most,
        }
    }

    fn api(&self) -> Api {
        let (config, deps) = (self.config, self.deps);
        Api {
            create: Arc::new(CreateOrder {
                orders: Arc::clone(&self.orders),
                inventory: Arc::clone(&self.inventory),
                clock: Arc::clone(&deps.clock),
                metrics: self.metrics.clone(),
                currency: config.currency,
                hold: config.unpaid_order_ttl + config.hold_margin,
                max_unpaid: config.max_unpaid_orders,
            }),
            pay: Arc::new(PayOrder {
                orders: Arc::clone(&self.orders),
                inventory: Arc::clone(&self.inventory),
                charge: self.charge(),
                clock: Arc::clone(&deps.clock),
                ids: Arc::clone(&deps.ids),
                lease: config.payments.lease,
            }),
            cancel: Arc::new(CancelOrder {
                orders: Arc::clone(&self.orders),
                clock: Arc::clone(&deps.clock),
            }),
            get: GetOrder {
                orders: Arc::clone(&self.orders),
            },
            list: ListOrders {
                orders: Arc::clone(&self.orders),
            },
            events: OrderEvents {
                orders: Arc::clone(&self.orders),
                feed: Arc::new(self.feed.clone()),
                sessions: Arc::clone(&deps.sessions),
                recheck: config.streams.recheck,
                recheck_timeout: config.streams.recheck_timeout,
            },
            keyed: Keyed {
                keys: Arc::clone(&self.keys),
                clock: Arc::clone(&deps.clock),
                ids: Arc::clone(&deps.ids),
                lease: config.keys.lease,
                tasks: self.requests.clone(),
            },
            streams: Streams::new(config.streams.open, config.streams.open_per_user),
        }
    }
}

fn guard(deps: &Deps) -> Guard {
    let guard = Guard::new(Some(Arc::clone(&deps.sessions)), Credentials::new());
    api::PATHS
        .iter()
        .fold(guard, |guard, path| guard.session(path))
}

async fn every<F, W>(interval: Duration, shutdown: CancellationToken, mut work: W)
where
    W: FnMut() -> F,
    F: Future<Output = ()>,
{
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(interval) => {}
        }
        work().await;
    }
}

async fn expired(expire: &ExpireOrders) {
    match expire.run().await {
        Ok(0) => {}
        Ok(count) => info!(count, "unpaid orders expired"),
        Err(error) => failed("expire", &error),
    }
}

async fn settled(settle: &SettlePayments) {
    match settle.run().await {
        Ok(swept) if swept.is_idle() => {}
        Ok(swept) => info!(?swept, "payments taken over"),
        Err(error) => failed("settle payments", &error),
    }
}

async fn swept(keys: &SweepKeys) {
    if let Err(error) = keys.run().await {
        failed("sweep keys", &error);
    }
}

fn failed(sweep: &str, error: &StoreError) {
    error!(
        sweep,
        error = chain(error),
        "sweep failed; it is tried again"
    );
}
