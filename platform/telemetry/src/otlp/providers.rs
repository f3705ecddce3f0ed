//! The SDK's providers, one a signal, as the environment asks for them.

use std::{
    sync::{Arc, mpsc},
    thread,
    time::Instant,
};

use opentelemetry::KeyValue;
use opentelemetry_otlp::{
    ExporterBuildError, LogExporter, MetricExporter, SpanExporter, WithExportConfig,
    WithTonicConfig,
};
use opentelemetry_sdk::{
    Resource,
    logs::{self, BatchLogProcessor, SdkLoggerProvider},
    metrics::{PeriodicReader, SdkMeterProvider},
    trace::{self, BatchSpanProcessor, SdkTracerProvider},
};
use tokio::runtime::{Handle, Runtime};
use tonic::metadata::MetadataMap;
use tracing::warn;

use super::{
    FLUSH,
    bounded::{Records, Spans, Waiting},
    environment::{Otlp, Target},
    exporting::Exporting,
    failures::Failures,
};
use crate::{InitError, metrics::Reader};

/// Items in one export.
const BATCH: usize = 512;

/// Everything that exports.
#[derive(Debug)]
pub(crate) struct Providers {
    pub(crate) traces: Option<SdkTracerProvider>,
    pub(crate) logs: Option<SdkLoggerProvider>,
    metrics: SdkMeterProvider,
    /// Taken when it ends, which must not wait for what a collector keeps.
    runtime: Option<Runtime>,
}

/// Starts what `otlp` asks for, and makes the metrics' reader.
pub(crate) fn start(otlp: &Otlp) -> Result<(Providers, Reader), InitError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("otlp")
        .enable_all()
        .build()
        .map_err(|error| InitError::Export(error.into()))?;
    let build = Build {
        otlp,
        runtime: runtime.handle().clone(),
        resource: resource(otlp),
        failures: Arc::default(),
    };
    let metrics = otlp.metrics.as_ref();
    let traces = otlp.traces.as_ref();
    let logs = otlp.logs.as_ref();
    let metrics = metrics.map(|target| build.metrics(target)).transpose()?;
    let (reader, metrics) =
        Reader::install(metrics, build.resource.clone()).map_err(InitError::Metrics)?;
    let providers = Providers {
        traces: traces.map(|target| build.traces(target)).transpose()?,
        logs: logs.map(|target| build.logs(target)).transpose()?,
        metrics,
        runtime: Some(runtime),
    };
    Ok((providers, reader))
}

struct Build<'a> {
    otlp: &'a Otlp,
    runtime: Handle,
    resource: Resource,
    failures: Arc<Failures>,
}

impl Build<'_> {
    fn traces(&self, target: &Target) -> Result<SdkTracerProvider, InitError> {
        let queue = self.otlp.spans;
        let waiting = Waiting::new("traces", queue.size, Arc::clone(&self.failures));
        let exporter = self.exporting(target, &waiting, || {
            SpanExporter::builder()
                .with_tonic()
                .with_endpoint(&target.endpoint)
                .with_timeout(target.timeout)
                .with_metadata(MetadataMap::from_headers(target.headers.clone()))
                .build()
        })?;
        let batches = trace::BatchConfigBuilder::default()
            .with_max_queue_size(queue.size)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(queue.delay)
            .build();
        let next = BatchSpanProcessor::builder(exporter)
            .with_batch_config(batches)
            .build();
        Ok(SdkTracerProvider::builder()
            .with_sampler(self.otlp.sampler.clone())
            .with_resource(self.resource.clone())
            .with_span_processor(Spans { next, waiting })
            .build())
    }

    fn logs(&self, target: &Target) -> Result<SdkLoggerProvider, InitError> {
        let queue = self.otlp.records;
        let waiting = Waiting::new("logs", queue.size, Arc::clone(&self.failures));
        let exporter = self.exporting(target, &waiting, || {
            LogExporter::builder()
                .with_tonic()
                .with_endpoint(&target.endpoint)
                .with_timeout(target.timeout)
                .with_metadata(MetadataMap::from_headers(target.headers.clone()))
                .build()
        })?;
        let batches = logs::BatchConfigBuilder::default()
            .with_max_queue_size(queue.size)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(queue.delay)
            .build();
        let next = BatchLogProcessor::builder(exporter)
            .with_batch_config(batches)
            .build();
        Ok(SdkLoggerProvider::builder()
            .with_resource(self.resource.clone())
            .with_log_processor(Records { next, waiting })
            .build())
    }

    fn metrics(
        &self,
        target: &Target,
    ) -> Result<PeriodicReader<Exporting<MetricExporter>>, InitError> {
        // Nothing waits: an export has the newest values of what there is.
        let waiting = Waiting::new("metrics", 0, Arc::clone(&self.failures));
        let exporter = self.exporting(target, &waiting, || {
            MetricExporter::builder()
                .with_tonic()
                .with_endpoint(&target.endpoint)
                .with_timeout(target.timeout)
                .with_metadata(MetadataMap::from_headers(target.headers.clone()))
                .build()
        })?;
        Ok(PeriodicReader::builder(exporter)
            .with_interval(self.otlp.metric_interval)
            .build())
    }

    fn exporting<E>(
        &self,
        target: &Target,
        waiting: &Waiting,
        make: impl FnOnce() -> Result<E, ExporterBuildError>,
    ) -> Result<Exporting<E>, InitError> {
        // The connection belongs to the runtime in which it is made.
        let _inside = self.runtime.enter();
        Ok(Exporting {
            exporter: make().map_err(|error| InitError::Export(error.into()))?,
            runtime: self.runtime.clone(),
            limit: target.timeout,
            waiting: waiting.clone(),
        })
    }
}

fn resource(otlp: &Otlp) -> Resource {
    let attributes = otlp.resource.iter();
    Resource::builder_empty()
        .with_service_name("rocket-science")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attributes(attributes.map(|(name, value)| KeyValue::new(name.clone(), value.clone())))
        .build()
}

impl Providers {
    /// Sends what waits and ends, within [`FLUSH`].
    pub(crate) fn shut_down(&mut self) {
        let (ended, ends) = mpsc::channel();
        let (traces, logs, metrics) = (self.traces.take(), self.logs.take(), self.metrics.clone());
        let shut_down: [Box<dyn FnOnce() -> bool + Send>; 3] = [
            Box::new(move || traces.is_none_or(|all| all.shutdown_with_timeout(FLUSH).is_ok())),
            Box::new(move || logs.is_none_or(|all| all.shutdown_with_timeout(FLUSH).is_ok())),
            Box::new(move || metrics.shutdown_with_timeout(FLUSH).is_ok()),
        ];
        let signals = shut_down.len();
        for one in shut_down {
            let ended = ended.clone();
            thread::spawn(move || {
                // Whoever waits below may have stopped waiting.
                let _ = ended.send(one());
            });
        }
        let deadline = Instant::now() + FLUSH;
        let flushed = (0..signals).all(|_| {
            let left = deadline.saturating_duration_since(Instant::now());
            ends.recv_timeout(left).is_ok_and(|flushed| flushed)
        });
        if !flushed {
            warn!("the collector did not take the last telemetry");
        }
    }
}

impl Drop for Providers {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
