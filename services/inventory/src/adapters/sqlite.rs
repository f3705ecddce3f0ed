//! The embedded store: one SQLite file. Every call is one job, so every change is one
//! transaction and nothing is ever left half done.

mod details;
mod import;
mod listing;
mod parts;
mod reservations;

use std::path::Path;

use rocket_db::{DbError, Sqlite};

use crate::ports::{CommitError, ReleaseError, ReserveError, StoreError};

const MIGRATIONS: &[&str] = &[include_str!(
    "../../migrations/sqlite/001_parts_and_reservations.sql"
)];

/// Parts and reservations in one SQLite file. Clones share it.
#[derive(Debug, Clone)]
pub struct SqliteInventory {
    db: Sqlite,
}

impl SqliteInventory {
    /// Opens or makes the file and brings its schema up to date.
    pub fn open(path: &Path) -> Result<Self, DbError> {
        let db = Sqlite::open(path, MIGRATIONS)?;
        Ok(Self { db })
    }
}

impl From<DbError> for StoreError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Malformed(what) => Self::Damaged { what },
            error => Self::Unavailable(error.into()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        DbError::from(error).into()
    }
}

macro_rules! through_store_error {
    ($($error:ty),*) => {$(
        impl From<DbError> for $error {
            fn from(error: DbError) -> Self {
                StoreError::from(error).into()
            }
        }

        impl From<rusqlite::Error> for $error {
            fn from(error: rusqlite::Error) -> Self {
                StoreError::from(error).into()
            }
        }
    )*};
}

through_store_error!(ReserveError, CommitError, ReleaseError);

#[cfg(test)]
mod tests;
