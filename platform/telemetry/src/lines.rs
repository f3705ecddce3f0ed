//! The layer that writes log lines and keeps what a span passes on: its trace, its
//! service, its fields.
//!
//! As long as nothing is exported, a span here is two ids and a short text. That is
//! all that log lines and `traceparent` headers need, at a fraction of what a span of
//! the OpenTelemetry SDK costs, recorded or not.

use std::{cell::RefCell, fmt::Write as _, io::Write as _};

use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};
use tracing::{
    Dispatch, Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer, Registry,
    fmt::MakeWriter,
    layer::Context,
    registry::{LookupSpan, SpanRef},
};

use crate::{LogFormat, format, propagate::TraceIds, service};

/// Where a span's ids come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ids {
    /// Made here: nothing is exported.
    Own,
    /// Those of the OpenTelemetry layer.
    OpenTelemetry,
}

/// What is known of an open span.
#[derive(Debug, Default)]
pub(crate) struct Known {
    ids: Option<TraceIds>,
    service: Option<&'static str>,
    /// `name=value` pairs.
    fields: String,
}

pub(crate) struct Lines<W> {
    format: LogFormat,
    colours: bool,
    ids: Ids,
    writer: W,
}

impl<W> Lines<W> {
    pub(crate) fn new(format: LogFormat, colours: bool, ids: Ids, writer: W) -> Self {
        Self {
            format,
            colours,
            ids,
            writer,
        }
    }
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else {
            return;
        };
        let parent = span.parent().map(|parent| inherited(&parent));
        let (trace, service) = parent.unwrap_or_default();
        let mut known = Known {
            ids: (self.ids == Ids::Own).then(|| TraceIds::child_of(trace)),
            service: service::of_crate(attributes.metadata()),
            fields: String::new(),
        };
        if known.service.is_none() {
            let mut named = service::Named::default();
            attributes.record(&mut named);
            known.service = named.0.or(service);
        }
        attributes.record(&mut Pairs(&mut known.fields));
        span.extensions_mut().insert(known);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(known) = span.extensions_mut().get_mut::<Known>()
        {
            values.record(&mut Pairs(&mut known.fields));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        thread_local! {
            static BUFFER: RefCell<String> = const { RefCell::new(String::new()) };
        }
        let (mut service, mut ids) = (service::of_crate(event.metadata()), None);
        let mut within = String::new();
        if let Some(span) = context.event_span(event) {
            within.push_str(span.name());
            if let Some(known) = span.extensions().get::<Known>() {
                service = service.or(known.service);
                ids = known.ids;
                if !known.fields.is_empty() {
                    // Writing to a string cannot fail.
                    let _ = write!(within, "{{{}}}", known.fields);
                }
            }
        }
        service::set_speaking(service);
        let line = format::Line {
            event,
            service: service.unwrap_or_else(|| service::crate_name(event.metadata().target())),
            ids: ids.or_else(TraceIds::of_current_context),
            span: &within,
        };
        // A value whose formatting logs would come back here while the buffer is in
        // use; its line is then written from a buffer of its own.
        BUFFER.with(|buffer| match buffer.try_borrow_mut() {
            Ok(mut buffer) => self.write(&line, &mut buffer),
            Err(_in_use) => self.write(&line, &mut String::new()),
        });
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if self.ids == Ids::OpenTelemetry
            && let Some(span) = context.span(&id)
        {
            let service = span.extensions().get::<Known>().and_then(|k| k.service);
            service::set_speaking(service);
        }
    }
}

impl<W> Lines<W>
where
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn write(&self, line: &format::Line<'_>, buffer: &mut String) {
        buffer.clear();
        match self.format {
            LogFormat::Json => line.json(buffer),
            LogFormat::Text => line.text(buffer, self.colours),
        }
        let metadata = line.event.metadata();
        // Nowhere is left to say that the log cannot be written.
        let _ = self
            .writer
            .make_writer_for(metadata)
            .write_all(buffer.as_bytes());
    }
}

fn inherited<'a, S: LookupSpan<'a>>(
    span: &SpanRef<'a, S>,
) -> (Option<TraceIds>, Option<&'static str>) {
    let extensions = span.extensions();
    extensions
        .get::<Known>()
        .map(|known| (known.ids, known.service))
        .unwrap_or_default()
}

/// The ids that this layer made for a span; none when the SDK makes them.
pub(crate) fn ids_of(dispatch: &Dispatch, id: &Id) -> Option<TraceIds> {
    let span = dispatch.downcast_ref::<Registry>()?.span(id)?;
    let extensions = span.extensions();
    extensions.get::<Known>()?.ids
}

/// Puts a span into another trace; false when its ids are not made here.
pub(crate) fn join_trace(dispatch: &Dispatch, id: &Id, parent: TraceIds) -> bool {
    let span = dispatch
        .downcast_ref::<Registry>()
        .and_then(|registry| registry.span(id));
    let Some(span) = span else {
        return false;
    };
    let mut extensions = span.extensions_mut();
    match extensions.get_mut::<Known>().and_then(|k| k.ids.as_mut()) {
        Some(ids) => {
            ids.trace = parent.trace;
            true
        }
        None => false,
    }
}

impl TraceIds {
    fn child_of(parent: Option<Self>) -> Self {
        let random = RandomIdGenerator::default();
        Self {
            trace: parent.map_or_else(|| random.new_trace_id(), |parent| parent.trace),
            span: random.new_span_id(),
            // Nobody records this span, so nobody below need record theirs.
            sampled: false,
        }
    }
}

/// Writes a span's fields, those apart that are for other layers.
struct Pairs<'a>(&'a mut String);

impl Pairs<'_> {
    fn push(&mut self, field: &Field, value: std::fmt::Arguments<'_>) {
        let name = field.name();
        if name.starts_with("otel.") || name == service::FIELD {
            return;
        }
        let space = if self.0.is_empty() { "" } else { " " };
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{space}{name}={value}");
    }
}

impl Visit for Pairs<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.push(field, format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.push(field, format_args!("{value:?}"));
    }
}
