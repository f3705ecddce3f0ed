//! Use cases over a real SQLite store, with the world outside in memory.

use std::{sync::Arc, time::Duration};

use rocket_db::Sqlite;
use rocket_order::{
    adapters::{
        LocalStatusFeed,
        sqlite::{self, Outboxes, SqliteOrders},
    },
    domain::{Order, PaymentMethod},
    ports::{Inventory, OrderRepository, Payments},
    service::{
        CancelOrder, ChargeAttempt, CreateOrder, ExpireOrders, NewOrder, OrderMetrics, PayOrder,
        PayRequest, SettlePayments,
    },
};
use rocket_runtime::{SharedIds, SystemIds, money::Currency};
use rocket_testkit::ManualClock;
use tempfile::TempDir;
use uuid::Uuid;

use super::{
    bank::Bank,
    fuse::{Fuse, Fused},
    id, session,
    stock::Stock,
};

/// The lease of payments in these tests.
pub const LEASE: Duration = Duration::from_secs(20);
/// How long an order may stay unpaid in these tests.
pub const TTL: Duration = Duration::from_mins(15);

/// Everything that outlives a crash of the service.
pub struct World {
    pub db: Sqlite,
    pub feed: LocalStatusFeed,
    pub orders: Arc<dyn OrderRepository>,
    pub bank: Arc<Bank>,
    pub stock: Arc<Stock>,
    pub clock: Arc<ManualClock>,
    _dir: TempDir,
}

/// One running instance of the service's use cases.
pub struct Instance {
    pub create: Arc<CreateOrder>,
    pub pay: Arc<PayOrder>,
    pub cancel: Arc<CancelOrder>,
    pub expire: Arc<ExpireOrders>,
    pub settle: Arc<SettlePayments>,
}

impl World {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = sqlite::open(&dir.path().join("order.db")).unwrap();
        let feed = LocalStatusFeed::default();
        let outboxes = Outboxes::new(&db);
        Self {
            orders: Arc::new(SqliteOrders::new(db.clone(), feed.clone(), outboxes)),
            db,
            feed,
            bank: Arc::default(),
            stock: Arc::default(),
            clock: ManualClock::new(),
            _dir: dir,
        }
    }

    /// An instance that lives.
    pub fn instance(&self) -> Instance {
        self.build(
            Arc::clone(&self.orders),
            self.stock.clone(),
            self.bank.clone(),
        )
    }

    /// An instance that stops for good when the fuse blows.
    pub fn doomed(&self, fuse: &Arc<Fuse>) -> Instance {
        let orders = Fused::<dyn OrderRepository> {
            fuse: Arc::clone(fuse),
            inner: Arc::clone(&self.orders),
        };
        let stock = Fused::<dyn Inventory> {
            fuse: Arc::clone(fuse),
            inner: self.stock.clone(),
        };
        let bank = Fused::<dyn Payments> {
            fuse: Arc::clone(fuse),
            inner: self.bank.clone(),
        };
        self.build(Arc::new(orders), Arc::new(stock), Arc::new(bank))
    }

    fn build(
        &self,
        orders: Arc<dyn OrderRepository>,
        inventory: Arc<dyn Inventory>,
        payments: Arc<dyn Payments>,
    ) -> Instance {
        let clock = self.clock.shared();
        let ids: SharedIds = Arc::new(SystemIds);
        let metrics = OrderMetrics::new();
        let charge = ChargeAttempt {
            orders: Arc::clone(&orders),
            payments,
            clock: clock.clone(),
            metrics: metrics.clone(),
            retry_least: Duration::from_secs(1),
            retry_most: Duration::from_secs(30),
        };
        Instance {
            create: Arc::new(CreateOrder {
                orders: Arc::clone(&orders),
                inventory: Arc::clone(&inventory),
                clock: clock.clone(),
                metrics,
                currency: Currency::USD,
                hold: TTL + Duration::from_mins(1),
                max_unpaid: 100,
            }),
            pay: Arc::new(PayOrder {
                orders: Arc::clone(&orders),
                inventory,
                charge: charge.clone(),
                clock: clock.clone(),
                ids: ids.clone(),
                lease: LEASE,
            }),
            cancel: Arc::new(CancelOrder {
                orders: Arc::clone(&orders),
                clock: clock.clone(),
            }),
            expire: Arc::new(ExpireOrders {
                orders: Arc::clone(&orders),
                clock: clock.clone(),
                unpaid_order_ttl: TTL,
            }),
            settle: Arc::new(SettlePayments {
                orders,
                charge,
                clock,
                ids,
                lease: LEASE,
            }),
        }
    }

    /// A new order of user 10 for parts 1, 2 and 2: 600 minor units.
    pub async fn order(&self) -> Uuid {
        let wish = wish(Uuid::now_v7());
        let created = self.instance().create.run(wish).await.unwrap();
        created.order_uuid
    }

    pub async fn get(&self, order: Uuid) -> Order {
        self.orders.get(order).await.unwrap().unwrap()
    }

    /// Lets leases run out and sweeps, again and again, with everything healthy
    /// before this was called: until nothing is under way.
    pub async fn settle_down(&self) {
        let instance = self.instance();
        for _ in 0..20 {
            self.clock.advance(LEASE + Duration::from_secs(31));
            let swept = instance.settle.run().await.unwrap();
            if swept.is_idle() {
                return;
            }
        }
        panic!("payments never settle");
    }
}

/// A wish of user 10 for parts 1, 2 and 2.
pub fn wish(order_uuid: Uuid) -> NewOrder {
    NewOrder {
        order_uuid,
        resumed: false,
        user_uuid: id(10),
        session: session(),
        part_uuids: vec![id(1), id(2), id(2)],
    }
}

/// User 10 pays by card, with a request of its own.
pub fn pay(order_uuid: Uuid) -> PayRequest {
    PayRequest {
        order_uuid,
        user_uuid: id(10),
        method: PaymentMethod::Card,
        operation: Uuid::new_v4(),
    }
}
