//! Creating an order: price it, hold its parts, write it down.

use std::{sync::Arc, time::Duration};

use rocket_rpc::session::SessionToken;
use rocket_runtime::{
    SharedClock, faults,
    money::{Currency, Money},
};
use rocket_telemetry::chain;
use tracing::{Instrument as _, info_span, warn};
use uuid::Uuid;

use super::OrderMetrics;
use crate::{
    domain::{Order, OrderStatus, PricingError, price, quantities},
    ports::{Insert, Inventory, InventoryError, OrderRepository, StoreError},
};

/// The use case.
pub struct CreateOrder {
    /// Orders.
    pub orders: Arc<dyn OrderRepository>,
    /// Parts.
    pub inventory: Arc<dyn Inventory>,
    /// Time.
    pub clock: SharedClock,
    /// Counters.
    pub metrics: OrderMetrics,
    /// The installation's currency.
    pub currency: Currency,
    /// How long the parts are held: longer than an unpaid order lives.
    pub hold: Duration,
    /// The most unpaid orders of one user.
    pub max_unpaid: u32,
}

/// What a user wants.
#[derive(Debug, Clone)]
pub struct NewOrder {
    /// The order's id, fixed before the first call, so that a repetition after a
    /// crash is the same order.
    pub order_uuid: Uuid,
    /// True when an earlier run with this id may have come some way.
    pub resumed: bool,
    /// The user.
    pub user_uuid: Uuid,
    /// The session to ask Inventory with.
    pub session: SessionToken,
    /// 1 to 100 parts, duplicates counted.
    pub part_uuids: Vec<Uuid>,
}

/// What the user gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Creation {
    /// The order.
    pub order_uuid: Uuid,
    /// Its price.
    pub total: Money,
    /// The currency of `total`.
    pub currency: Currency,
}

/// Why there is no order.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// No price.
    #[error(transparent)]
    Pricing(#[from] PricingError),
    /// A part vanished between pricing and holding.
    #[error("a part does not exist any more")]
    PartGone,
    /// Not enough is left of some part.
    #[error("not enough parts are left")]
    OutOfStock,
    /// The user has too many unpaid orders.
    #[error("too many unpaid orders")]
    TooManyUnpaid,
    /// The session ended meanwhile.
    #[error("the session is not valid")]
    Unauthenticated,
    /// An earlier run with this id gave its parts back, so the id is spent.
    #[error("an earlier try at this order was undone")]
    Undone,
    /// Inventory is not reachable.
    #[error("inventory is not available")]
    Inventory(#[source] InventoryError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CreateOrder {
    /// Creates the order. On an error no order exists, except after
    /// [`StoreError::Unknown`]; parts held meanwhile are given back at once where
    /// that is safe, and by the end of the hold in any case.
    pub async fn run(&self, wish: NewOrder) -> Result<Creation, CreateError> {
        let span = info_span!("create order", order_uuid = %wish.order_uuid);
        self.create(wish).instrument(span).await
    }

    async fn create(&self, wish: NewOrder) -> Result<Creation, CreateError> {
        if wish.resumed
            && let Some(order) = self.orders.get(wish.order_uuid).await?
        {
            return Ok(creation(&order));
        }
        let total = self.price(&wish).await?;
        let lines = quantities(&wish.part_uuids);
        let held = self
            .inventory
            .reserve(wish.order_uuid, &lines, Some(self.hold))
            .await;
        if let Err(error) = held {
            return Err(self.not_held(wish.order_uuid, error).await);
        }
        faults::point("order-reserved").await;
        let created = self.insert(&self.order(wish, total)).await;
        faults::point("order-inserted").await;
        created
    }

    async fn price(&self, wish: &NewOrder) -> Result<Money, CreateError> {
        let parts: Vec<Uuid> = quantities(&wish.part_uuids)
            .into_iter()
            .map(|line| line.part_uuid)
            .collect();
        let offers = match self.inventory.prices(&parts, &wish.session).await {
            Ok(offers) => offers,
            Err(InventoryError::Unauthenticated) => return Err(CreateError::Unauthenticated),
            Err(error) => return Err(CreateError::Inventory(error)),
        };
        Ok(price(&wish.part_uuids, &offers, self.currency)?)
    }

    async fn not_held(&self, order: Uuid, error: InventoryError) -> CreateError {
        match error {
            InventoryError::OutOfStock => CreateError::OutOfStock,
            InventoryError::UnknownPart => CreateError::PartGone,
            InventoryError::Released => CreateError::Undone,
            error @ InventoryError::Unavailable(_) => {
                // The hold may have been made although its answer was lost.
                self.give_back(order).await;
                CreateError::Inventory(error)
            }
            other => CreateError::Inventory(other),
        }
    }

    async fn insert(&self, order: &Order) -> Result<Creation, CreateError> {
        match self.orders.insert(order, self.max_unpaid).await {
            Ok(Insert::Inserted) => {
                self.metrics.created();
                Ok(creation(order))
            }
            // An earlier run of the same request came this far.
            Ok(Insert::Exists(earlier)) if earlier.user_uuid == order.user_uuid => {
                Ok(creation(&earlier))
            }
            Ok(Insert::Exists(_)) => Err(CreateError::Undone),
            Ok(Insert::TooManyUnpaid) => {
                self.give_back(order.uuid).await;
                Err(CreateError::TooManyUnpaid)
            }
            Err(error @ StoreError::Refused(_)) => {
                self.give_back(order.uuid).await;
                Err(error.into())
            }
            // The order may be there. Without its hold it could never be paid, so
            // the hold stays until its time is over.
            Err(error @ StoreError::Unknown(_)) => Err(error.into()),
        }
    }

    async fn give_back(&self, order: Uuid) {
        if let Err(error) = self.inventory.release(order).await {
            warn!(
                %order,
                error = chain(&error),
                "parts of an order that was not created stay held until their time is over"
            );
        }
    }

    fn order(&self, wish: NewOrder, total: Money) -> Order {
        let now = self.clock.now();
        Order {
            uuid: wish.order_uuid,
            user_uuid: wish.user_uuid,
            part_uuids: wish.part_uuids,
            total,
            currency: self.currency,
            status: OrderStatus::PendingPayment,
            attempt: 1,
            guard: None,
            operation: None,
            payment: None,
            assembly: None,
            created_at: now,
            updated_at: now,
        }
    }
}

fn creation(order: &Order) -> Creation {
    Creation {
        order_uuid: order.uuid,
        total: order.total,
        currency: order.currency,
    }
}
