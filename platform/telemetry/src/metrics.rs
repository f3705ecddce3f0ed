//! Counters, gauges and histograms. Labels are few and bounded: a route, a
//! method, a topic, an outcome; never an id.

use opentelemetry::{KeyValue, global};
use opentelemetry_sdk::{
    Resource,
    metrics::{SdkMeterProvider, reader::MetricReader},
};
use prometheus::{Registry, TextEncoder};

/// A label: its name and its value.
pub type Label<'a> = (&'static str, &'a str);

/// Bounds in seconds for requests and remote calls.
pub const REQUEST_SECONDS: &[f64] = &[
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// A number that only grows. Its name ends in `_total`.
#[derive(Debug, Clone)]
pub struct Counter(opentelemetry::metrics::Counter<u64>);

/// A number that goes up and down.
#[derive(Debug, Clone)]
pub struct Gauge(opentelemetry::metrics::Gauge<f64>);

/// A distribution.
#[derive(Debug, Clone)]
pub struct Histogram(opentelemetry::metrics::Histogram<f64>);

fn meter() -> opentelemetry::metrics::Meter {
    global::meter("rocket")
}

/// Makes a counter; call it once, after telemetry has started, and keep it.
pub fn counter(name: &'static str, help: &'static str) -> Counter {
    Counter(meter().u64_counter(name).with_description(help).build())
}

/// Makes a gauge; call it once, after telemetry has started, and keep it.
pub fn gauge(name: &'static str, help: &'static str) -> Gauge {
    Gauge(meter().f64_gauge(name).with_description(help).build())
}

/// Makes a histogram with these bucket bounds, in the unit that the name says.
pub fn histogram(name: &'static str, help: &'static str, bounds: &'static [f64]) -> Histogram {
    Histogram(
        meter()
            .f64_histogram(name)
            .with_description(help)
            .with_boundaries(bounds.to_vec())
            .build(),
    )
}

impl Counter {
    /// Adds `n`.
    pub fn add(&self, n: u64, labels: &[Label<'_>]) {
        self.0.add(n, &attributes(labels));
    }
}

impl Gauge {
    /// Sets the value.
    pub fn set(&self, value: f64, labels: &[Label<'_>]) {
        self.0.record(value, &attributes(labels));
    }
}

impl Histogram {
    /// Adds one observation.
    pub fn record(&self, value: f64, labels: &[Label<'_>]) {
        self.0.record(value, &attributes(labels));
    }
}

fn attributes(labels: &[Label<'_>]) -> Vec<KeyValue> {
    labels
        .iter()
        .map(|(name, value)| KeyValue::new(*name, (*value).to_owned()))
        .collect()
}

/// Reads all metrics of the process.
#[derive(Debug, Clone)]
pub struct Reader {
    registry: Registry,
}

impl Reader {
    /// Makes this the process's destination of metrics, beside `export` where they are
    /// exported. `resource` is what exported ones are of.
    pub(crate) fn install<R: MetricReader>(
        export: Option<R>,
        resource: Resource,
    ) -> Result<(Self, SdkMeterProvider), Box<dyn std::error::Error + Send + Sync>> {
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .without_target_info()
            .without_units()
            .without_counter_suffixes()
            .build()?;
        let provider = SdkMeterProvider::builder()
            .with_resource(resource)
            .with_reader(exporter);
        let provider = match export {
            Some(reader) => provider.with_reader(reader).build(),
            None => provider.build(),
        };
        global::set_meter_provider(provider.clone());
        Ok((Self { registry }, provider))
    }

    /// All metrics in the Prometheus text format, version 0.0.4.
    pub fn text(&self) -> String {
        // The encoder refuses only families without metrics; an empty page says so.
        TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .unwrap_or_default()
    }
}
