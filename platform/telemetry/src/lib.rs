//! Logs, traces and metrics: one way to write each, used by every service.
//!
//! A log line is a `tracing` event. It carries the trace id and span id of the
//! span it was written in, and the service that wrote it, which is read off the
//! crate name or from the spans around it. A span is a `tracing` span with W3C trace
//! context, which enters and leaves the process. Where a collector is named, all three
//! are exported to it over OTLP; where none is, no span is an OpenTelemetry span.

mod format;
mod gate;
mod lines;
pub mod metrics;
mod otlp;
pub mod propagate;
pub mod service;
pub mod spans;

use std::{io::IsTerminal as _, str::FromStr};

pub use format::{chain, printable};
use gate::{Gate, is_ours};
use lines::{Ids, Lines};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::{Resource, metrics::ManualReader, trace::SdkTracer};
pub use otlp::{EnvironmentError, Otlp};
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::{
    Layer as _, filter::filter_fn, layer::SubscriberExt as _, registry::LookupSpan,
    util::SubscriberInitExt as _,
};

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line, for collectors.
    Json,
    /// Columns for people.
    Text,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            _ => Err("expected json or text".to_owned()),
        }
    }
}

/// What the process logs, and how.
#[derive(Debug, Clone)]
pub struct Config {
    /// A filter in the syntax of `RUST_LOG`
    /// (<https://docs.rs/tracing-subscriber>, `EnvFilter`).
    pub filter: String,
    /// None chooses text on a terminal, JSON elsewhere.
    pub format: Option<LogFormat>,
    /// What is exported, where to; [`Otlp::from_environment`] reads it. None exports
    /// nothing and costs nothing.
    pub otlp: Option<Otlp>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            filter: "info".to_owned(),
            format: None,
            otlp: None,
        }
    }
}

/// Why telemetry could not start.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The filter does not parse.
    #[error("RUST_LOG: {0}; expected directives such as info or rocket_order=debug,warn")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Another subscriber is in place already.
    #[error("logging was started twice")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
    /// The metrics reader could not be made.
    #[error("metrics could not start")]
    Metrics(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The export could not be prepared; a collector that is away is no reason.
    #[error("export over OTLP cannot start: {0}")]
    Export(Box<dyn std::error::Error + Send + Sync>),
}

/// Keeps telemetry alive; its reader answers `/metrics`.
#[derive(Debug)]
pub struct Telemetry {
    export: Option<otlp::Providers>,
    metrics: metrics::Reader,
}

/// Starts logs, traces and metrics for the process. Logs go to standard error,
/// because standard output belongs to what a command prints.
pub fn init(config: &Config) -> Result<Telemetry, InitError> {
    let terminal = std::io::stderr().is_terminal();
    let format = config.format.unwrap_or(if terminal {
        LogFormat::Text
    } else {
        LogFormat::Json
    });
    let colours = terminal && format == LogFormat::Text;
    let lines = |ids| Lines::new(format, colours, ids, std::io::stderr);
    // A filter that does not parse is found before anything starts.
    let gate = Gate::new(&config.filter)?;
    let Some(otlp) = &config.otlp else {
        let nowhere = Resource::builder_empty().build();
        let (metrics, _) =
            metrics::Reader::install(None::<ManualReader>, nowhere).map_err(InitError::Metrics)?;
        tracing_subscriber::registry()
            .with(lines(Ids::Own))
            .with(gate)
            .try_init()?;
        return Ok(Telemetry {
            export: None,
            metrics,
        });
    };
    let (export, metrics) = otlp::start(otlp)?;
    let tracer = export.traces.as_ref().map(|all| all.tracer("rocket"));
    // Without traces to export, lines and headers still need ids.
    let ids = tracer.as_ref().map_or(Ids::Own, |_| Ids::OpenTelemetry);
    let tracer = tracer.map(|tracer| span_layer(tracer).with_filter(filter_fn(is_ours)));
    let logs = export.logs.as_ref();
    let logs = logs.map(|all| OpenTelemetryTracingBridge::new(all).with_filter(filter_fn(is_ours)));
    // Lines come first: they tell the layers after them which service speaks.
    tracing_subscriber::registry()
        .with(lines(ids))
        .with(tracer)
        .with(logs)
        .with(gate)
        .try_init()?;
    if ids == Ids::OpenTelemetry {
        spans::set_exporting();
    }
    Ok(Telemetry {
        export: Some(export),
        metrics,
    })
}

fn span_layer<S>(tracer: SdkTracer) -> OpenTelemetryLayer<S, SdkTracer>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
}

impl Telemetry {
    /// A handle for the admin listener.
    pub fn metrics_reader(&self) -> metrics::Reader {
        self.metrics.clone()
    }

    /// Sends what waits to be exported and ends the export, in five seconds at most.
    /// To be called when nothing works any more, and not from async code: it waits.
    pub fn shut_down(&mut self) {
        if let Some(export) = &mut self.export {
            export.shut_down();
        }
    }
}

#[cfg(test)]
mod tests;
