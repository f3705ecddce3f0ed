//! Holds in SQLite.

use async_trait::async_trait;
use rocket_db::convert::{micros, optional_time_at, uuid_at};
use rusqlite::{Connection, OptionalExtension as _, params};
use time::OffsetDateTime;
use uuid::Uuid;

use super::SqliteInventory;
use crate::{
    domain::{CommitStep, Expiry, Items, ReleaseStep, Reservation, ReserveStep, State},
    ports::{CommitError, ReleaseError, ReservationRepository, ReserveError, StoreError},
};

#[async_trait]
impl ReservationRepository for SqliteInventory {
    async fn reserve(
        &self,
        order_uuid: Uuid,
        items: &Items,
        expiry: Expiry,
        now: OffsetDateTime,
    ) -> Result<(), ReserveError> {
        let items = items.clone();
        self.db
            .write(move |db| reserve(db, order_uuid, &items, expiry, now))
            .await
    }

    async fn commit(&self, order_uuid: Uuid, now: OffsetDateTime) -> Result<(), CommitError> {
        self.db
            .write(move |db| match State::commit(state(db, order_uuid)?)? {
                CommitStep::Sell => {
                    sell(db, order_uuid)?;
                    Ok(set_state(db, order_uuid, State::Committed, now)?)
                }
                CommitStep::Done => Ok(()),
            })
            .await
    }

    async fn release(&self, order_uuid: Uuid, now: OffsetDateTime) -> Result<(), ReleaseError> {
        self.db
            .write(move |db| {
                let step = State::release(state(db, order_uuid)?)?;
                if step == ReleaseStep::GiveBack {
                    give_back(db, order_uuid)?;
                }
                if step != ReleaseStep::Done {
                    set_state(db, order_uuid, State::Released, now)?;
                }
                Ok(())
            })
            .await
    }

    async fn due(&self, now: OffsetDateTime, limit: u32) -> Result<Vec<Uuid>, StoreError> {
        self.db.read(move |db| due(db, now, limit)).await
    }

    async fn settle(&self, order_uuid: Uuid, now: OffsetDateTime) -> Result<bool, StoreError> {
        self.db
            .write(move |db| {
                let due = state(db, order_uuid)?.is_some_and(|state| state.is_due(now));
                if due {
                    give_back(db, order_uuid)?;
                    set_state(db, order_uuid, State::Expired, now)?;
                }
                Ok(due)
            })
            .await
    }
}

fn reserve(
    db: &Connection,
    order_uuid: Uuid,
    items: &Items,
    expiry: Expiry,
    now: OffsetDateTime,
) -> Result<(), ReserveError> {
    let known = find(db, order_uuid)?;
    match Reservation::reserve(known.as_ref(), items, expiry)? {
        ReserveStep::Done => {}
        ReserveStep::Extend(until) => set_state(db, order_uuid, State::Held(until), now)?,
        ReserveStep::Take(until) => {
            // An error undoes the whole job, so what was taken before it returns.
            for (part_uuid, quantity) in items.iter() {
                take(db, part_uuid, quantity)?;
            }
            set_state(db, order_uuid, State::Held(until), now)?;
            if known.is_none() {
                write_items(db, order_uuid, items)?;
            }
        }
    }
    Ok(())
}

fn take(db: &Connection, part_uuid: Uuid, quantity: i64) -> Result<(), ReserveError> {
    let mut take = db.prepare_cached(
        "UPDATE stock SET stock = stock - ?2, held = held + ?2
         WHERE part_uuid = ?1 AND stock >= ?2",
    )?;
    if take.execute(params![part_uuid.as_bytes(), quantity])? == 1 {
        return Ok(());
    }
    let left = db
        .prepare_cached("SELECT stock FROM stock WHERE part_uuid = ?")?
        .query_row([part_uuid.as_bytes()], |row| row.get(0))
        .optional()?;
    Err(match left {
        Some(left) => ReserveError::OutOfStock { part_uuid, left },
        None => ReserveError::UnknownPart { part_uuid },
    })
}

fn sell(db: &Connection, order_uuid: Uuid) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE stock SET held = held - i.quantity, sold = sold + i.quantity
         FROM reservation_items i WHERE i.order_uuid = ? AND i.part_uuid = stock.part_uuid",
    )?
    .execute([order_uuid.as_bytes()])?;
    Ok(())
}

fn give_back(db: &Connection, order_uuid: Uuid) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE stock SET held = held - i.quantity, stock = stock + i.quantity
         FROM reservation_items i WHERE i.order_uuid = ? AND i.part_uuid = stock.part_uuid",
    )?
    .execute([order_uuid.as_bytes()])?;
    Ok(())
}

fn state(db: &Connection, order_uuid: Uuid) -> Result<Option<State>, StoreError> {
    let mut find =
        db.prepare_cached("SELECT state, expires_at FROM reservations WHERE order_uuid = ?")?;
    let mut rows = find.query([order_uuid.as_bytes()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let expiry = optional_time_at(row, 1)?.map_or(Expiry::Never, Expiry::At);
    let name: String = row.get(0)?;
    let state = match name.as_str() {
        "HELD" => State::Held(expiry),
        "EXPIRED" => State::Expired,
        "COMMITTED" => State::Committed,
        "RELEASED" => State::Released,
        _ => return Err(damaged(order_uuid, &format!("state {name}"))),
    };
    Ok(Some(state))
}

fn set_state(
    db: &Connection,
    order_uuid: Uuid,
    state: State,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let (name, expires_at) = match state {
        State::Held(Expiry::At(at)) => ("HELD", Some(micros(at))),
        State::Held(Expiry::Never) => ("HELD", None),
        State::Expired => ("EXPIRED", None),
        State::Committed => ("COMMITTED", None),
        State::Released => ("RELEASED", None),
    };
    db.prepare_cached(
        "INSERT INTO reservations (order_uuid, state, expires_at, changed_at)
         VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (order_uuid) DO UPDATE
         SET state = excluded.state, expires_at = excluded.expires_at,
             changed_at = excluded.changed_at",
    )?
    .execute(params![
        order_uuid.as_bytes(),
        name,
        expires_at,
        micros(now)
    ])?;
    Ok(())
}

fn find(db: &Connection, order_uuid: Uuid) -> Result<Option<Reservation>, StoreError> {
    let Some(state) = state(db, order_uuid)? else {
        return Ok(None);
    };
    let mut statement = db
        .prepare_cached("SELECT part_uuid, quantity FROM reservation_items WHERE order_uuid = ?")?;
    let mut rows = statement.query([order_uuid.as_bytes()])?;
    let mut parts = Vec::new();
    while let Some(row) = rows.next()? {
        parts.push((uuid_at(row, 0)?, row.get(1)?));
    }
    let items = if parts.is_empty() {
        None
    } else {
        let items = Items::new(parts);
        Some(items.map_err(|error| damaged(order_uuid, &error.to_string()))?)
    };
    Ok(Some(Reservation { items, state }))
}

fn write_items(db: &Connection, order_uuid: Uuid, items: &Items) -> Result<(), StoreError> {
    let mut write = db.prepare_cached(
        "INSERT INTO reservation_items (order_uuid, part_uuid, quantity) VALUES (?, ?, ?)",
    )?;
    for (part_uuid, quantity) in items.iter() {
        write.execute(params![
            order_uuid.as_bytes(),
            part_uuid.as_bytes(),
            quantity
        ])?;
    }
    Ok(())
}

fn due(db: &Connection, now: OffsetDateTime, limit: u32) -> Result<Vec<Uuid>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT order_uuid FROM reservations WHERE expires_at IS NOT NULL AND expires_at <= ?
         ORDER BY expires_at LIMIT ?",
    )?;
    let mut rows = statement.query(params![micros(now), limit])?;
    let mut orders = Vec::new();
    while let Some(row) = rows.next()? {
        orders.push(uuid_at(row, 0)?);
    }
    Ok(orders)
}

fn damaged(order_uuid: Uuid, what: &str) -> StoreError {
    StoreError::Damaged {
        what: format!("reservation {order_uuid}: {what}"),
    }
}
