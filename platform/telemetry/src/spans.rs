//! What only an exported span says: its name in OpenTelemetry's words, and its
//! attributes (<https://opentelemetry.io/docs/specs/semconv/>).
//!
//! Nothing secret belongs in an attribute, nor anything that names a person: no
//! session, password, token, e-mail address or chat.

use std::{
    borrow::Cow,
    sync::atomic::{AtomicBool, Ordering},
};

use opentelemetry::{
    Context, KeyValue, Value,
    trace::{Status, TraceContextExt as _},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

static EXPORTING: AtomicBool = AtomicBool::new(false);

/// True when this process exports spans. Where it does not, there is no need to make
/// spans that nobody but a trace's reader would miss.
pub fn exporting() -> bool {
    EXPORTING.load(Ordering::Relaxed)
}

pub(crate) fn set_exporting() {
    EXPORTING.store(true, Ordering::Relaxed);
}

/// A span that will be exported.
#[derive(Debug)]
pub struct Recorded(Context);

/// The span, if it will be exported: sampled, and wanted by anyone. Asking begins it,
/// so its parent must be set by now.
pub fn recorded(span: &Span) -> Option<Recorded> {
    if !exporting() {
        return None;
    }
    let context = span.context();
    context
        .span()
        .is_recording()
        .then_some(Recorded(context.clone()))
}

impl Recorded {
    /// Names the span, where the name is not known to the compiler.
    pub fn name(&self, name: impl Into<Cow<'static, str>>) -> &Self {
        self.0.span().update_name(name);
        self
    }

    /// Sets an attribute.
    pub fn set(&self, name: &'static str, value: impl Into<Value>) -> &Self {
        self.0.span().set_attribute(KeyValue::new(name, value));
        self
    }

    /// Marks the span as failed, with a word for why: a status code, a kind of error.
    pub fn failed(&self, why: impl Into<Cow<'static, str>>) -> &Self {
        let why = why.into();
        self.set("error.type", why.clone().into_owned());
        self.0.span().set_status(Status::error(why));
        self
    }
}
