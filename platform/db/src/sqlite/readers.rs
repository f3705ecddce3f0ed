//! The reading connections.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::{execute, open, panicked};
use crate::DbError;

/// Scans at once: more would not be faster on the few cores of a laptop.
const SCANS: usize = 4;
/// Connections kept for the next job; each has its own page cache.
const KEPT: usize = 4;

/// Connections that are not in use, made as they are needed.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    scans: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            scans: Arc::new(Semaphore::new(SCANS)),
            idle: Mutex::default(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs the job on the calling thread.
    pub(super) fn here<T, E, F>(&self, job: F) -> Result<T, E>
    where
        E: From<DbError>,
        F: FnOnce(&Connection) -> Result<T, E>,
    {
        let connection = self.take().map_or_else(|| open::reader(&self.path), Ok)?;
        execute(&connection, "BEGIN").map_err(DbError::from)?;
        // A job that panics takes its connection with it; the next one is made anew.
        let result = catch_unwind(AssertUnwindSafe(|| job(&connection)));
        // One that cannot end its snapshot would keep the WAL from shrinking.
        if result.is_ok() && execute(&connection, "ROLLBACK").is_ok() {
            self.put_back(connection);
        }
        result.unwrap_or_else(|panic| Err(panicked(panic.as_ref()).into()))
    }

    /// Runs the job on a blocking thread, a few at once.
    pub(super) async fn aside<T, E, F>(self: &Arc<Self>, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let permit = self.scans.clone().acquire_owned().await;
        let permit = permit.map_err(|_| DbError::Closed)?;
        let readers = self.clone();
        // The permit moves along, so that a caller that stops waiting does not free
        // the place early.
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            readers.here(job)
        })
        .await
        .map_err(|_| DbError::Closed)?
    }

    fn take(&self) -> Option<Connection> {
        self.lock().pop()
    }

    fn put_back(&self, connection: Connection) {
        let mut idle = self.lock();
        if idle.len() < KEPT {
            idle.push(connection);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
