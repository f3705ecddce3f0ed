//! Opening a file: checks first, then settings, then migrations.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};
use rusqlite_migration::{M, Migrations};

use crate::DbError;

/// Memory for pages, per connection, in KiB (negative means KiB to SQLite).
const CACHE_KIB: i32 = -1_024;
/// How long another process's lock is waited for.
pub(super) const BUSY: Duration = Duration::from_secs(5);
/// Each connection is used by one thread at a time, so SQLite need not see to that.
const WRITING: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE
    .union(OpenFlags::SQLITE_OPEN_CREATE)
    .union(OpenFlags::SQLITE_OPEN_NO_MUTEX);
/// Prepared statements kept, per connection.
const STATEMENTS: usize = 64;

pub(super) fn migrated(path: &Path, migrations: &[&'static str]) -> Result<Connection, DbError> {
    if path.exists() {
        refuse_newer(path, migrations.len())?;
    } else {
        create_private(path);
    }
    let mut connection =
        Connection::open_with_flags(path, WRITING).map_err(|error| unusable(path, error))?;
    configure(&connection).map_err(|error| unusable(path, error))?;
    connection
        .execute_batch("PRAGMA foreign_keys = ON;")
        .map_err(|error| unusable(path, error))?;
    Migrations::new(migrations.iter().map(|sql| M::up(sql)).collect())
        .to_latest(&mut connection)
        .map_err(|error| DbError::Migration {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
    Ok(connection)
}

pub(super) fn reader(path: &Path) -> Result<Connection, DbError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    stable_plans(&connection)?;
    connection.pragma_update(None, "cache_size", CACHE_KIB)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// For checkpoints only.
pub(super) fn checkpointer(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, WRITING)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "synchronous", "normal")?;
    Ok(connection)
}

/// Plans that do not depend on bound values. Otherwise a cached statement is parsed
/// again whenever a value is bound to a parameter that a plan could depend on
/// (<https://www.sqlite.org/queryplanner-ng.html#qpstab>).
fn stable_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    stable_plans(connection)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "cache_size", CACHE_KIB)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

/// Makes the file for its owner alone: it holds people's data. SQLite gives the
/// files beside it the same mode.
fn create_private(path: &Path) {
    use std::os::unix::fs::OpenOptionsExt as _;
    // Where this fails SQLite fails as well, and says why.
    let _ = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
}

/// Looks without touching: an older program must leave a newer file as it is.
fn refuse_newer(path: &Path, known: usize) -> Result<(), DbError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(|error| unusable(path, error))?;
    let found: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|error| unusable(path, error))?;
    let found = usize::try_from(found).unwrap_or(usize::MAX);
    if found > known {
        return Err(DbError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    Ok(())
}

fn unusable(path: &Path, source: rusqlite::Error) -> DbError {
    let path = path.to_owned();
    if source.sqlite_error_code() == Some(ErrorCode::NotADatabase) {
        DbError::NotADatabase { path }
    } else {
        DbError::NotWritable { path, source }
    }
}
