//! The ports, answered: SQLite for accounts and sessions, argon2id for passwords,
//! memory for the throttle.

mod argon2id;
mod memory_throttle;
mod sqlite;

pub use argon2id::{Argon2idHasher, HasherError};
pub use memory_throttle::MemoryThrottle;
pub use sqlite::{MIGRATIONS, SqliteStore};
