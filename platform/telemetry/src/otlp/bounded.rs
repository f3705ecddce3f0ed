//! The queue before an exporter: bounded, and what does not fit is counted.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use opentelemetry::{
    Context, InstrumentationScope, KeyValue,
    logs::{AnyValue, LogRecord as _, Severity},
};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    logs::{LogProcessor, SdkLogRecord},
    trace::{Span, SpanData, SpanProcessor},
};

use super::failures::Failures;
use crate::service;

/// Items between the program and its exporter. The SDK bounds its queue as well but
/// counts what it drops for itself alone.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    signal: &'static str,
    size: usize,
    items: Arc<AtomicUsize>,
    failures: Arc<Failures>,
}

impl Waiting {
    pub(super) fn new(signal: &'static str, size: usize, failures: Arc<Failures>) -> Self {
        Self {
            signal,
            size,
            items: Arc::default(),
            failures,
        }
    }

    /// False when the item has no place and must be dropped.
    fn enter(&self) -> bool {
        if self.items.fetch_add(1, Ordering::Relaxed) < self.size {
            return true;
        }
        self.items.fetch_sub(1, Ordering::Relaxed);
        self.failures
            .lost(self.signal, "queue_full", 1, "the queue is full");
        false
    }

    /// So many items went to the exporter.
    pub(super) fn leave(&self, items: usize) {
        self.items.fetch_sub(items, Ordering::Relaxed);
    }

    pub(super) fn ended(&self, items: usize, outcome: Result<(), &str>) {
        match outcome {
            Ok(()) => self.failures.succeeded(),
            Err(why) => {
                let items = u64::try_from(items).unwrap_or(u64::MAX);
                self.failures.lost(self.signal, "export", items, why);
            }
        }
    }
}

/// Spans on their way; each says which service it is of.
#[derive(Debug)]
pub(super) struct Spans<P> {
    pub(super) next: P,
    pub(super) waiting: Waiting,
}

impl<P: SpanProcessor> SpanProcessor for Spans<P> {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.next.on_start(span, context);
    }

    fn on_end(&self, mut span: SpanData) {
        if let Some(service) = service::speaking() {
            let attribute = KeyValue::new(service::FIELD, service);
            span.attributes.push(attribute);
        }
        if self.waiting.enter() {
            self.next.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.next.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.next.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.next.set_resource(resource);
    }
}

/// Log records on their way; each says which service it is of.
#[derive(Debug)]
pub(super) struct Records<P> {
    pub(super) next: P,
    pub(super) waiting: Waiting,
}

impl<P: LogProcessor> LogProcessor for Records<P> {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        if !self.waiting.enter() {
            return;
        }
        if let Some(service) = service::speaking() {
            record.add_attribute(service::FIELD, AnyValue::from(service));
        }
        self.next.emit(record, scope);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.next.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.next.shutdown_with_timeout(timeout)
    }

    fn event_enabled(&self, level: Severity, target: &str, name: Option<&str>) -> bool {
        self.next.event_enabled(level, target, name)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.next.set_resource(resource);
    }
}
