//! The reading connections.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::open;
use crate::DbError;

/// Reads at once. More would not be faster on the few cores of a laptop, and each
/// connection has its own page cache.
const CONNECTIONS: usize = 4;

/// Connections that are not in use, made as they are needed.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            permits: Arc::new(Semaphore::new(CONNECTIONS)),
            idle: Mutex::default(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) async fn run<T, E, F>(self: &Arc<Self>, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let permit = self.permits.clone().acquire_owned().await;
        let permit = permit.map_err(|_| DbError::Closed)?;
        let readers = self.clone();
        // All of it moves to the blocking thread, so that a caller that stops
        // waiting neither frees the place early nor loses the connection.
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let connection = readers
                .take()
                .map_or_else(|| open::reader(&readers.path), Ok)?;
            execute(&connection, "BEGIN").map_err(DbError::from)?;
            let result = job(&connection);
            // One that cannot end its snapshot would keep the WAL from shrinking.
            if execute(&connection, "ROLLBACK").is_ok() {
                readers.put_back(connection);
            }
            result
        })
        .await
        .map_err(|error| {
            // A job that panicked took its connection with it; the next one is made anew.
            if error.is_panic() {
                DbError::Panicked
            } else {
                DbError::Closed
            }
        })?
    }

    fn take(&self) -> Option<Connection> {
        self.lock().pop()
    }

    fn put_back(&self, connection: Connection) {
        self.lock().push(connection);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute(())?;
    Ok(())
}
