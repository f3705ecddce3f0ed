//! The guarded updates of a payment under way.

use rocket_db::{DbError, convert::micros, outbox};
use rusqlite::{Connection, OptionalExtension as _, params};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    orders::find_own,
    row::{self, columns},
};
use crate::{
    adapters::messages::{COMMIT, end_reservation, order_paid},
    domain::{Order, Payment},
    ports::{Begin, NewGuard},
};

pub(super) fn begin(
    conn: &Connection,
    order: Uuid,
    user: Uuid,
    guard: &NewGuard,
) -> Result<Begin, DbError> {
    let begun = conn
        .prepare_cached(concat!(
            "UPDATE orders SET paying_token = ?3, paying_step = 'RESERVING', paying_since = ?4, \
                               paying_until = ?5, payment_method = ?6, operation = ?7 \
             WHERE order_uuid = ?1 AND user_uuid = ?2 \
               AND status = 'PENDING_PAYMENT' AND paying_token IS NULL \
             RETURNING ",
            columns!()
        ))?
        .query_row(
            params![
                order.as_bytes(),
                user.as_bytes(),
                guard.token.as_bytes(),
                micros(guard.since),
                micros(guard.until),
                guard.method.as_str(),
                guard.operation.as_bytes(),
            ],
            row::order,
        )
        .optional()?;
    if let Some(order) = begun {
        return Ok(Begin::Begun(Box::new(order)));
    }
    Ok(match find_own(conn, order, user)? {
        Some(order) => Begin::Blocked(Box::new(order)),
        None => Begin::NotFound,
    })
}

pub(super) fn begin_charging(
    conn: &Connection,
    order: Uuid,
    token: Uuid,
    until: OffsetDateTime,
) -> Result<bool, DbError> {
    let moved = conn
        .prepare_cached(
            "UPDATE orders SET paying_step = 'CHARGING', paying_until = ?3 \
             WHERE order_uuid = ?1 AND paying_token = ?2 AND paying_step = 'RESERVING'",
        )?
        .execute(params![order.as_bytes(), token.as_bytes(), micros(until)])?;
    Ok(moved == 1)
}

pub(super) fn abandon(conn: &Connection, order: Uuid, token: Uuid) -> Result<bool, DbError> {
    let dropped = conn
        .prepare_cached(
            "UPDATE orders SET paying_token = NULL, paying_step = NULL, paying_since = NULL, \
                               paying_until = NULL \
             WHERE order_uuid = ?1 AND paying_token = ?2 AND paying_step = 'RESERVING'",
        )?
        .execute(params![order.as_bytes(), token.as_bytes()])?;
    Ok(dropped == 1)
}

pub(super) fn record_decline(conn: &Connection, order: Uuid, token: Uuid) -> Result<bool, DbError> {
    let dropped = conn
        .prepare_cached(
            "UPDATE orders SET paying_token = NULL, paying_step = NULL, paying_since = NULL, \
                               paying_until = NULL, attempt = attempt + 1 \
             WHERE order_uuid = ?1 AND paying_token = ?2 AND paying_step = 'CHARGING'",
        )?
        .execute(params![order.as_bytes(), token.as_bytes()])?;
    Ok(dropped == 1)
}

pub(super) fn settle(
    conn: &Connection,
    order: Uuid,
    token: Uuid,
    transaction_uuid: Uuid,
    now: OffsetDateTime,
    trace: Option<String>,
) -> Result<bool, DbError> {
    let paid = conn
        .prepare_cached(concat!(
            "UPDATE orders SET status = 'PAID', transaction_uuid = ?3, paid_at = ?4, \
                               updated_at = ?4, paying_token = NULL, paying_step = NULL, \
                               paying_since = NULL, paying_until = NULL \
             WHERE order_uuid = ?1 AND paying_token = ?2 AND paying_step = 'CHARGING' \
             RETURNING ",
            columns!()
        ))?
        .query_row(
            params![
                order.as_bytes(),
                token.as_bytes(),
                transaction_uuid.as_bytes(),
                micros(now),
            ],
            row::order,
        )
        .optional()?;
    let Some((order, payment)) = paid.and_then(with_payment) else {
        return Ok(false);
    };
    outbox::insert(conn, &order_paid(&order, payment, trace.clone()))?;
    outbox::insert(conn, &end_reservation(order.uuid, COMMIT, now, trace))?;
    Ok(true)
}

fn with_payment(order: Order) -> Option<(Order, Payment)> {
    let payment = order.payment?;
    Some((order, payment))
}

pub(super) fn set_lease(
    conn: &Connection,
    order: Uuid,
    token: Uuid,
    until: OffsetDateTime,
) -> Result<bool, DbError> {
    let set = conn
        .prepare_cached(
            "UPDATE orders SET paying_until = ?3 WHERE order_uuid = ?1 AND paying_token = ?2",
        )?
        .execute(params![order.as_bytes(), token.as_bytes(), micros(until)])?;
    Ok(set == 1)
}
