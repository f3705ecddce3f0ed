//! The reading connections.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
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
    permits: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            permits: Semaphore::new(CONNECTIONS),
            idle: Mutex::default(),
        }
    }

    pub(super) async fn run<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let _permit = self.permits.acquire().await.map_err(|_| DbError::Closed)?;
        let idle = self.take();
        let path = self.path.clone();
        let (connection, result) = tokio::task::spawn_blocking(move || {
            let connection = idle.map_or_else(|| open::reader(&path), Ok)?;
            let result = job(&connection);
            Ok::<_, DbError>((connection, result))
        })
        .await
        .map_err(|error| {
            // A job that panicked took its connection with it; the next one is made anew.
            if error.is_panic() {
                DbError::Panicked
            } else {
                DbError::Closed
            }
        })??;
        self.put_back(connection);
        result
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
