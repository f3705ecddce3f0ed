//! W3C trace context (<https://www.w3.org/TR/trace-context/>) in and out of the
//! process: HTTP and gRPC headers, event headers, outbox rows.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::lines;

/// The header's name.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// What names a span to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TraceIds {
    pub(crate) trace: TraceId,
    pub(crate) span: SpanId,
    pub(crate) sampled: bool,
}

impl TraceIds {
    /// Those of the OpenTelemetry span in which this thread is.
    pub(crate) fn of_current_context() -> Option<Self> {
        Context::map_current(|context| Self::of_context(context))
    }

    fn of_context(context: &Context) -> Option<Self> {
        let span = context.span();
        let ids = span.span_context();
        ids.is_valid().then(|| Self {
            trace: ids.trace_id(),
            span: ids.span_id(),
            sampled: ids.is_sampled(),
        })
    }

    fn of(span: &Span) -> Option<Self> {
        span.with_subscriber(|(id, dispatch)| lines::ids_of(dispatch, id))
            .flatten()
            .or_else(|| Self::of_context(&span.context()))
    }

    fn to_traceparent(self) -> String {
        let mut text = String::with_capacity(55);
        text.push_str("00-");
        push_hex(&mut text, &self.trace.to_bytes());
        text.push('-');
        push_hex(&mut text, &self.span.to_bytes());
        text.push_str(if self.sampled { "-01" } else { "-00" });
        text
    }
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

/// The `traceparent` of the current span, or none outside any span.
pub fn traceparent() -> Option<String> {
    TraceIds::of(&Span::current()).map(TraceIds::to_traceparent)
}

/// The `traceparent` of a span, or none when the filter disables it.
pub fn traceparent_of(span: &Span) -> Option<String> {
    TraceIds::of(span).map(TraceIds::to_traceparent)
}

/// Writes the current span's `traceparent` into `headers`.
pub fn inject(headers: &mut HeaderMap) {
    let value = traceparent().and_then(|text| HeaderValue::try_from(text).ok());
    if let Some(value) = value {
        headers.insert(TRACEPARENT, value);
    }
}

/// Makes `span` a child of the span named by the `traceparent` in `headers`; a
/// missing or malformed one starts a new trace.
pub fn continue_from(span: &Span, headers: &HeaderMap) {
    let value = headers
        .get(TRACEPARENT)
        .and_then(|value| value.to_str().ok());
    set_parent(span, value);
}

/// Makes `span` a child of the span named by `traceparent`; none or a malformed
/// one starts a new trace.
pub fn set_parent(span: &Span, traceparent: Option<&str>) {
    let Some(parent) = traceparent.and_then(parse) else {
        return;
    };
    let ids = TraceIds {
        trace: parent.trace_id(),
        span: parent.span_id(),
        sampled: parent.is_sampled(),
    };
    let joined = span.with_subscriber(|(id, dispatch)| lines::join_trace(dispatch, id, ids));
    if joined == Some(false) {
        let context = Context::new().with_remote_span_context(parent);
        // Refused only where no layer keeps traces, and then there is nothing to connect.
        let _ = span.set_parent(context);
    }
}

fn parse(text: &str) -> Option<SpanContext> {
    let mut parts = text.split('-');
    let (version, trace, span, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let well_formed = version.len() == 2
        && version != "ff"
        && trace.len() == 32
        && span.len() == 16
        && flags.len() == 2
        && (version != "00" || parts.next().is_none())
        && text
            .bytes()
            .all(|b| b == b'-' || b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if !well_formed {
        return None;
    }
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        TraceFlags::new(u8::from_str_radix(flags, 16).ok()?),
        true,
        TraceState::default(),
    );
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_well_formed_contexts_are_continued() {
        assert!(parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").is_some());
        for bad in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_without_panic(text in ".{0,80}") {
            let _ = parse(&text);
        }
    }
}
