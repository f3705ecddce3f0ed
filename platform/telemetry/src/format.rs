//! What a log line looks like.

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
};

use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tracing::{
    Event, Level,
    field::{Field, Visit},
};

use crate::propagate::TraceIds;

/// The names of a JSON line that an event's fields never hide.
const OWN: [&str; 8] = [
    "timestamp",
    "level",
    "service",
    "message",
    "trace_id",
    "span_id",
    "span",
    "target",
];

/// All that one line says.
pub(crate) struct Line<'a> {
    pub(crate) event: &'a Event<'a>,
    pub(crate) service: &'a str,
    pub(crate) ids: Option<TraceIds>,
    /// The innermost span around the event, with its fields:
    /// `pay order{order_uuid=…}`. What is further out has the same trace id.
    pub(crate) span: &'a str,
}

impl Line<'_> {
    /// Appends the line as one JSON object.
    pub(crate) fn json(&self, to: &mut String) {
        let fields = self.fields();
        let metadata = self.event.metadata();
        // Years beyond 9999 have no such form; a line without a time is still a line.
        let time = OffsetDateTime::now_utc()
            .format(&Rfc3339)
            .unwrap_or_default();
        to.push('{');
        pair(to, "timestamp", &time.into());
        pair(to, "level", &metadata.level().as_str().into());
        pair(to, "service", &self.service.into());
        pair(to, "message", &fields.message.into());
        if let Some(ids) = self.ids {
            // Writing to a string cannot fail.
            let _ = write!(
                to,
                r#","trace_id":"{}","span_id":"{}""#,
                ids.trace, ids.span
            );
        }
        if !self.span.is_empty() {
            pair(to, "span", &self.span.into());
        }
        pair(to, "target", &metadata.target().into());
        for (name, value) in &fields.values {
            if !OWN.contains(name) {
                pair(to, name, value);
            }
        }
        to.push_str("}\n");
    }

    /// Appends the line in columns for people.
    pub(crate) fn text(&self, to: &mut String, colours: bool) {
        // Writing to a string cannot fail.
        let _ = self.try_text(to, colours);
    }

    fn try_text(&self, to: &mut String, colours: bool) -> fmt::Result {
        let fields = self.fields();
        let level = *self.event.metadata().level();
        let (colour, reset) = match (colours, level) {
            (false, _) => ("", ""),
            (true, Level::ERROR) => ("\u{1b}[31m", "\u{1b}[0m"),
            (true, Level::WARN) => ("\u{1b}[33m", "\u{1b}[0m"),
            (true, _) => ("\u{1b}[2m", "\u{1b}[0m"),
        };
        let clock = OffsetDateTime::now_utc().time();
        write!(
            to,
            "{:02}:{:02}:{:02}.{:03} {colour}{level:>5}{reset} {:<12} {}",
            clock.hour(),
            clock.minute(),
            clock.second(),
            clock.millisecond(),
            self.service,
            printable(&fields.message)
        )?;
        for (name, value) in &fields.values {
            match value {
                Value::String(text) => write!(to, " {name}={}", printable(text))?,
                other => write!(to, " {name}={other}")?,
            }
        }
        if !self.span.is_empty() {
            write!(to, " {colour}in {}{reset}", printable(self.span))?;
        }
        if let Some(ids) = self.ids {
            write!(to, " {colour}trace_id={}{reset}", ids.trace)?;
        }
        to.write_char('\n')
    }

    fn fields(&self) -> Fields {
        let mut fields = Fields::default();
        self.event.record(&mut fields);
        fields
    }
}

/// Appends `"name":value`, with a comma unless it is the object's first.
fn pair(to: &mut String, name: &str, value: &Value) {
    let comma = if to.ends_with('{') { "" } else { "," };
    // Names are Rust identifiers or literals of this program. Writing cannot fail.
    let _ = write!(to, "{comma}\"{name}\":{value}");
}

#[derive(Default)]
struct Fields {
    message: String,
    values: Vec<(&'static str, Value)>,
}

impl Fields {
    fn push(&mut self, field: &Field, value: Value) {
        self.values.push((field.name(), value));
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

/// The text with its control characters spelled out: on a terminal they could end the
/// line, move the cursor or hide what is there.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if character.is_control() {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
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
