//! The embedded store.

mod keys;
mod orders;
mod payments;
mod row;
mod sweeps;

use std::path::Path;

use rocket_db::{DbError, Sqlite, inbox, outbox, rusqlite::Connection};

pub use keys::SqliteKeys;
pub use orders::{Outboxes, SqliteOrders};

use crate::ports::StoreError;

/// Forward only: a step that was released is never changed.
const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/sqlite/0001_orders.sql"),
    include_str!("../../migrations/sqlite/0002_idempotency_keys.sql"),
    outbox::MIGRATION,
    inbox::MIGRATION,
];

/// Opens the database file, which is made and migrated as needed.
pub fn open(path: &Path) -> Result<Sqlite, DbError> {
    Sqlite::open_after(path, MIGRATIONS, end_leases)
}

/// Whoever held a lease in this file is gone: it has one process at a time. What that
/// one left half done is taken up at once instead of when its lease runs out.
fn end_leases(connection: &Connection) -> Result<(), DbError> {
    outbox::end_leases(connection)?;
    connection.execute(
        "UPDATE orders SET paying_until = 0 WHERE paying_token IS NOT NULL",
        (),
    )?;
    connection.execute(
        "UPDATE idempotency_keys SET lease_until = 0 WHERE holder IS NOT NULL",
        (),
    )?;
    Ok(())
}

impl From<DbError> for StoreError {
    fn from(error: DbError) -> Self {
        match error {
            // The writer is gone, and with it the knowledge of what it committed.
            DbError::Closed => Self::Unknown(Box::new(error)),
            // A job that fails, and a commit that fails, is rolled back before the
            // error is answered.
            _ => Self::Refused(Box::new(error)),
        }
    }
}

#[cfg(test)]
mod tests;
