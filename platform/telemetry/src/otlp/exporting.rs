//! Around each exporter: its runtime, its time limit, its failures.
//!
//! The SDK calls exporters from threads of its own, one a signal, and waits there;
//! the connection's work is done by a runtime that serves nothing else, so a
//! collector can slow down nothing but its own export.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use opentelemetry_sdk::{
    Resource,
    error::{OTelSdkError, OTelSdkResult},
    logs::{LogBatch, LogExporter},
    metrics::{Temporality, data::ResourceMetrics, exporter::PushMetricExporter},
    trace::{SpanData, SpanExporter},
};
use tokio::runtime::Handle;

use super::bounded::Waiting;

/// An exporter with what it needs around it.
#[derive(Debug)]
pub(super) struct Exporting<E> {
    pub(super) exporter: E,
    pub(super) runtime: Handle,
    /// For a whole export, repetitions included. The exporter's own limit does not
    /// cover an answer that begins and never ends.
    pub(super) limit: Duration,
    pub(super) waiting: Waiting,
}

impl<E> Exporting<E> {
    async fn run(
        &self,
        items: usize,
        export: impl Future<Output = OTelSdkResult> + Send,
    ) -> OTelSdkResult {
        self.waiting.leave(items);
        let limit = self.limit;
        let export = Within {
            runtime: self.runtime.clone(),
            future: Box::pin(async move {
                tokio::time::timeout(limit, export)
                    .await
                    .unwrap_or(Err(OTelSdkError::Timeout(limit)))
            }),
        };
        let outcome = export.await;
        // The exporter's errors hold a code and no text of the other side, which
        // might repeat a header.
        let why = outcome.as_ref().err().map(ToString::to_string);
        self.waiting
            .ended(items, why.as_deref().map_or(Ok(()), Err));
        outcome
    }
}

/// Polls a future inside a runtime, whoever waits for it.
struct Within<F> {
    runtime: Handle,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for Within<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let runtime = self.runtime.clone();
        let _inside = runtime.enter();
        self.future.as_mut().poll(context)
    }
}

impl<E: SpanExporter> SpanExporter for Exporting<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.run(batch.len(), self.exporter.export(batch)).await
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E: LogExporter> LogExporter for Exporting<E> {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let items = batch.iter().count();
        self.run(items, self.exporter.export(batch)).await
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E: PushMetricExporter> PushMetricExporter for Exporting<E> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.run(0, self.exporter.export(metrics)).await
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}
