//! Sends what services wrote into their outboxes.
//!
//! A relay leases rows, sends them without holding a transaction, and says how
//! each ended. Batches are sent at once, up to a bound; the lease keeps two batches
//! from holding rows of one key. A crash anywhere leaves a lease that ends by
//! itself, so a message may be sent twice but is never lost.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt as _, stream::FuturesUnordered};
use rocket_db::outbox::{Leased, OutboxStore};
use rocket_runtime::{SharedClock, backoff::Backoff, faults, shutdown::CancellationToken};
use rocket_telemetry::{chain, metrics, propagate};
use tracing::{Instrument as _, error, info_span, warn};

use crate::{
    cloud,
    log::{EventLog, Record},
};

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// It may be sent later.
    #[error("cannot be sent right now")]
    Transient(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It can never be sent.
    #[error("can never be sent: {0}")]
    Permanent(String),
}

/// Sends messages to one destination.
#[async_trait]
pub trait Dispatch: Send + Sync {
    /// Sends a batch, in which every key occurs once. Answers for each message, in
    /// order. The receiver must cope with a message that it has had before.
    async fn dispatch(&self, batch: &[Leased]) -> Vec<Result<(), DispatchError>>;
}

/// How a relay works.
#[derive(Debug, Clone, Copy)]
pub struct RelayConfig {
    /// Messages in one batch.
    pub batch: usize,
    /// Batches on their way at once.
    pub concurrency: usize,
    /// How long a row is this relay's; longer than sending a batch can take.
    pub lease: Duration,
    /// How often to look without having been woken: for rows whose back-off has
    /// ended, and for rows of other replicas.
    pub look_every: Duration,
    /// Pauses between tries of a row.
    pub backoff: Backoff,
}

impl Default for RelayConfig {
    fn default() -> Self {
        Self {
            batch: 64,
            concurrency: 4,
            lease: Duration::from_secs(30),
            look_every: Duration::from_secs(1),
            backoff: Backoff::default(),
        }
    }
}

/// Relays one destination of one outbox until `shutdown`; batches on their way are
/// finished first.
pub async fn run(
    store: Arc<dyn OutboxStore>,
    destination: &'static str,
    sender: Arc<dyn Dispatch>,
    config: RelayConfig,
    clock: SharedClock,
    shutdown: CancellationToken,
) {
    let relay = Relay {
        store,
        destination,
        sender,
        config,
        clock,
        unsent: metrics::gauge("outbox_unsent", "Messages that wait to be sent."),
        parked: metrics::gauge(
            "outbox_parked",
            "Messages that can never be sent and wait for a person.",
        ),
        age: metrics::gauge(
            "outbox_oldest_age_seconds",
            "Age of the oldest message that waits to be sent.",
        ),
    };
    let mut sending = FuturesUnordered::new();
    let mut look = tokio::time::interval(config.look_every);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        while sending.len() < config.concurrency && !shutdown.is_cancelled() {
            let batch = relay.lease().await;
            if batch.is_empty() {
                break;
            }
            sending.push(relay.send(batch));
        }
        tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            Some(()) = sending.next(), if !sending.is_empty() => {}
            () = relay.store.changed(), if sending.len() < config.concurrency => {}
            _ = look.tick() => relay.measure().await,
        }
    }
    while sending.next().await.is_some() {}
}

struct Relay {
    store: Arc<dyn OutboxStore>,
    destination: &'static str,
    sender: Arc<dyn Dispatch>,
    config: RelayConfig,
    clock: SharedClock,
    unsent: metrics::Gauge,
    parked: metrics::Gauge,
    age: metrics::Gauge,
}

impl Relay {
    async fn lease(&self) -> Vec<Leased> {
        let leased = self
            .store
            .lease(
                self.destination,
                self.config.batch,
                self.clock.now(),
                self.config.lease,
            )
            .await;
        leased.unwrap_or_else(|error| {
            warn!(
                destination = self.destination,
                error = chain(&error),
                "outbox cannot be read"
            );
            Vec::new()
        })
    }

    async fn send(&self, batch: Vec<Leased>) {
        let span = info_span!(
            "relay",
            destination = self.destination,
            messages = batch.len()
        );
        // A batch carries many traces; the span shows the first one's.
        let trace = batch.first().and_then(|lease| lease.traceparent.as_deref());
        propagate::set_parent(&span, trace);
        async {
            faults::point("outbox-leased").await;
            let outcomes = self.sender.dispatch(&batch).await;
            faults::point("outbox-sent").await;
            let mut sent = Vec::with_capacity(batch.len());
            for (lease, outcome) in batch.into_iter().zip(outcomes) {
                match outcome {
                    Ok(()) => sent.push(lease),
                    Err(DispatchError::Transient(cause)) => {
                        self.retry(lease, &chain(cause.as_ref())).await;
                    }
                    Err(DispatchError::Permanent(reason)) => self.park(&lease, &reason).await,
                }
            }
            if !sent.is_empty() {
                let noted = self.store.sent(&sent).await;
                self.note(noted);
            }
        }
        .instrument(span)
        .await;
    }

    async fn retry(&self, lease: Leased, cause: &str) {
        let attempt = lease.attempts.saturating_add(1);
        warn!(
            destination = self.destination,
            message = %lease.id,
            attempt,
            error = cause,
            "message will be sent again"
        );
        let at = self.clock.now() + self.config.backoff.delay(attempt);
        let noted = self.store.retry_at(&[lease], at).await;
        self.note(noted);
    }

    async fn park(&self, lease: &Leased, reason: &str) {
        error!(
            destination = self.destination,
            message = %lease.id,
            topic = lease.topic,
            reason,
            "message can never be sent and is parked in the outbox"
        );
        let noted = self.store.park(lease, reason).await;
        self.note(noted);
    }

    /// What could not be noted is sent again when its lease ends.
    fn note(&self, noted: Result<(), rocket_db::DbError>) {
        if let Err(error) = noted {
            warn!(
                destination = self.destination,
                error = chain(&error),
                "outbox cannot be written"
            );
        }
    }

    async fn measure(&self) {
        let Ok(stats) = self.store.stats(self.destination).await else {
            return;
        };
        let labels = [("destination", self.destination)];
        let age = stats
            .oldest
            .map_or(0.0, |oldest| (self.clock.now() - oldest).as_seconds_f64());
        self.unsent.set(as_float(stats.unsent), &labels);
        self.parked.set(as_float(stats.parked), &labels);
        self.age.set(age.max(0.0), &labels);
    }
}

#[expect(clippy::cast_precision_loss, reason = "2^53 rows do not occur")]
fn as_float(rows: u64) -> f64 {
    rows as f64
}

/// Sends messages to the event log, as CloudEvents.
pub struct LogDispatch {
    log: Arc<dyn EventLog>,
    source: &'static str,
    kind: fn(&str) -> &'static str,
}

impl LogDispatch {
    /// `source` is the service that speaks; `kind` gives a topic's event type.
    pub fn new(
        log: Arc<dyn EventLog>,
        source: &'static str,
        kind: fn(&str) -> &'static str,
    ) -> Self {
        Self { log, source, kind }
    }

    fn record(&self, message: &Leased) -> Record {
        Record {
            topic: message.topic.clone(),
            key: message.key.clone(),
            payload: Bytes::from(message.payload.clone()),
            headers: cloud::headers(
                message.id,
                (self.kind)(&message.topic),
                self.source,
                message.created_at,
                message.traceparent.clone(),
            ),
        }
    }
}

#[async_trait]
impl Dispatch for LogDispatch {
    async fn dispatch(&self, batch: &[Leased]) -> Vec<Result<(), DispatchError>> {
        let records = batch.iter().map(|message| self.record(message)).collect();
        match self.log.append(records).await {
            Ok(()) => batch.iter().map(|_| Ok(())).collect(),
            Err(error) => {
                let text = chain(&error);
                batch
                    .iter()
                    .map(|_| Err(DispatchError::Transient(text.clone().into())))
                    .collect()
            }
        }
    }
}

#[cfg(test)]
mod tests;
