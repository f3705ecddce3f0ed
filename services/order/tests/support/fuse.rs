//! Stops work between any two steps: a fuse counts the moments just before and
//! just after each call of a port, and at the chosen one the caller stops: for good,
//! as a killed process would, or until it is told to go on, as a stalled one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use rocket_order::{
    domain::{Order, PartPrice, PartQuantity},
    ports::{
        Assembled, Begin, Cancel, Charge, ChargeOutcome, Expired, Insert, Inventory,
        InventoryError, ListQuery, NewGuard, OrderRepository, Payments, PaymentsError,
        ShipAssembled, StoreError, TakenOver,
    },
};
use rocket_rpc::session::SessionToken;
use time::OffsetDateTime;
use tokio::sync::Notify;
use uuid::Uuid;

/// Blows at one moment.
#[derive(Default)]
pub struct Fuse {
    left: AtomicI64,
    /// Told when the work has stopped.
    pub blown: Notify,
    /// Tells it to go on.
    pub go_on: Notify,
}

impl Fuse {
    /// Blows at the moment number `at`, counted from 0.
    pub fn at(at: i64) -> Arc<Self> {
        Arc::new(Self {
            left: AtomicI64::new(at),
            ..Self::default()
        })
    }

    async fn moment(&self) {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 0 {
            self.blown.notify_one();
            self.go_on.notified().await;
        }
    }
}

/// A port behind a fuse.
pub struct Fused<T: ?Sized> {
    pub fuse: Arc<Fuse>,
    pub inner: Arc<T>,
}

impl<T: ?Sized> Fused<T> {
    async fn call<R>(&self, call: impl Future<Output = R>) -> R {
        self.fuse.moment().await;
        let result = call.await;
        self.fuse.moment().await;
        result
    }
}

#[async_trait]
impl Payments for Fused<dyn Payments> {
    async fn charge(&self, charge: &Charge) -> Result<ChargeOutcome, PaymentsError> {
        self.call(self.inner.charge(charge)).await
    }
}

#[async_trait]
impl Inventory for Fused<dyn Inventory> {
    async fn prices(
        &self,
        parts: &[Uuid],
        session: &SessionToken,
    ) -> Result<Vec<PartPrice>, InventoryError> {
        self.call(self.inner.prices(parts, session)).await
    }

    async fn reserve(
        &self,
        order: Uuid,
        parts: &[PartQuantity],
        ttl: Option<Duration>,
    ) -> Result<(), InventoryError> {
        self.call(self.inner.reserve(order, parts, ttl)).await
    }

    async fn commit(&self, order: Uuid) -> Result<(), InventoryError> {
        self.call(self.inner.commit(order)).await
    }

    async fn release(&self, order: Uuid) -> Result<(), InventoryError> {
        self.call(self.inner.release(order)).await
    }
}

macro_rules! fused_repository {
    ($($method:ident($($argument:ident: $type:ty),*) -> $answer:ty;)+) => {
        #[async_trait]
        impl OrderRepository for Fused<dyn OrderRepository> {
            $(
                async fn $method(&self, $($argument: $type),*) -> Result<$answer, StoreError> {
                    self.call(self.inner.$method($($argument),*)).await
                }
            )+
        }
    };
}

fused_repository! {
    insert(order: &Order, max_unpaid: u32) -> Insert;
    get(order: Uuid) -> Option<Order>;
    list(query: ListQuery) -> Vec<Order>;
    begin_payment(order: Uuid, user: Uuid, guard: NewGuard) -> Begin;
    begin_charging(order: Uuid, token: Uuid, until: OffsetDateTime) -> bool;
    abandon_payment(order: Uuid, token: Uuid) -> bool;
    record_decline(order: Uuid, token: Uuid) -> bool;
    settle_paid(order: Uuid, token: Uuid, transaction: Uuid, now: OffsetDateTime) -> bool;
    set_lease(order: Uuid, token: Uuid, until: OffsetDateTime) -> bool;
    take_over(token: Uuid, now: OffsetDateTime, until: OffsetDateTime, limit: u32) -> TakenOver;
    cancel(order: Uuid, user: Uuid, now: OffsetDateTime) -> Cancel;
    expire(created_by: OffsetDateTime, now: OffsetDateTime, limit: u32) -> Expired;
    mark_assembled(ship: ShipAssembled, now: OffsetDateTime) -> Assembled;
}
