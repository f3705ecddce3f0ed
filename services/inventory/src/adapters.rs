//! The ports over concrete stores.

pub mod sqlite;
