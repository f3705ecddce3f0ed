//! Rows of `orders` and back.

use std::time::Duration;

use rocket_runtime::money::Money;
use rusqlite::{Row, types::Type};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{Assembly, Guard, Order, Payment, PaymentMethod, Step};

/// The columns that [`order`] reads, in its order.
macro_rules! columns {
    () => {
        "order_uuid, user_uuid, part_uuids, total_price, currency, status, attempt, \
         payment_method, operation, paying_token, paying_step, paying_since, paying_until, \
         transaction_uuid, paid_at, assembled_at, build_micros, created_at, updated_at"
    };
}
pub(super) use columns;

/// Ids one after another.
pub(super) fn concat(ids: &[Uuid]) -> Vec<u8> {
    ids.iter().flat_map(|id| *id.as_bytes()).collect()
}

/// Reads one row of [`columns`].
pub(super) fn order(row: &Row<'_>) -> rusqlite::Result<Order> {
    Ok(Order {
        uuid: id(row, 0)?,
        user_uuid: id(row, 1)?,
        part_uuids: ids(row, 2)?,
        total: Money::from_minor(row.get(3)?).map_err(|error| corrupt(3, error))?,
        currency: text(row, 4)?,
        status: text(row, 5)?,
        attempt: row.get(6)?,
        operation: optional_id(row, 8)?,
        guard: guard(row)?,
        payment: payment(row)?,
        assembly: assembly(row)?,
        created_at: instant(row, 17)?,
        updated_at: instant(row, 18)?,
    })
}

fn guard(row: &Row<'_>) -> rusqlite::Result<Option<Guard>> {
    let Some(token) = optional_id(row, 9)? else {
        return Ok(None);
    };
    let step: String = row.get(10)?;
    let step = [Step::Reserving, Step::Charging]
        .into_iter()
        .find(|known| known.as_str() == step)
        .ok_or_else(|| corrupt(10, "unknown step"))?;
    Ok(Some(Guard {
        token,
        method: method(row)?,
        step,
        since: instant(row, 11)?,
        until: instant(row, 12)?,
    }))
}

fn payment(row: &Row<'_>) -> rusqlite::Result<Option<Payment>> {
    let Some(transaction_uuid) = optional_id(row, 13)? else {
        return Ok(None);
    };
    Ok(Some(Payment {
        transaction_uuid,
        method: method(row)?,
        paid_at: instant(row, 14)?,
    }))
}

fn assembly(row: &Row<'_>) -> rusqlite::Result<Option<Assembly>> {
    if row.get::<_, Option<i64>>(15)?.is_none() {
        return Ok(None);
    }
    let micros = u64::try_from(row.get::<_, i64>(16)?).map_err(|error| corrupt(16, error))?;
    Ok(Some(Assembly {
        build_time: Duration::from_micros(micros),
        assembled_at: instant(row, 15)?,
    }))
}

fn method(row: &Row<'_>) -> rusqlite::Result<PaymentMethod> {
    text(row, 7)
}

pub(super) fn id(row: &Row<'_>, column: usize) -> rusqlite::Result<Uuid> {
    Ok(Uuid::from_bytes(row.get(column)?))
}

fn optional_id(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Uuid>> {
    Ok(row
        .get::<_, Option<[u8; 16]>>(column)?
        .map(Uuid::from_bytes))
}

fn ids(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<Uuid>> {
    let bytes = row.get_ref(column)?.as_blob()?;
    let (ids, rest) = bytes.as_chunks::<16>();
    if !rest.is_empty() {
        return Err(corrupt(column, "ids of uneven length"));
    }
    Ok(ids.iter().copied().map(Uuid::from_bytes).collect())
}

fn text<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: std::str::FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    row.get_ref(column)?
        .as_str()?
        .parse()
        .map_err(|error: T::Err| corrupt(column, error))
}

fn instant(row: &Row<'_>, column: usize) -> rusqlite::Result<OffsetDateTime> {
    let micros: i64 = row.get(column)?;
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
        .map_err(|error| corrupt(column, error))
}

fn corrupt(
    column: usize,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, cause.into())
}
