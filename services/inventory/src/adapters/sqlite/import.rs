//! A catalogue into SQLite: one transaction, which is undone when it is not to be kept.

use rocket_db::{DbError, Sqlite, convert::micros};
use rusqlite::{Connection, OptionalExtension as _, params};
use time::OffsetDateTime;

use super::details::{details_json, json};
use crate::{
    domain::NewPart,
    ports::{Imported, StoreError},
};

/// What becomes of a catalogue that could be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Keep,
    Undo,
}

/// Why the transaction is undone.
enum Undone {
    /// Nothing failed: it is not to be kept.
    OnPurpose(Vec<Imported>),
    Failed(StoreError),
}

impl From<DbError> for Undone {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

pub(super) async fn all(
    db: &Sqlite,
    parts: Vec<NewPart>,
    now: OffsetDateTime,
    mode: Mode,
) -> Result<Vec<Imported>, StoreError> {
    let job = move |db: &Connection| {
        let each = parts.iter().map(|part| one(db, part, now));
        let outcomes: Vec<_> = each.collect::<Result<_, _>>().map_err(Undone::Failed)?;
        let refused = |outcome: &Imported| matches!(outcome, Imported::StockTooLow { .. });
        if mode == Mode::Undo || outcomes.iter().any(refused) {
            return Err(Undone::OnPurpose(outcomes));
        }
        Ok(outcomes)
    };
    match db.write(job).await {
        Ok(outcomes) | Err(Undone::OnPurpose(outcomes)) => Ok(outcomes),
        Err(Undone::Failed(error)) => Err(error),
    }
}

fn one(db: &Connection, part: &NewPart, now: OffsetDateTime) -> Result<Imported, StoreError> {
    let mut find =
        db.prepare_cached("SELECT stocked, held + sold FROM stock WHERE part_uuid = ?")?;
    let known: Option<(i64, i64)> = find
        .query_row([part.uuid.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((stocked, taken)) = known else {
        write_details(db, part, now)?;
        db.execute(
            "INSERT INTO stock (part_uuid, stocked, stock, held, sold) VALUES (?1, ?2, ?2, 0, 0)",
            params![part.uuid.as_bytes(), part.stock],
        )?;
        return Ok(Imported::Added);
    };
    if part.stock < taken {
        return Ok(Imported::StockTooLow { least: taken });
    }
    let details_changed = write_details(db, part, now)?;
    if part.stock != stocked {
        db.execute(
            "UPDATE stock SET stocked = ?2, stock = ?2 - held - sold WHERE part_uuid = ?1",
            params![part.uuid.as_bytes(), part.stock],
        )?;
    }
    Ok(if details_changed || part.stock != stocked {
        Imported::Updated
    } else {
        Imported::Unchanged
    })
}

/// Whether that changed anything.
fn write_details(db: &Connection, part: &NewPart, now: OffsetDateTime) -> Result<bool, StoreError> {
    let details = &part.details;
    let changed = db.execute(
        "INSERT INTO parts (uuid, name, description, price, category, country, tags, details,
                            created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)
         ON CONFLICT (uuid) DO UPDATE
         SET name = excluded.name, description = excluded.description, price = excluded.price,
             category = excluded.category, country = excluded.country, tags = excluded.tags,
             details = excluded.details, updated_at = excluded.updated_at
         WHERE (name, description, price, category, country, tags, details)
            <> (excluded.name, excluded.description, excluded.price, excluded.category,
                excluded.country, excluded.tags, excluded.details)",
        params![
            part.uuid.as_bytes(),
            details.name,
            details.description,
            details.price.minor(),
            details.category.as_str(),
            details.manufacturer.country,
            json(&details.tags)?,
            details_json(details)?,
            micros(now),
        ],
    )?;
    Ok(changed > 0)
}
