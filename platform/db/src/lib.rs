//! The database component of a service: opening, migrating, transactions, and the
//! outbox and inbox tables.
//!
//! Embedded stores are SQLite files, one a service ([`Sqlite`]).

pub mod convert;
mod error;
pub mod inbox;
pub mod outbox;
mod sqlite;

pub use error::DbError;
/// The SQLite binding, so that adapters and this crate agree on its version.
pub use rusqlite;
pub use sqlite::Sqlite;
