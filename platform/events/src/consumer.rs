//! Hands records to a handler, many at once, and commits what is done.
//!
//! One loop owns the subscription and all bookkeeping; each record in flight is a
//! task that reports back over a channel. Nothing is shared, so nothing is locked.
//!
//! - Records of one key are handled one after another, different keys at once, up to
//!   `max_in_flight`; beyond that nothing is taken from the log, but a revocation is
//!   heard.
//! - Only a contiguous prefix of each partition is committed, so a crash repeats
//!   records but never skips one.
//! - A transient failure is retried for as long as it lasts, and its partition is
//!   paused meanwhile. A permanent one is parked in `<topic>.dlq` with its reason.
//! - When a partition is revoked what is done is committed first, then its tasks are
//!   stopped and late reports ignored: each assignment has a generation, and a report
//!   must carry the present one.
//! - A replayed dead letter is for the group that it failed in; others pass it over.

mod state;
mod task;
mod tracker;

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use rocket_runtime::{backoff::Backoff, shutdown::CancellationToken};
use rocket_telemetry::{chain, metrics};
use tokio::{sync::mpsc, time::Instant};
use tracing::{info, warn};

use self::{state::State, task::Report};
use crate::log::{Delivery, EventLog, LogError, Partition, Signal, Subscription};

/// How long a commit may hold up a partition that another member waits for.
const LAST_COMMIT: Duration = Duration::from_secs(5);

/// Why a record could not be handled.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// It may succeed later: a store is away, a peer does not answer.
    #[error("cannot be handled right now")]
    Transient(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It can never succeed: the record is malformed or contradicts what is stored.
    #[error("can never be handled")]
    Permanent(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Takes in records.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Handles a record that may have been handled before: the log delivers at
    /// least once. A panic counts as a permanent failure.
    async fn handle(&self, delivery: &Delivery) -> Result<(), HandleError>;
}

/// How a group reads.
#[derive(Debug, Clone)]
pub struct ConsumerConfig {
    /// The group, which is the service's name.
    pub group: &'static str,
    /// What it reads.
    pub topics: &'static [&'static str],
    /// Records at work at once.
    pub max_in_flight: usize,
    /// Pauses between tries after a transient failure.
    pub backoff: Backoff,
    /// How long a finished record may wait for its commit: a crash meanwhile
    /// repeats it.
    pub commit_every: Duration,
    /// How long records at work may take to end at shutdown; the rest is repeated
    /// after the next start.
    pub grace: Duration,
}

impl ConsumerConfig {
    /// A group with the usual bounds.
    pub fn new(group: &'static str, topics: &'static [&'static str]) -> Self {
        Self {
            group,
            topics,
            max_in_flight: 64,
            backoff: Backoff::default(),
            commit_every: Duration::from_millis(50),
            grace: Duration::from_secs(5),
        }
    }
}

/// Reads until `shutdown`.
pub async fn run(
    log: Arc<dyn EventLog>,
    handler: Arc<dyn Handler>,
    config: ConsumerConfig,
    shutdown: CancellationToken,
) {
    let mut failures = 0;
    while !shutdown.is_cancelled() {
        let ended = match log.subscribe(config.group, config.topics).await {
            Ok(subscription) => {
                failures = 0;
                let (reports, inbound) = mpsc::unbounded_channel();
                let worker = task::Worker {
                    log: Arc::clone(&log),
                    handler: Arc::clone(&handler),
                    group: config.group,
                    backoff: config.backoff,
                    reports,
                    consumed: metrics::counter(
                        "events_consumed_total",
                        "Records taken in, by topic and outcome.",
                    ),
                    dead: metrics::counter("dead_letters_total", "Records parked, by topic."),
                };
                let mut consumer = Consumer {
                    state: State::new(worker),
                    subscription,
                    inbound,
                    config: &config,
                    commit_at: None,
                    commit_failures: 0,
                };
                consumer.work(&shutdown).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = ended {
            failures += 1;
            warn!(
                group = config.group,
                error = chain(&error),
                "reading the event log failed; trying again"
            );
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(config.backoff.delay(failures)) => {}
            }
        }
    }
}

struct Consumer<'a> {
    state: State,
    subscription: Box<dyn Subscription>,
    /// Unbounded, yet never longer than a few reports per record in flight.
    inbound: mpsc::UnboundedReceiver<Report>,
    config: &'a ConsumerConfig,
    commit_at: Option<Instant>,
    commit_failures: u32,
}

impl Consumer<'_> {
    /// Ends well at shutdown, with an error when the subscription is of no use any
    /// more; tasks end with the state either way.
    async fn work(&mut self, shutdown: &CancellationToken) -> Result<(), LogError> {
        info!(group = self.config.group, topics = ?self.config.topics, "reading");
        loop {
            let room = self.state.progressing() < self.config.max_in_flight;
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                Some(report) = self.inbound.recv() => self.take_reports(report)?,
                () = until(self.commit_at) => self.commit().await,
                signal = next(self.subscription.as_mut(), room) => match signal? {
                    Signal::Delivery(delivery) => self.state.start(delivery),
                    Signal::Revoked(partitions) => self.let_go(&partitions).await?,
                },
            }
        }
        self.drain().await;
        self.commit().await;
        Ok(())
    }

    /// Partitions are somebody else's from the next signal on: what is done is
    /// committed, what is at work is stopped and will be repeated there.
    async fn let_go(&mut self, partitions: &[Partition]) -> Result<(), LogError> {
        if let Ok(report) = self.inbound.try_recv() {
            self.take_reports(report)?;
        }
        let mut offsets = self.state.committable();
        offsets.retain(|(partition, _)| partitions.contains(partition));
        self.state.revoke(partitions);
        if offsets.is_empty() {
            return Ok(());
        }
        let commit = tokio::time::timeout(LAST_COMMIT, self.subscription.commit(&offsets));
        let problem = match commit.await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => chain(&error),
            Err(_) => "it took too long".to_owned(),
        };
        warn!(
            group = self.config.group,
            error = problem,
            "the last offsets of revoked partitions could not be committed; their new \
             reader repeats records"
        );
        Ok(())
    }

    /// Lets records at work end, for the grace time; takes no new ones.
    async fn drain(&mut self) {
        let deadline = Instant::now() + self.config.grace;
        while self.state.in_flight() > 0 {
            tokio::select! {
                () = tokio::time::sleep_until(deadline) => break,
                report = self.inbound.recv() => match report {
                    // A pause or a resume that fails now matters to nobody.
                    Some(report) => drop(self.take_reports(report)),
                    None => break,
                },
                revoked = self.subscription.revoked() => match revoked {
                    Ok(partitions) => drop(self.let_go(&partitions).await),
                    Err(_) => break,
                },
            }
        }
        self.state.stop();
    }

    fn take_reports(&mut self, first: Report) -> Result<(), LogError> {
        let mut next = Some(first);
        while let Some(report) = next {
            self.take(report)?;
            next = self.inbound.try_recv().ok();
        }
        if self.state.has_uncommitted() && self.commit_at.is_none() {
            self.commit_at = Some(Instant::now() + self.config.commit_every);
        }
        Ok(())
    }

    fn take(&mut self, report: Report) -> Result<(), LogError> {
        match report {
            Report::Done(ticket) => self.state.finish(&ticket),
            Report::Failing(ticket) => {
                if self.state.failing(&ticket) {
                    self.subscription.pause(&ticket.partition)?;
                }
            }
            Report::Recovered(ticket) => {
                if self.state.recovered(&ticket) {
                    self.subscription.resume(&ticket.partition)?;
                }
            }
        }
        Ok(())
    }

    async fn commit(&mut self) {
        self.commit_at = None;
        let offsets = self.state.committable();
        if offsets.is_empty() {
            return;
        }
        match self.subscription.commit(&offsets).await {
            Ok(()) => {
                self.commit_failures = 0;
                self.state.committed(&offsets);
            }
            // What is at work goes on: joining again would start it anew.
            Err(error) => {
                self.commit_failures += 1;
                let pause = self.config.backoff.delay(self.commit_failures);
                self.commit_at = Some(Instant::now() + self.config.commit_every + pause);
                warn!(
                    group = self.config.group,
                    error = chain(&error),
                    "offsets could not be committed; trying again"
                );
            }
        }
    }
}

/// The next signal; without room, none that brings a record.
async fn next(subscription: &mut dyn Subscription, room: bool) -> Result<Signal, LogError> {
    if room {
        subscription.next().await
    } else {
        subscription.revoked().await.map(Signal::Revoked)
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
