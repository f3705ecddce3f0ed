//! The writing task.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::{checkpoint::Checkpoints, execute, is_busy, open, panicked};
use crate::DbError;

/// Jobs that may wait; callers beyond that wait for a place.
const QUEUE: usize = 1_024;
/// Jobs in one transaction. More would make the first of them wait for the last.
const BATCH: usize = 128;
/// How long a file that another process writes to is left alone before the next try.
const LOCKED: Duration = Duration::from_millis(5);

/// The way to the writing task, which ends when the last handle is dropped.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Box<dyn Job>>,
}

impl Writer {
    /// Starts the task, on the runtime that this is called on.
    pub(super) fn start(connection: Connection, path: &Path) -> Result<Self, DbError> {
        connection.busy_timeout(Duration::ZERO)?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        tokio::spawn(work(connection, Checkpoints::new(path), queue));
        Ok(Self { jobs })
    }

    pub(super) async fn run<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let (to, answer) = oneshot::channel();
        self.jobs
            .send(Box::new(Call { job, to }))
            .await
            .map_err(|_| DbError::Closed)?;
        answer.await.map_err(|_| DbError::Closed)?
    }
}

/// A job with its result type hidden, so that one queue holds them all.
trait Job: Send {
    /// Runs inside the open transaction.
    fn run(self: Box<Self>, connection: &Connection) -> Box<dyn Outcome>;
    /// Tells the caller that the job was not run.
    fn refuse(self: Box<Self>, error: DbError);
}

/// What a job did, not yet told.
trait Outcome {
    /// True when the job wants its changes kept.
    fn keep(&self) -> bool;
    /// Tells the caller, now that the commit has succeeded or failed.
    fn tell(self: Box<Self>, commit: Result<(), DbError>);
}

struct Call<T, E, F> {
    job: F,
    to: oneshot::Sender<Result<T, E>>,
}

struct Answer<T, E> {
    result: Result<T, E>,
    to: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Job for Call<T, E, F>
where
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
    F: FnOnce(&Connection) -> Result<T, E> + Send,
{
    fn run(self: Box<Self>, connection: &Connection) -> Box<dyn Outcome> {
        let Self { job, to } = *self;
        // A panic leaves the connection in a known state: the savepoint is rolled back.
        let result = catch_unwind(AssertUnwindSafe(|| job(connection)))
            .unwrap_or_else(|panic| Err(panicked(panic.as_ref()).into()));
        Box::new(Answer { result, to })
    }

    fn refuse(self: Box<Self>, error: DbError) {
        // A caller that no longer waits has lost nothing but the answer.
        let _ = self.to.send(Err(error.into()));
    }
}

impl<T, E: From<DbError>> Outcome for Answer<T, E> {
    fn keep(&self) -> bool {
        self.result.is_ok()
    }

    fn tell(self: Box<Self>, commit: Result<(), DbError>) {
        let result = self
            .result
            .and_then(|value| commit.map(|()| value).map_err(E::from));
        let _ = self.to.send(result);
    }
}

/// Commits what waits, batch by batch.
///
/// It runs beside requests on the runtime's threads and never waits for the disk
/// there: a commit copies pages to the operating system and syncs nothing
/// (`synchronous = NORMAL`), and what does sync, a checkpoint, is taken elsewhere.
/// A thread of its own would cost two switches per write, more than the write.
async fn work(
    mut connection: Connection,
    mut checkpoints: Checkpoints,
    mut queue: mpsc::Receiver<Box<dyn Job>>,
) {
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            () = checkpoints.copied() => {
                let Some(back) = checkpoints.finish(connection).await else {
                    return;
                };
                connection = back;
            }
            taken = queue.recv_many(&mut batch, BATCH) => {
                if taken == 0 {
                    return;
                }
                // Waited for here and not in SQLite, whose wait would hold the thread.
                let tried = Instant::now();
                let begun = loop {
                    match execute(&connection, "BEGIN IMMEDIATE") {
                        Err(error) if is_busy(&error) && tried.elapsed() < open::BUSY => {
                            tokio::time::sleep(LOCKED).await;
                        }
                        begun => break begun,
                    }
                };
                match begun {
                    Ok(()) => commit_together(&connection, &mut batch),
                    Err(error) => batch.drain(..).for_each(|job| job.refuse(again(&error))),
                }
                checkpoints.committed(&connection, taken);
            }
        }
    }
}

/// Runs jobs in the transaction that has begun, ends it, then tells each caller how its
/// own job ended.
fn commit_together(connection: &Connection, batch: &mut Vec<Box<dyn Job>>) {
    // One job alone is undone by undoing the transaction.
    let alone = batch.len() == 1;
    let mut outcomes = Vec::with_capacity(batch.len());
    let mut broken = None;
    for job in batch.drain(..) {
        // A full disk makes SQLite end the transaction by itself
        // (https://www.sqlite.org/lang_transaction.html, section 2.1 "Response To
        // Errors Within A Transaction"). Later jobs would then commit one by one,
        // outside of it, so they are not run.
        if broken.is_none() && connection.is_autocommit() {
            broken = Some(lost_transaction());
        }
        if let Some(error) = &broken {
            job.refuse(again(error));
            continue;
        }
        match run_one(connection, job, alone) {
            (outcome, Ok(())) => outcomes.push(outcome),
            (outcome, Err(error)) => {
                outcomes.push(outcome);
                broken = Some(error);
            }
        }
    }
    let commit = finish(connection, broken, &outcomes);
    for outcome in outcomes {
        outcome.tell(commit.as_ref().copied().map_err(again));
    }
}

/// Runs a job in a savepoint; an error means that the savepoint, and with it the
/// transaction, cannot be relied on.
fn run_one(
    connection: &Connection,
    job: Box<dyn Job>,
    alone: bool,
) -> (Box<dyn Outcome>, rusqlite::Result<()>) {
    if alone {
        return (job.run(connection), Ok(()));
    }
    let begun = execute(connection, "SAVEPOINT job");
    let outcome = job.run(connection);
    let ended = begun.and_then(|()| {
        if !outcome.keep() {
            execute(connection, "ROLLBACK TO job")?;
        }
        execute(connection, "RELEASE job")
    });
    (outcome, ended)
}

fn finish(
    connection: &Connection,
    broken: Option<rusqlite::Error>,
    outcomes: &[Box<dyn Outcome>],
) -> rusqlite::Result<()> {
    let anything = outcomes.iter().any(|outcome| outcome.keep());
    let end = match broken {
        Some(error) => Err(error),
        None if connection.is_autocommit() => Err(lost_transaction()),
        None if anything => execute(connection, "COMMIT"),
        None => execute(connection, "ROLLBACK"),
    };
    if end.is_err() && !connection.is_autocommit() {
        let _ = execute(connection, "ROLLBACK");
    }
    end
}

fn lost_transaction() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(
        rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL),
        Some("the transaction was ended by an earlier failure".to_owned()),
    )
}

/// The same error once more, for the next caller.
fn again(error: &rusqlite::Error) -> DbError {
    DbError::Statement(match error {
        rusqlite::Error::SqliteFailure(code, text) => {
            rusqlite::Error::SqliteFailure(*code, text.clone())
        }
        other => rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ERROR),
            Some(other.to_string()),
        ),
    })
}
