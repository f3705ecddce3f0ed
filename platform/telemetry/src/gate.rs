//! What is enabled at all: the lines that the filter asks for, and the spans of the
//! services whatever it asks for, so that a quiet log has traces too.

use tracing::{
    Event, Metadata, Subscriber,
    span::{Attributes, Id, Record},
    subscriber::Interest,
};
use tracing_subscriber::{
    EnvFilter, Layer, filter::LevelFilter, layer::Context, registry::LookupSpan,
};

use crate::InitError;

/// A filter for the whole process. Entering and leaving a span, which async code does
/// at every step, asks it nothing: the filter of the library looks each span up, but
/// needs to only if a directive speaks of spans.
pub(crate) struct Gate {
    filter: EnvFilter,
    speaks_of_spans: bool,
}

impl Gate {
    pub(crate) fn new(directives: &str) -> Result<Self, InitError> {
        let mut filter = EnvFilter::try_new(directives)?;
        // The SDK reports each failed export by itself, which would fill the log for as
        // long as a collector is away; whoever names it in the filter wants that.
        if !directives.contains("opentelemetry") {
            filter = filter.add_directive("opentelemetry=off".parse()?);
        }
        Ok(Self {
            filter,
            speaks_of_spans: directives.contains('['),
        })
    }
}

/// True for what this workspace says of itself. Nothing else is exported: a crate that
/// carries the export would otherwise export about that, for ever.
pub(crate) fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("rocket")
}

fn is_our_span(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && *metadata.level() <= LevelFilter::INFO && is_ours(metadata)
}

impl<S> Layer<S> for Gate
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        let interest = Layer::<S>::register_callsite(&self.filter, metadata);
        if is_our_span(metadata) {
            return Interest::always();
        }
        interest
    }

    fn enabled(&self, metadata: &Metadata<'_>, context: Context<'_, S>) -> bool {
        is_our_span(metadata) || Layer::<S>::enabled(&self.filter, metadata, context)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let hint = Layer::<S>::max_level_hint(&self.filter)?;
        Some(hint.max(LevelFilter::INFO))
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if self.speaks_of_spans {
            self.filter.on_new_span(attributes, id, context);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if self.speaks_of_spans {
            Layer::<S>::on_record(&self.filter, id, values, context);
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        if self.speaks_of_spans {
            Layer::<S>::on_enter(&self.filter, id, context);
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        if self.speaks_of_spans {
            Layer::<S>::on_exit(&self.filter, id, context);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if self.speaks_of_spans {
            self.filter.on_close(id, context);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        Layer::<S>::on_event(&self.filter, event, context);
    }
}
