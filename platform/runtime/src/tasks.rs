//! Named background loops that end together.

use std::{future::Future, time::Duration};

use tokio::task::JoinSet;
use tracing::{error, warn};

use crate::shutdown::CancellationToken;

/// The background loops of one part of the platform.
///
/// A loop is expected to end when the token is cancelled, and at no other time.
/// One that panics or returns early cancels the token: a half-dead service that
/// looks alive is worse than one that stops and is started again.
#[derive(Debug)]
pub struct Tasks {
    shutdown: CancellationToken,
    loops: JoinSet<()>,
}

impl Tasks {
    /// No loops yet; `shutdown` is what asks them to end.
    pub fn new(shutdown: CancellationToken) -> Self {
        Self {
            shutdown,
            loops: JoinSet::new(),
        }
    }

    /// Starts a loop.
    pub fn spawn<F>(&mut self, name: &'static str, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let shutdown = self.shutdown.clone();
        self.loops.spawn(async move {
            // Dropped on return and on unwind alike, so a panic is noticed too.
            let _watch = EndWatch {
                name,
                shutdown: &shutdown,
            };
            future.await;
        });
    }

    /// Waits for the token, then for the loops; those that take longer than
    /// `grace` after the token are aborted, which every loop must survive anyway
    /// because a kill does the same.
    pub async fn drain(mut self, grace: Duration) {
        self.shutdown.cancelled().await;
        let ended = async { while self.loops.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, ended).await.is_err() {
            warn!(
                grace_seconds = grace.as_secs_f64(),
                "background loops did not end in time and are aborted"
            );
            self.loops.abort_all();
        }
    }
}

struct EndWatch<'a> {
    name: &'static str,
    shutdown: &'a CancellationToken,
}

impl Drop for EndWatch<'_> {
    fn drop(&mut self) {
        if !self.shutdown.is_cancelled() {
            error!(
                task = self.name,
                "background loop ended on its own; stopping"
            );
            self.shutdown.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panicking_loop_stops_the_rest() {
        let shutdown = CancellationToken::new();
        let mut tasks = Tasks::new(shutdown.clone());
        tasks.spawn("panics", async { panic!("on purpose") });
        let other = shutdown.clone();
        tasks.spawn("waits", async move { other.cancelled().await });
        tasks.drain(Duration::from_secs(5)).await;
        assert!(shutdown.is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_never_ends_is_aborted_after_the_grace() {
        let shutdown = CancellationToken::new();
        let mut tasks = Tasks::new(shutdown.clone());
        tasks.spawn("stuck", std::future::pending());
        shutdown.cancel();
        tasks.drain(Duration::from_secs(5)).await;
    }
}
