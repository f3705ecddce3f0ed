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
    logged_by("info", format, f)
}

fn logged_by(directives: &str, format: LogFormat, f: impl FnOnce()) -> String {
    let captured = Captured::default();
    let lines = Lines::new(format, false, Ids::Own, captured.clone());
    let subscriber = tracing_subscriber::registry()
        .with(lines)
        .with(Gate::new(directives).unwrap());
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
    // The span of this process is sent, and nobody records it.
    let sent = sent.unwrap();
    let span_id = line["span_id"].as_str().unwrap();
    assert_eq!(
        sent,
        format!("00-0af7651916cd43dd8448eb211c80319c-{span_id}-00")
    );
}

#[test]
fn spans_inside_each_other_share_a_trace_and_others_do_not() {
    let mut traces = Vec::new();
    logged(LogFormat::Json, || {
        let ids = |span: &tracing::Span| propagate::traceparent_of(span).unwrap();
        let outer = tracing::info_span!("outer");
        let inner = outer.in_scope(|| tracing::info_span!("inner"));
        traces = vec![ids(&outer), ids(&inner), ids(&tracing::info_span!("other"))];
    });
    assert_eq!(traces[0][..36], traces[1][..36]);
    assert_ne!(traces[0][36..], traces[1][36..]);
    assert_ne!(traces[0][..36], traces[2][..36]);
}

#[test]
fn a_line_of_a_shared_crate_names_the_service_it_works_for() {
    let text = logged(LogFormat::Json, || {
        let service = tracing::info_span!("request", rocket.service = "iam", otel.kind = "server");
        service.in_scope(|| tracing::info_span!("store").in_scope(|| info!("kept")));
        info!("alone");
    });
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["service"], "iam");
    assert_eq!(lines[0]["span"], "store");
    assert_eq!(lines[1]["service"], "telemetry");
}

#[test]
fn a_spans_fields_are_shown_and_other_layers_hints_are_not() {
    let text = logged(LogFormat::Text, || {
        let span = tracing::info_span!("call", otel.kind = "client", to = %"iam", left = 3, late = tracing::field::Empty);
        span.record("late", true);
        span.in_scope(|| info!("sent"));
    });
    assert!(text.contains("in call{to=iam left=3 late=true}"), "{text}");
}

#[test]
fn a_quiet_log_has_traces_too() {
    let text = logged_by("error", LogFormat::Text, || {
        tracing::info_span!("request").in_scope(|| {
            info!("not written");
            assert!(propagate::traceparent().is_some());
        });
    });
    assert_eq!(text, "");
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
        ..Config::default()
    };
    let message = init(&config).unwrap_err().to_string();
    assert!(message.starts_with("RUST_LOG: "), "{message}");
}

#[test]
fn metrics_are_read_back_under_their_own_names() {
    let nowhere = Resource::builder_empty().build();
    let (reader, _) = metrics::Reader::install(None::<ManualReader>, nowhere).unwrap();
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

#[test]
fn directives_may_speak_of_spans_and_their_fields() {
    let text = logged_by("warn,[order{uuid=7}]=info", LogFormat::Text, || {
        tracing::info_span!("order", uuid = 7).in_scope(|| info!("seven"));
        tracing::info_span!("order", uuid = 8).in_scope(|| info!("eight"));
        info!("outside");
    });
    assert!(
        text.contains("seven") && text.lines().count() == 1,
        "{text}"
    );
}

#[test]
fn the_sdks_own_reports_stay_out_of_the_log_unless_asked_for() {
    let report = || tracing::error!(target: "opentelemetry_sdk", "export failed");
    assert_eq!(logged_by("debug", LogFormat::Text, report), "");
    let asked = logged_by("info,opentelemetry_sdk=warn", LogFormat::Text, report);
    assert!(asked.contains("export failed"), "{asked}");
}

#[test]
fn a_line_for_people_is_one_line_whatever_it_says() {
    let text = logged(LogFormat::Text, || {
        let span = tracing::info_span!("take in", key = "a\nb");
        span.in_scope(|| info!(reason = "x\u{1b}[2J\ny", "said\rso"));
    });
    assert_eq!(text.matches('\n').count(), 1, "{text}");
    assert!(!text.contains(['\r', '\u{1b}']), "{text}");
    assert!(
        text.contains("said\\rso") && text.contains("\\u{1b}[2J\\ny"),
        "{text}"
    );
}
