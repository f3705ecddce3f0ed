#![allow(clippy::unwrap_used)]

use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing::info;
use tracing_subscriber::fmt::MakeWriter;

use super::*;

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Runs `f` under the real layers and returns the lines it logged.
fn logged(format: LogFormat, f: impl FnOnce()) -> String {
    let captured = Captured::default();
    let traces = SdkTracerProvider::builder()
        .with_sampler(Sampler::AlwaysOff)
        .build();
    let subscriber = tracing_subscriber::registry()
        .with(tracing_opentelemetry::layer().with_tracer(traces.tracer("test")))
        .with(format::layer(format, captured.clone()));
    tracing::subscriber::with_default(subscriber, f);
    let bytes = captured.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[test]
fn a_line_carries_the_trace_that_came_in_and_passes_it_on() {
    let mut sent = None;
    let text = logged(LogFormat::Json, || {
        let span = tracing::info_span!("pay order", order_uuid = "o-1");
        propagate::set_parent(&span, Some(PARENT));
        span.in_scope(|| {
            info!(amount = 3, "charged");
            sent = propagate::traceparent();
        });
    });
    let line: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    assert_ne!(line["span_id"], "b7ad6b7169203331");
    assert_eq!(line["message"], "charged");
    assert_eq!(line["amount"], 3);
    assert_eq!(line["service"], "telemetry");
    assert!(
        line["span"].as_str().unwrap().contains("pay order"),
        "{line}"
    );
    assert!(
        sent.unwrap()
            .starts_with("00-0af7651916cd43dd8448eb211c80319c-")
    );
}

#[test]
fn a_line_outside_any_span_has_no_trace() {
    let text = logged(LogFormat::Json, || info!("started"));
    assert!(!text.contains("trace_id"), "{text}");
}

#[test]
fn an_event_cannot_forge_the_lines_own_fields_or_break_the_line() {
    let text = logged(LogFormat::Json, || info!(level = "TRACE", "two\nlines"));
    assert_eq!(text.lines().count(), 1);
    let line: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line["level"], "INFO");
}

#[test]
fn an_error_is_logged_with_all_its_causes() {
    #[derive(Debug, thiserror::Error)]
    #[error("the order was not stored")]
    struct Outer(#[source] io::Error);

    let text = logged(LogFormat::Text, || {
        let error = Outer(io::Error::other("disk full"));
        info!(
            error = &error as &(dyn std::error::Error + 'static),
            "failed"
        );
    });
    assert!(
        text.contains("error=the order was not stored: disk full"),
        "{text}"
    );
}

#[test]
fn a_bad_filter_names_the_variable() {
    let config = Config {
        filter: "nonsense=[".to_owned(),
        format: None,
    };
    let message = init(&config).unwrap_err().to_string();
    assert!(message.starts_with("RUST_LOG: "), "{message}");
}

#[test]
fn metrics_are_read_back_under_their_own_names() {
    let reader = metrics::Reader::install().unwrap();
    metrics::counter("orders_created_total", "Orders created.").add(2, &[]);
    metrics::histogram("ship_assembly_duration_seconds", "Assembly.", &[1.0, 10.0])
        .record(3.0, &[("outcome", "done")]);
    let text = reader.text();
    assert!(text.contains("orders_created_total 2"), "{text}");
    assert!(
        text.contains("ship_assembly_duration_seconds_bucket{outcome=\"done\",le=\"10\"} 1"),
        "{text}"
    );
}
