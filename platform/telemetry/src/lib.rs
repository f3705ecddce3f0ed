//! Logs, traces and metrics: one way to write each, used by every service.
//!
//! A log line is a `tracing` event. It carries the trace id and span id of the
//! span it was written in, and the service that wrote it, which is read off the
//! crate name. A span is a `tracing` span, kept as an OpenTelemetry span beneath,
//! so that W3C trace context enters and leaves the process unchanged.

mod format;
pub mod metrics;
pub mod propagate;

use std::{io::IsTerminal as _, str::FromStr};

pub use format::chain;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing_subscriber::{EnvFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

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
}

impl Default for Config {
    fn default() -> Self {
        Self {
            filter: "info".to_owned(),
            format: None,
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
}

/// Keeps telemetry alive; its reader answers `/metrics`.
#[derive(Debug)]
pub struct Telemetry {
    // Spans end with the provider, so it lives as long as the process.
    _traces: SdkTracerProvider,
    metrics: metrics::Reader,
}

/// Starts logs, traces and metrics for the process. Logs go to standard error,
/// because standard output belongs to what a command prints.
pub fn init(config: &Config) -> Result<Telemetry, InitError> {
    let filter = EnvFilter::try_new(&config.filter)?;
    let format = config.format.unwrap_or_else(|| {
        if std::io::stderr().is_terminal() {
            LogFormat::Text
        } else {
            LogFormat::Json
        }
    });
    // Nothing is exported here, so no span is recorded; each still has its ids,
    // which is what log lines and traceparent headers need.
    let traces = SdkTracerProvider::builder()
        .with_sampler(Sampler::AlwaysOff)
        .build();
    let spans = tracing_opentelemetry::layer()
        .with_tracer(traces.tracer("rocket"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false);
    let metrics = metrics::Reader::install().map_err(InitError::Metrics)?;
    tracing_subscriber::registry()
        .with(filter)
        .with(spans)
        .with(format::layer(format, std::io::stderr))
        .try_init()?;
    Ok(Telemetry {
        _traces: traces,
        metrics,
    })
}

impl Telemetry {
    /// A handle for the admin listener.
    pub fn metrics_reader(&self) -> metrics::Reader {
        self.metrics.clone()
    }
}

#[cfg(test)]
mod tests;
