//! What a log line looks like.

use std::{
    fmt::{self, Write as _},
    io::IsTerminal as _,
};

use opentelemetry::trace::TraceContextExt as _;
use serde_json::{Map, Value};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields, MakeWriter, format::Writer},
    registry::LookupSpan,
};

use crate::LogFormat;

pub(crate) fn layer<S, W>(format: LogFormat, writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(format == LogFormat::Text && std::io::stderr().is_terminal())
        .event_format(Line(format))
}

struct Line(LogFormat);

/// The service that wrote a line: its crates are called `rocket_<service>`.
fn service(target: &str) -> &str {
    let crate_name = target.split("::").next().unwrap_or(target);
    crate_name.strip_prefix("rocket_").unwrap_or(crate_name)
}

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let span = innermost_span(context);
        let time = OffsetDateTime::now_utc();
        match self.0 {
            LogFormat::Json => json_line(&mut writer, event, time, fields, &span),
            LogFormat::Text => text_line(&mut writer, event, time, &fields, &span),
        }
    }
}

fn json_line(
    writer: &mut Writer<'_>,
    event: &Event<'_>,
    time: OffsetDateTime,
    fields: Fields,
    span: &str,
) -> fmt::Result {
    let mut line = Map::new();
    let stamp = time.format(&Rfc3339).map_err(|_| fmt::Error)?;
    line.insert("timestamp".to_owned(), stamp.into());
    line.insert("level".to_owned(), event.metadata().level().as_str().into());
    line.insert(
        "service".to_owned(),
        service(event.metadata().target()).into(),
    );
    line.insert("message".to_owned(), fields.message.into());
    if let Some((trace_id, span_id)) = current_ids() {
        line.insert("trace_id".to_owned(), trace_id.into());
        line.insert("span_id".to_owned(), span_id.into());
    }
    if !span.is_empty() {
        line.insert("span".to_owned(), span.into());
    }
    line.insert("target".to_owned(), event.metadata().target().into());
    for (name, value) in fields.values {
        // The names above are the line's own; an event's field never hides them.
        line.entry(name).or_insert(value);
    }
    let text = serde_json::to_string(&line).map_err(|_| fmt::Error)?;
    writeln!(writer, "{text}")
}

fn text_line(
    writer: &mut Writer<'_>,
    event: &Event<'_>,
    time: OffsetDateTime,
    fields: &Fields,
    span: &str,
) -> fmt::Result {
    let level = *event.metadata().level();
    let (colour, reset) = match (writer.has_ansi_escapes(), level) {
        (false, _) => ("", ""),
        (true, Level::ERROR) => ("\u{1b}[31m", "\u{1b}[0m"),
        (true, Level::WARN) => ("\u{1b}[33m", "\u{1b}[0m"),
        (true, _) => ("\u{1b}[2m", "\u{1b}[0m"),
    };
    let clock = time.time();
    write!(
        writer,
        "{:02}:{:02}:{:02}.{:03} {colour}{level:>5}{reset} {:<12} {}",
        clock.hour(),
        clock.minute(),
        clock.second(),
        clock.millisecond(),
        service(event.metadata().target()),
        fields.message
    )?;
    for (name, value) in &fields.values {
        match value {
            Value::String(text) => write!(writer, " {name}={text}")?,
            other => write!(writer, " {name}={other}")?,
        }
    }
    if !span.is_empty() {
        write!(writer, " {colour}in {span}{reset}")?;
    }
    if let Some((trace, _)) = current_ids() {
        write!(writer, " {colour}trace_id={trace}{reset}")?;
    }
    writeln!(writer)
}

/// The innermost span around an event, with its fields: `pay order{order_uuid=…}`.
/// What is further out has the same trace id.
fn innermost_span<S, N>(context: &FmtContext<'_, S, N>) -> String
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'w> FormatFields<'w> + 'static,
{
    let Some(span) = context.lookup_current() else {
        return String::new();
    };
    let mut text = span.name().to_owned();
    let extensions = span.extensions();
    if let Some(fields) = extensions.get::<FormattedFields<N>>()
        && !fields.is_empty()
    {
        let _ = write!(text, "{{{fields}}}");
    }
    text
}

fn current_ids() -> Option<(String, String)> {
    let context = opentelemetry::Context::current();
    let span = context.span();
    let ids = span.span_context();
    ids.is_valid()
        .then(|| (ids.trace_id().to_string(), ids.span_id().to_string()))
}

#[derive(Default)]
struct Fields {
    message: String,
    values: Vec<(String, Value)>,
}

impl Fields {
    fn push(&mut self, field: &Field, value: Value) {
        self.values.push((field.name().to_owned(), value));
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            let _ = write!(self.message, "{value:?}");
        } else {
            self.push(field, format!("{value:?}").into());
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message.push_str(value);
        } else {
            self.push(field, value.into());
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.push(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field, value.into());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.push(field, chain(value).into());
    }
}

/// An error and all its causes, joined by `: `.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}
