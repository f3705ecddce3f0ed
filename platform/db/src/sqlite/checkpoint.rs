//! Copying the WAL back into the file, aside from the writing task.
//!
//! A checkpoint copies pages and syncs twice, tens of milliseconds for a busy file.
//! It goes in two steps (<https://www.sqlite.org/wal.html#checkpointing>): a
//! connection of its own copies most of it while commits go on; then the writing
//! connection copies the few pages that came meanwhile, with nobody writing, so that
//! the WAL starts over instead of growing for as long as there is work. Both run on
//! blocking threads.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use rusqlite::Connection;
use tokio::task::{JoinHandle, spawn_blocking};
use tracing::{debug, warn};

use super::{is_busy, open, panicked};

/// Pages of 4 KiB in the WAL before it is copied back.
const PAGES: i64 = 2_000;
/// Jobs between two looks at how many there are; a job writes a few.
const LOOK_EVERY: usize = 64;

/// When to take one, and the one that is being taken.
#[derive(Debug)]
pub(super) struct Checkpoints {
    path: PathBuf,
    /// Jobs since the last look.
    jobs: usize,
    copying: Option<JoinHandle<()>>,
}

impl Checkpoints {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            jobs: 0,
            copying: None,
        }
    }

    /// Counts jobs, and begins the first step when it is time.
    pub(super) fn committed(&mut self, connection: &Connection, jobs: usize) {
        self.jobs += jobs;
        if self.jobs < LOOK_EVERY || self.copying.is_some() {
            return;
        }
        self.jobs = 0;
        // What cannot be told is told at the next look.
        if pages(connection).unwrap_or(0) < PAGES {
            return;
        }
        let path = self.path.clone();
        self.copying = Some(spawn_blocking(move || {
            let copied = open::checkpointer(&path).and_then(|connection| copy(&connection));
            log_failure(copied);
        }));
    }

    /// Waits until a first step has ended; for good while there is none. May be
    /// dropped while it waits.
    pub(super) async fn copied(&mut self) {
        match &mut self.copying {
            // One that panicked is over as well.
            Some(copying) => {
                let _ = copying.await;
                self.copying = None;
            }
            None => std::future::pending().await,
        }
    }

    /// The second step. None when the runtime is shutting down.
    pub(super) async fn finish(&self, connection: Connection) -> Option<Connection> {
        let finished = spawn_blocking(move || {
            let step = || copy(&connection).and_then(|()| start_over(&connection));
            // The connection comes back in any case: without it nobody could write.
            match catch_unwind(AssertUnwindSafe(step)) {
                Ok(outcome) => log_failure(outcome),
                Err(panic) => drop(panicked(panic.as_ref())),
            }
            connection
        });
        finished.await.ok()
    }
}

/// How many pages the WAL holds.
fn pages(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("PRAGMA wal_checkpoint(NOOP)")?
        .query_row((), |row| row.get(1))
}

/// Copies what no reader needs any more; waits for nobody.
fn copy(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |_| Ok(()))
}

/// The first commit into a WAL that starts over syncs it, so that commit is made
/// here. It writes what is there already.
fn start_over(connection: &Connection) -> rusqlite::Result<()> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    connection.pragma_update(None, "user_version", version)
}

/// Without a checkpoint the WAL grows, and nothing is lost; the next one tries again.
fn log_failure(outcome: rusqlite::Result<()>) {
    match outcome {
        Ok(()) => {}
        Err(error) if is_busy(&error) => debug!("another process writes; the WAL goes on"),
        Err(error) => warn!(%error, "checkpoint failed"),
    }
}
