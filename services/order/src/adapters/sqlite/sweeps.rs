//! What the sweepers do.

use rocket_db::{DbError, convert::micros, outbox};
use rusqlite::{Connection, params};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    payments,
    row::{self, columns},
};
use crate::{
    adapters::messages::{RELEASE, end_reservation},
    domain::{Order, Step},
    ports::{MAX_LEASE, TakenOver},
};

pub(super) fn any_overdue(conn: &Connection, now: OffsetDateTime) -> Result<bool, DbError> {
    Ok(!overdue(conn, now, 1)?.is_empty())
}

/// Guards whose lease ran out; when there are fewer than `limit`, also those whose
/// lease was written before the wall clock was set back.
fn overdue(conn: &Connection, now: OffsetDateTime, limit: u32) -> Result<Vec<Order>, DbError> {
    let mut due = guarded(conn, i64::MIN, micros(now), limit)?;
    let left = limit.saturating_sub(u32::try_from(due.len()).unwrap_or(limit));
    if left > 0 {
        due.extend(guarded(conn, micros(now + MAX_LEASE), i64::MAX, left)?);
    }
    Ok(due)
}

/// Guards whose lease ends after `from` and by `to`, both in microseconds.
fn guarded(conn: &Connection, from: i64, to: i64, limit: u32) -> Result<Vec<Order>, DbError> {
    let mut query = conn.prepare_cached(concat!(
        "SELECT ",
        columns!(),
        " FROM orders WHERE paying_token IS NOT NULL \
         AND paying_until > ?1 AND paying_until <= ?2 ORDER BY paying_until LIMIT ?3"
    ))?;
    let rows = query.query_map(params![from, to, limit], row::order)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn take_over(
    conn: &Connection,
    token: Uuid,
    now: OffsetDateTime,
    until: OffsetDateTime,
    limit: u32,
) -> Result<TakenOver, DbError> {
    let mut outcome = TakenOver::default();
    // Nobody writes between this reading and the updates: jobs run one at a time.
    for mut order in overdue(conn, now, limit)? {
        let Some(guard) = &mut order.guard else {
            continue;
        };
        match guard.step {
            Step::Reserving => {
                payments::abandon(conn, order.uuid, guard.token)?;
                outcome.unguarded += 1;
            }
            Step::Charging => {
                conn.prepare_cached(
                    "UPDATE orders SET paying_token = ?3, paying_until = ?4 \
                     WHERE order_uuid = ?1 AND paying_token = ?2",
                )?
                .execute(params![
                    order.uuid.as_bytes(),
                    guard.token.as_bytes(),
                    token.as_bytes(),
                    micros(until),
                ])?;
                guard.token = token;
                guard.until = until;
                outcome.charging.push(order);
            }
        }
    }
    Ok(outcome)
}

/// The oldest orders that may expire.
pub(super) fn expirable(
    conn: &Connection,
    created_by: OffsetDateTime,
    limit: u32,
) -> Result<Vec<Uuid>, DbError> {
    let mut query = conn.prepare_cached(
        "SELECT order_uuid FROM orders \
         WHERE status = 'PENDING_PAYMENT' AND paying_token IS NULL AND created_at <= ?1 \
         ORDER BY created_at LIMIT ?2",
    )?;
    let rows = query.query_map(params![micros(created_by), limit], |row| row::id(row, 0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn expire(
    conn: &Connection,
    created_by: OffsetDateTime,
    now: OffsetDateTime,
    limit: u32,
    trace: Option<&str>,
) -> Result<Vec<Uuid>, DbError> {
    let due = expirable(conn, created_by, limit)?;
    for order in &due {
        conn.prepare_cached(
            "UPDATE orders SET status = 'CANCELLED', updated_at = ?2 \
             WHERE order_uuid = ?1 AND status = 'PENDING_PAYMENT' AND paying_token IS NULL",
        )?
        .execute(params![order.as_bytes(), micros(now)])?;
        let release = end_reservation(*order, RELEASE, now, trace.map(str::to_owned));
        outbox::insert(conn, &release)?;
    }
    Ok(due)
}
