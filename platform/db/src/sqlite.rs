//! A SQLite file: one writer, a few readers.
//!
//! SQLite has one write lock per file, so all writes go through one task, which
//! holds the only writing connection. It takes whatever jobs wait and runs them in
//! one transaction (group commit), each in a savepoint of its own, so that one
//! job's failure undoes that job alone. A caller hears of success only after the
//! commit. In WAL mode readers never wait for the writer.
//!
//! Durability: `synchronous = NORMAL`. A commit survives the end of the process,
//! however sudden; after a power loss the last commits may be missing, the file is
//! whole (<https://www.sqlite.org/pragma.html#pragma_synchronous>).

mod checkpoint;
mod open;
mod readers;
mod spans;
mod writer;

#[cfg(test)]
mod tests;

use std::{any::Any, path::Path, sync::Arc};

use rusqlite::{Connection, ErrorCode};
use tracing::{Instrument as _, error};

use self::{readers::Readers, writer::Writer};
use crate::DbError;

/// An open SQLite store. Clones share it.
#[derive(Debug, Clone)]
pub struct Sqlite {
    writer: Writer,
    readers: Arc<Readers>,
}

impl Sqlite {
    /// Opens or makes the file and brings its schema up to date. `migrations` only
    /// ever grows at its end; the file remembers how many it has had.
    ///
    /// A file written by a program with more migrations is refused unread.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, where the writing task lives.
    pub fn open(path: &Path, migrations: &[&'static str]) -> Result<Self, DbError> {
        Self::open_after(path, migrations, |_| Ok(()))
    }

    /// The same, and runs `at_start` in a transaction before anybody else can write.
    /// An embedded file has one process at a time, so this is where it ends the leases
    /// that a process before it held when it died.
    pub fn open_after<F>(
        path: &Path,
        migrations: &[&'static str],
        at_start: F,
    ) -> Result<Self, DbError>
    where
        F: FnOnce(&Connection) -> Result<(), DbError>,
    {
        let mut connection = open::migrated(path, migrations)?;
        let transaction = connection.transaction()?;
        at_start(&transaction)?;
        transaction.commit()?;
        Ok(Self {
            writer: Writer::start(connection, path)?,
            readers: Arc::new(Readers::new(path)),
        })
    }

    /// Runs a job that writes. It is committed when this returns `Ok`; after an
    /// `Err` nothing of it remains. A caller that stops waiting does not stop the
    /// job.
    pub async fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let span = spans::of_job("write", self.readers.path());
        self.writer.run(job).instrument(span).await
    }

    /// Runs a short read, a few rows found by an index, on a connection that cannot
    /// write. It runs on the calling task's thread: such a read takes microseconds,
    /// a tenth of what the way to another thread and back does.
    #[expect(
        clippy::unused_async,
        reason = "where a job runs is no caller's business"
    )]
    pub async fn read<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let span = spans::of_job("read", self.readers.path());
        span.in_scope(|| self.readers.here(job))
    }

    /// Runs a read of any length on a thread where it holds up nobody.
    pub async fn scan<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let span = spans::of_job("scan", self.readers.path());
        self.readers.aside(job).instrument(span).await
    }
}

/// Runs a statement that is used again and again, parsed once.
fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute(())?;
    Ok(())
}

fn panicked(panic: &(dyn Any + Send)) -> DbError {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    error!(panic = text, "database job panicked");
    DbError::Panicked
}

/// True when another process is writing to the file.
fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}
