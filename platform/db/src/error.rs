//! What can go wrong with a store.

use std::path::PathBuf;

use rusqlite::ErrorCode;

/// A failure of a store.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The file cannot be made, read or written.
    #[error("{}: cannot be opened for writing", path.display())]
    NotWritable {
        /// The database file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: rusqlite::Error,
    },
    /// The file holds something else.
    #[error("{}: is not a database of this program", path.display())]
    NotADatabase {
        /// The database file.
        path: PathBuf,
    },
    /// The file was written by a newer program. It is left untouched.
    #[error(
        "{}: written by a newer version (schema {found}, this program knows {known})",
        path.display()
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The schema version in the file.
        found: usize,
        /// The newest schema version that this program knows.
        known: usize,
    },
    /// A migration failed.
    #[error("{}: migration failed: {reason}", path.display())]
    Migration {
        /// The database file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A statement failed.
    #[error("statement failed")]
    Statement(#[source] rusqlite::Error),
    /// A stored value does not have the form that was written.
    #[error("stored value is malformed: {0}")]
    Malformed(String),
    /// A job panicked; its changes were rolled back.
    #[error("database job panicked")]
    Panicked,
    /// The store has been closed.
    #[error("store is closed")]
    Closed,
}

impl From<rusqlite::Error> for DbError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Statement(error)
    }
}

impl DbError {
    /// True when a unique or primary key was taken already.
    pub fn is_unique_violation(&self) -> bool {
        matches!(
            self,
            Self::Statement(rusqlite::Error::SqliteFailure(error, _))
                if error.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE
                    || error.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        )
    }

    /// True when the disk is full, gone or read-only: nothing was changed, and the
    /// same call may succeed later.
    pub fn is_storage_trouble(&self) -> bool {
        matches!(
            self,
            Self::Statement(rusqlite::Error::SqliteFailure(error, _))
                if matches!(
                    error.code,
                    ErrorCode::DiskFull
                        | ErrorCode::ReadOnly
                        | ErrorCode::SystemIoFailure
                        | ErrorCode::CannotOpen
                        | ErrorCode::DatabaseBusy
                )
        )
    }
}
