//! The store of orders, with its outbox and inbox.

use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;
use uuid::Uuid;

use super::StoreError;
use crate::domain::{Cursor, Order, OrderStatus, PageSize, PaymentMethod};

/// The longest lease. One that ends further ahead was written before the wall clock
/// was set back, and has run out.
pub const MAX_LEASE: Duration = Duration::from_mins(10);

/// What came of [`OrderRepository::insert`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Insert {
    /// The order is there now.
    Inserted,
    /// An order with this id was there before and is unchanged.
    Exists(Box<Order>),
    /// The user has too many unpaid orders; nothing was written.
    TooManyUnpaid,
}

/// The guard to put on an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewGuard {
    /// The holder's token, never used before.
    pub token: Uuid,
    /// The request that begins the payment.
    pub operation: Uuid,
    /// How the user pays.
    pub method: PaymentMethod,
    /// Now.
    pub since: OffsetDateTime,
    /// The end of the lease.
    pub until: OffsetDateTime,
}

/// What came of [`OrderRepository::begin_payment`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begin {
    /// The caller holds the guard; the order as it is now.
    Begun(Box<Order>),
    /// The order is not free; as it was at that moment.
    Blocked(Box<Order>),
    /// This user has no such order.
    NotFound,
}

/// What came of [`OrderRepository::cancel`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cancel {
    /// It is CANCELLED now.
    Cancelled,
    /// The order is not free; as it was at that moment.
    Blocked(Box<Order>),
    /// This user has no such order.
    NotFound,
}

/// What came of one [`OrderRepository::expire`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// The orders that are CANCELLED now.
    pub orders: Vec<Uuid>,
}

/// What came of one [`OrderRepository::take_over`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakenOver {
    /// How many guards were dropped, because Payment was never asked.
    pub unguarded: u64,
    /// The orders whose attempt the caller must now repeat, under its token.
    pub charging: Vec<Order>,
}

/// One page of one user's orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListQuery {
    /// Whose.
    pub user_uuid: Uuid,
    /// Only those with this status.
    pub status: Option<OrderStatus>,
    /// Only those older than this place.
    pub after: Option<Cursor>,
    /// At most so many.
    pub size: PageSize,
}

/// The news that a ship is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShipAssembled {
    /// The event's id, by which a repetition is known.
    pub event_uuid: Uuid,
    /// The order.
    pub order_uuid: Uuid,
    /// How long it took.
    pub build_time: Duration,
}

/// What came of [`OrderRepository::mark_assembled`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assembled {
    /// It is ASSEMBLED now.
    Done,
    /// The event was handled before, or the order was ASSEMBLED before.
    Already,
    /// There is no such order. Nothing was written, the event's id neither.
    NotFound,
    /// The order was never PAID. Nothing was written, the event's id neither.
    NotPaid(OrderStatus),
}

/// Orders, their outbox and their inbox in one transactional store.
///
/// An adapter MUST make each method one atomic step that is durable when it
/// returns, safe with any number of callers and replicas; MUST answer
/// [`StoreError::Refused`] only when nothing was changed; and MUST tell the
/// [`super::StatusFeed`] after every change of status.
#[async_trait]
pub trait OrderRepository: Send + Sync {
    /// Adds a new order, unless its user has `max_unpaid` orders in
    /// `PENDING_PAYMENT`, counted in the same step.
    async fn insert(&self, order: &Order, max_unpaid: u32) -> Result<Insert, StoreError>;

    /// The order, whoever's it is.
    async fn get(&self, order: Uuid) -> Result<Option<Order>, StoreError>;

    /// One page, newest first: by time of creation, then by id, both descending.
    async fn list(&self, query: ListQuery) -> Result<Vec<Order>, StoreError>;

    /// Puts the guard, at step *reserving*, on the user's order if that is
    /// `PENDING_PAYMENT` and unguarded.
    async fn begin_payment(
        &self,
        order: Uuid,
        user: Uuid,
        guard: NewGuard,
    ) -> Result<Begin, StoreError>;

    /// Moves the guard from *reserving* to *charging* and renews its lease. False
    /// when the token no longer holds it.
    async fn begin_charging(
        &self,
        order: Uuid,
        token: Uuid,
        until: OffsetDateTime,
    ) -> Result<bool, StoreError>;

    /// Drops a guard at step *reserving*; the attempt's number stays unused. False
    /// when the token no longer holds it there.
    async fn abandon_payment(&self, order: Uuid, token: Uuid) -> Result<bool, StoreError>;

    /// Drops a guard at step *charging* after a decline; the next payment is the
    /// next attempt. False when the token no longer holds it.
    async fn record_decline(&self, order: Uuid, token: Uuid) -> Result<bool, StoreError>;

    /// Makes the order PAID under the guard's method, drops the guard, and adds
    /// to the outbox, in this one step, the `OrderPaid` event for the log and the
    /// commit of the reservation for Inventory. False, and nothing written, when the
    /// token no longer holds a guard at step *charging*.
    async fn settle_paid(
        &self,
        order: Uuid,
        token: Uuid,
        transaction_uuid: Uuid,
        now: OffsetDateTime,
    ) -> Result<bool, StoreError>;

    /// Ends the lease of a guard earlier or later than planned, so that a sweeper
    /// takes over at `until`. False when the token no longer holds it.
    async fn set_lease(
        &self,
        order: Uuid,
        token: Uuid,
        until: OffsetDateTime,
    ) -> Result<bool, StoreError>;

    /// Of at most `limit` guards whose lease ran out by `now`, or ends later than
    /// [`MAX_LEASE`] from now: drops those at step
    /// *reserving*, and puts `token` and a lease until `until` on those at step
    /// *charging*. Writes nothing when there are none.
    async fn take_over(
        &self,
        token: Uuid,
        now: OffsetDateTime,
        until: OffsetDateTime,
        limit: u32,
    ) -> Result<TakenOver, StoreError>;

    /// Cancels the user's order if it is `PENDING_PAYMENT` and unguarded, and adds,
    /// in this one step, the release of the reservation to the outbox.
    async fn cancel(
        &self,
        order: Uuid,
        user: Uuid,
        now: OffsetDateTime,
    ) -> Result<Cancel, StoreError>;

    /// Cancels, oldest first, at most `limit` orders that are `PENDING_PAYMENT`,
    /// unguarded and were created by `created_by`, each with the release of its
    /// reservation. Writes nothing when there are none.
    async fn expire(
        &self,
        created_by: OffsetDateTime,
        now: OffsetDateTime,
        limit: u32,
    ) -> Result<Expired, StoreError>;

    /// Makes a PAID order ASSEMBLED and remembers the event's id, in one step.
    async fn mark_assembled(
        &self,
        ship: ShipAssembled,
        now: OffsetDateTime,
    ) -> Result<Assembled, StoreError>;
}
