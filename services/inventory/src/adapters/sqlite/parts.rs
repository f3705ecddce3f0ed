//! Parts in SQLite.

use async_trait::async_trait;
use rocket_db::convert::uuid_at;
use rusqlite::{Connection, OptionalExtension as _, params_from_iter};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{SqliteInventory, details, import, listing};
use crate::{
    domain::{Filter, NewPart, PageKey, Part, StockAudit},
    ports::{Imported, PartRepository, StoreError},
};

#[async_trait]
impl PartRepository for SqliteInventory {
    async fn get(&self, uuid: Uuid) -> Result<Option<Part>, StoreError> {
        self.db.read(move |db| get(db, uuid)).await
    }

    async fn list(
        &self,
        filter: &Filter,
        after: Option<&PageKey>,
        limit: u32,
    ) -> Result<Vec<Part>, StoreError> {
        let query = listing::query(filter, after, limit)?;
        // Parts by id are found by their index; any other filter looks at them all.
        if filter.uuids().is_empty() {
            self.db.scan(move |db| list(db, query)).await
        } else {
            self.db.read(move |db| list(db, query)).await
        }
    }

    async fn is_empty(&self) -> Result<bool, StoreError> {
        self.db
            .read(|db| {
                let sql = "SELECT NOT EXISTS (SELECT 1 FROM parts)";
                Ok(db.query_row(sql, [], |row| row.get(0))?)
            })
            .await
    }

    async fn import(
        &self,
        parts: Vec<NewPart>,
        now: OffsetDateTime,
    ) -> Result<Vec<Imported>, StoreError> {
        import::all(&self.db, parts, now, import::Mode::Keep).await
    }

    async fn check_import(&self, parts: Vec<NewPart>) -> Result<Vec<Imported>, StoreError> {
        let never = OffsetDateTime::UNIX_EPOCH;
        import::all(&self.db, parts, never, import::Mode::Undo).await
    }

    async fn stock_audit(&self) -> Result<Vec<StockAudit>, StoreError> {
        self.db.scan(audit).await
    }
}

fn get(db: &Connection, uuid: Uuid) -> Result<Option<Part>, StoreError> {
    let columns = details::COLUMNS;
    let mut statement = db.prepare_cached(&format!(
        "SELECT {columns} FROM parts p JOIN stock s ON s.part_uuid = p.uuid WHERE p.uuid = ?"
    ))?;
    let found = statement
        .query_row([uuid.as_bytes()], |row| Ok(details::part(row)))
        .optional()?;
    found.transpose()
}

fn list(db: &Connection, query: listing::Query) -> Result<Vec<Part>, StoreError> {
    let mut statement = db.prepare_cached(&query.sql)?;
    let mut rows = statement.query(params_from_iter(query.parameters))?;
    let mut parts = Vec::new();
    while let Some(row) = rows.next()? {
        parts.push(details::part(row)?);
    }
    Ok(parts)
}

fn audit(db: &Connection) -> Result<Vec<StockAudit>, StoreError> {
    let mut statement = db.prepare(
        "SELECT s.part_uuid, s.stocked, s.stock, s.held, s.sold,
                COALESCE(SUM(i.quantity) FILTER (WHERE r.state = 'HELD'), 0),
                COALESCE(SUM(i.quantity) FILTER (WHERE r.state = 'COMMITTED'), 0)
         FROM stock s
         LEFT JOIN reservation_items i ON i.part_uuid = s.part_uuid
         LEFT JOIN reservations r ON r.order_uuid = i.order_uuid
         GROUP BY s.part_uuid ORDER BY s.part_uuid",
    )?;
    let mut rows = statement.query([])?;
    let mut audit = Vec::new();
    while let Some(row) = rows.next()? {
        audit.push(StockAudit {
            part_uuid: uuid_at(row, 0)?,
            stocked: row.get(1)?,
            stock: row.get(2)?,
            held: row.get(3)?,
            sold: row.get(4)?,
            held_by_reservations: row.get(5)?,
            sold_by_reservations: row.get(6)?,
        });
    }
    Ok(audit)
}
