//! One record at work.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures::FutureExt as _;
use rocket_runtime::{backoff::Backoff, shutdown::CancellationToken};
use rocket_telemetry::{chain, metrics::Counter, propagate};
use tokio::sync::mpsc;
use tracing::{Instrument as _, Span, error, info_span, warn};

use super::{HandleError, Handler};
use crate::{
    cloud, letters,
    log::{Delivery, EventLog, Partition},
    spans,
};

/// Which record a report is about, and of which assignment.
#[derive(Debug, Clone)]
pub(super) struct Ticket {
    pub(super) partition: Partition,
    pub(super) generation: u64,
    pub(super) offset: i64,
    pub(super) key: String,
}

/// What a task tells the loop.
#[derive(Debug)]
pub(super) enum Report {
    /// Handled or parked.
    Done(Ticket),
    /// Failed transiently for the first time.
    Failing(Ticket),
    /// Handled or parked after having failed.
    Recovered(Ticket),
}

/// What every task needs.
#[derive(Clone)]
pub(super) struct Worker {
    pub(super) log: Arc<dyn EventLog>,
    pub(super) handler: Arc<dyn Handler>,
    pub(super) group: &'static str,
    pub(super) backoff: Backoff,
    pub(super) reports: mpsc::UnboundedSender<Report>,
    pub(super) consumed: Counter,
    pub(super) dead: Counter,
}

impl Worker {
    /// Starts a task for a record; `stop` ends it wherever it stands.
    pub(super) fn spawn(&self, delivery: Delivery, generation: u64, stop: CancellationToken) {
        let ticket = Ticket {
            partition: delivery.from(),
            generation,
            offset: delivery.offset,
            key: delivery.record.key.clone(),
        };
        let span = info_span!(
            "consume",
            otel.kind = "consumer",
            rocket.service = self.group,
            topic = %delivery.record.topic,
            key = %delivery.record.key,
            group = self.group,
        );
        propagate::set_parent(&span, delivery.record.header(cloud::TRACEPARENT));
        spans::consume(&span, &delivery, self.group);
        let worker = self.clone();
        tokio::spawn(
            async move {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => {}
                    () = worker.bring_to_an_end(&delivery, &ticket) => {
                        // The loop has gone: the record is repeated by the next one.
                        let _ = worker.reports.send(Report::Done(ticket));
                    }
                }
            }
            .instrument(span),
        );
    }

    /// Tries until the record is handled or parked.
    async fn bring_to_an_end(&self, delivery: &Delivery, ticket: &Ticket) {
        let topic = delivery.record.topic.as_str();
        if letters::is_for_another(&delivery.record, self.group) {
            self.consumed
                .add(1, &[("topic", topic), ("outcome", "passed_over")]);
            return;
        }
        let mut attempt = 0;
        let outcome = loop {
            let failure = match self.attempt(delivery).await {
                Ok(()) => break "handled",
                Err(HandleError::Permanent(reason)) => {
                    let reason = chain(reason.as_ref());
                    match self.park(delivery, &reason).await {
                        Ok(()) => {
                            fail_span("dead_lettered");
                            break "dead_lettered";
                        }
                        Err(failure) => failure,
                    }
                }
                Err(HandleError::Transient(failure)) => failure,
            };
            attempt += 1;
            if attempt == 1 {
                let _ = self.reports.send(Report::Failing(ticket.clone()));
            }
            warn!(
                attempt,
                error = chain(failure.as_ref()),
                "record will be tried again"
            );
            tokio::time::sleep(self.backoff.delay(attempt)).await;
        };
        self.consumed
            .add(1, &[("topic", topic), ("outcome", outcome)]);
        if attempt > 0 {
            let _ = self.reports.send(Report::Recovered(ticket.clone()));
        }
    }

    async fn attempt(&self, delivery: &Delivery) -> Result<(), HandleError> {
        AssertUnwindSafe(self.handler.handle(delivery))
            .catch_unwind()
            .await
            .unwrap_or_else(|_panic| Err(HandleError::Permanent("the handler panicked".into())))
    }

    async fn park(
        &self,
        delivery: &Delivery,
        reason: &str,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let topic = delivery.record.topic.as_str();
        self.log
            .append(vec![letters::dead_letter(delivery, self.group, reason)])
            .await?;
        self.dead.add(1, &[("topic", topic)]);
        error!(
            partition = delivery.partition,
            offset = delivery.offset,
            reason,
            "record parked as a dead letter"
        );
        Ok(())
    }
}

fn fail_span(why: &'static str) {
    if let Some(span) = rocket_telemetry::spans::recorded(&Span::current()) {
        span.failed(why);
    }
}
