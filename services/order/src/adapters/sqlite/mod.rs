//! The embedded store.

mod keys;
mod orders;
mod payments;
mod row;
mod sweeps;

use std::path::Path;

use rocket_db::{DbError, Sqlite, inbox, outbox};

pub use keys::SqliteKeys;
pub use orders::{Outboxes, SqliteOrders};

use crate::ports::StoreError;

/// Forward only: a step that was released is never changed.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/sqlite/0001_orders.sql"),
    include_str!("../../../migrations/sqlite/0002_idempotency_keys.sql"),
    outbox::MIGRATION,
    inbox::MIGRATION,
];

/// Opens the database file, which is made and migrated as needed.
pub fn open(path: &Path) -> Result<Sqlite, DbError> {
    Sqlite::open(path, MIGRATIONS)
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
