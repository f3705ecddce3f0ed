//! Orders in SQLite: the port, and what is neither payment nor sweep.

use async_trait::async_trait;
use rocket_db::{
    DbError, Sqlite,
    convert::micros,
    inbox,
    outbox::{self, SqliteOutbox},
};
use rocket_telemetry::propagate::traceparent;
use rusqlite::{Connection, OptionalExtension as _, params};
use time::OffsetDateTime;
use tracing::{Instrument as _, info_span};
use uuid::Uuid;

use super::{
    payments,
    row::{self, columns, concat},
    sweeps,
};
use crate::{
    adapters::{
        LocalStatusFeed,
        messages::{RELEASE, end_reservation},
    },
    domain::{Order, OrderStatus},
    ports::{
        Assembled, Begin, Cancel, Expired, Insert, ListQuery, NewGuard, OrderRepository,
        ShipAssembled, StoreError, TakenOver,
    },
};

/// The name under which handled events are remembered.
const CONSUMER: &str = "order";

/// Orders, their outbox and their inbox in one SQLite file.
#[derive(Clone)]
pub struct SqliteOrders {
    db: Sqlite,
    feed: LocalStatusFeed,
    outboxes: Outboxes,
}

/// The outbox, once per destination: each has a wake-up of its own.
#[derive(Debug, Clone)]
pub struct Outboxes {
    /// For the event log.
    pub events: SqliteOutbox,
    /// For Inventory.
    pub inventory: SqliteOutbox,
}

impl Outboxes {
    /// The outbox in `db`.
    pub fn new(db: &Sqlite) -> Self {
        Self {
            events: SqliteOutbox::new(db.clone()),
            inventory: SqliteOutbox::new(db.clone()),
        }
    }
}

impl SqliteOrders {
    /// Orders in `db`, as [`super::open`] gives it; tells `feed` of changes and wakes
    /// the relays of `outboxes`.
    pub fn new(db: Sqlite, feed: LocalStatusFeed, outboxes: Outboxes) -> Self {
        Self { db, feed, outboxes }
    }

    async fn write<T: Send + 'static>(
        &self,
        what: &'static str,
        job: impl FnOnce(&Connection) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let span = info_span!("store", what);
        Ok(self.db.write(job).instrument(span).await?)
    }

    async fn read<T: Send + 'static>(
        &self,
        what: &'static str,
        job: impl FnOnce(&Connection) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let span = info_span!("store", what);
        Ok(self.db.read(job).instrument(span).await?)
    }
}

#[async_trait]
impl OrderRepository for SqliteOrders {
    async fn insert(&self, order: &Order, max_unpaid: u32) -> Result<Insert, StoreError> {
        let order = order.clone();
        self.write("insert", move |conn| insert(conn, &order, max_unpaid))
            .await
    }

    async fn get(&self, order: Uuid) -> Result<Option<Order>, StoreError> {
        self.read("get", move |conn| find(conn, order)).await
    }

    async fn list(&self, query: ListQuery) -> Result<Vec<Order>, StoreError> {
        self.read("list", move |conn| list(conn, &query)).await
    }

    async fn begin_payment(
        &self,
        order: Uuid,
        user: Uuid,
        guard: NewGuard,
    ) -> Result<Begin, StoreError> {
        self.write("begin payment", move |conn| {
            payments::begin(conn, order, user, &guard)
        })
        .await
    }

    async fn begin_charging(
        &self,
        order: Uuid,
        token: Uuid,
        until: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        self.write("begin charging", move |conn| {
            payments::begin_charging(conn, order, token, until)
        })
        .await
    }

    async fn abandon_payment(&self, order: Uuid, token: Uuid) -> Result<bool, StoreError> {
        self.write("abandon payment", move |conn| {
            payments::abandon(conn, order, token)
        })
        .await
    }

    async fn record_decline(&self, order: Uuid, token: Uuid) -> Result<bool, StoreError> {
        self.write("record decline", move |conn| {
            payments::record_decline(conn, order, token)
        })
        .await
    }

    async fn settle_paid(
        &self,
        order: Uuid,
        token: Uuid,
        transaction_uuid: Uuid,
        now: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let trace = traceparent();
        let settled = self
            .write("settle paid", move |conn| {
                payments::settle(conn, order, token, transaction_uuid, now, trace)
            })
            .await?;
        if settled {
            self.outboxes.events.wake();
            self.outboxes.inventory.wake();
            self.feed.changed(order);
        }
        Ok(settled)
    }

    async fn set_lease(
        &self,
        order: Uuid,
        token: Uuid,
        until: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        self.write("set lease", move |conn| {
            payments::set_lease(conn, order, token, until)
        })
        .await
    }

    async fn take_over(
        &self,
        token: Uuid,
        now: OffsetDateTime,
        until: OffsetDateTime,
        limit: u32,
    ) -> Result<TakenOver, StoreError> {
        // The writer is left alone while there is nothing to do.
        if !self
            .read("take over", move |conn| sweeps::any_overdue(conn, now))
            .await?
        {
            return Ok(TakenOver::default());
        }
        self.write("take over", move |conn| {
            sweeps::take_over(conn, token, now, until, limit)
        })
        .await
    }

    async fn cancel(
        &self,
        order: Uuid,
        user: Uuid,
        now: OffsetDateTime,
    ) -> Result<Cancel, StoreError> {
        let trace = traceparent();
        let outcome = self
            .write("cancel", move |conn| cancel(conn, order, user, now, trace))
            .await?;
        if outcome == Cancel::Cancelled {
            self.outboxes.inventory.wake();
            self.feed.changed(order);
        }
        Ok(outcome)
    }

    async fn expire(
        &self,
        created_by: OffsetDateTime,
        now: OffsetDateTime,
        limit: u32,
    ) -> Result<Expired, StoreError> {
        let due = self
            .read("expire", move |conn| sweeps::expirable(conn, created_by, 1))
            .await?;
        if due.is_empty() {
            return Ok(Expired { orders: due });
        }
        let trace = traceparent();
        let orders = self
            .write("expire", move |conn| {
                sweeps::expire(conn, created_by, now, limit, trace.as_deref())
            })
            .await?;
        self.outboxes.inventory.wake();
        for order in &orders {
            self.feed.changed(*order);
        }
        Ok(Expired { orders })
    }

    async fn mark_assembled(
        &self,
        ship: ShipAssembled,
        now: OffsetDateTime,
    ) -> Result<Assembled, StoreError> {
        let outcome = self
            .write("mark assembled", move |conn| {
                mark_assembled(conn, &ship, now)
            })
            .await?;
        if outcome == Assembled::Done {
            self.feed.changed(ship.order_uuid);
        }
        Ok(outcome)
    }
}

fn insert(conn: &Connection, order: &Order, max_unpaid: u32) -> Result<Insert, DbError> {
    let inserted = conn
        .prepare_cached(
            "INSERT INTO orders (order_uuid, user_uuid, part_uuids, total_price, currency, \
                                 status, attempt, created_at, updated_at) \
             SELECT ?1, ?2, ?3, ?4, ?5, 'PENDING_PAYMENT', ?6, ?7, ?8 \
             WHERE (SELECT count(*) FROM \
                     (SELECT 1 FROM orders \
                      WHERE user_uuid = ?2 AND status = 'PENDING_PAYMENT' LIMIT ?9)) < ?9 \
             ON CONFLICT (order_uuid) DO NOTHING",
        )?
        .execute(params![
            order.uuid.as_bytes(),
            order.user_uuid.as_bytes(),
            concat(&order.part_uuids),
            order.total.minor(),
            order.currency.as_str(),
            order.attempt,
            micros(order.created_at),
            micros(order.updated_at),
            max_unpaid,
        ])?;
    if inserted == 1 {
        return Ok(Insert::Inserted);
    }
    Ok(match find(conn, order.uuid)? {
        Some(earlier) => Insert::Exists(Box::new(earlier)),
        None => Insert::TooManyUnpaid,
    })
}

/// The order, whoever's it is.
pub(super) fn find(conn: &Connection, order: Uuid) -> Result<Option<Order>, DbError> {
    let mut query = conn.prepare_cached(concat!(
        "SELECT ",
        columns!(),
        " FROM orders WHERE order_uuid = ?1"
    ))?;
    Ok(query.query_row([order.as_bytes()], row::order).optional()?)
}

/// The order, if it is this user's.
pub(super) fn find_own(
    conn: &Connection,
    order: Uuid,
    user: Uuid,
) -> Result<Option<Order>, DbError> {
    Ok(find(conn, order)?.filter(|order| order.user_uuid == user))
}

fn list(conn: &Connection, query: &ListQuery) -> Result<Vec<Order>, DbError> {
    let mut statement = conn.prepare_cached(concat!(
        "SELECT ",
        columns!(),
        " FROM orders \
         WHERE user_uuid = ?1 AND (created_at, order_uuid) < (?2, ?3) \
           AND (?4 IS NULL OR status = ?4) \
         ORDER BY created_at DESC, order_uuid DESC LIMIT ?5"
    ))?;
    let (created_at, uuid) = match &query.after {
        Some(cursor) => (micros(cursor.created_at), cursor.order_uuid),
        None => (i64::MAX, Uuid::max()),
    };
    let rows = statement.query_map(
        params![
            query.user_uuid.as_bytes(),
            created_at,
            uuid.as_bytes(),
            query.status.map(OrderStatus::as_str),
            query.size.get(),
        ],
        row::order,
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn cancel(
    conn: &Connection,
    order: Uuid,
    user: Uuid,
    now: OffsetDateTime,
    trace: Option<String>,
) -> Result<Cancel, DbError> {
    let cancelled = conn
        .prepare_cached(
            "UPDATE orders SET status = 'CANCELLED', updated_at = ?3 \
             WHERE order_uuid = ?1 AND user_uuid = ?2 \
               AND status = 'PENDING_PAYMENT' AND paying_token IS NULL",
        )?
        .execute(params![order.as_bytes(), user.as_bytes(), micros(now)])?;
    if cancelled == 1 {
        outbox::insert(conn, &end_reservation(order, RELEASE, now, trace))?;
        return Ok(Cancel::Cancelled);
    }
    Ok(match find_own(conn, order, user)? {
        Some(order) => Cancel::Blocked(Box::new(order)),
        None => Cancel::NotFound,
    })
}

fn mark_assembled(
    conn: &Connection,
    ship: &ShipAssembled,
    now: OffsetDateTime,
) -> Result<Assembled, DbError> {
    let Some(order) = find(conn, ship.order_uuid)? else {
        return Ok(Assembled::NotFound);
    };
    match order.status {
        OrderStatus::Paid | OrderStatus::Assembled => {}
        status => return Ok(Assembled::NotPaid(status)),
    }
    let first = inbox::first_time(conn, CONSUMER, ship.event_uuid, now)?;
    if !first || order.status == OrderStatus::Assembled {
        return Ok(Assembled::Already);
    }
    let build_micros = i64::try_from(ship.build_time.as_micros()).unwrap_or(i64::MAX);
    conn.prepare_cached(
        "UPDATE orders SET status = 'ASSEMBLED', updated_at = ?2, assembled_at = ?2, \
                           build_micros = ?3 \
         WHERE order_uuid = ?1 AND status = 'PAID'",
    )?
    .execute(params![
        ship.order_uuid.as_bytes(),
        micros(now),
        build_micros
    ])?;
    Ok(Assembled::Done)
}
