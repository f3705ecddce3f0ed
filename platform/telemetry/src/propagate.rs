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
        Context::map_current(Self::of_context)
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

    /// Those of the span in which this thread is.
    fn current() -> Option<Self> {
        tracing::dispatcher::get_default(|dispatch| {
            let current = dispatch.current_span();
            lines::ids_of(dispatch, current.id()?)
        })
        .or_else(Self::of_current_context)
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
    TraceIds::current().map(TraceIds::to_traceparent)
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
    let joined = span.with_subscriber(|(id, dispatch)| lines::join_trace(dispatch, id, parent));
    if joined == Some(false) {
        let flags = if parent.sampled {
            TraceFlags::SAMPLED
        } else {
            TraceFlags::NOT_SAMPLED
        };
        let state = TraceState::default();
        let parent = SpanContext::new(parent.trace, parent.span, flags, true, state);
        let context = Context::new().with_remote_span_context(parent);
        // Refused only where no layer keeps traces, and then there is nothing to connect.
        let _ = span.set_parent(context);
    }
}

fn parse(text: &str) -> Option<TraceIds> {
    let (version, rest) = text.split_at_checked(2)?;
    let (trace, rest) = rest.strip_prefix('-')?.split_at_checked(32)?;
    let (span, rest) = rest.strip_prefix('-')?.split_at_checked(16)?;
    let (flags, rest) = rest.strip_prefix('-')?.split_at_checked(2)?;
    // Later versions may say more after a dash; the first says no more.
    let [version] = hex(version)?;
    let [flags] = hex(flags)?;
    let end = rest.is_empty() || (version != 0 && rest.starts_with('-'));
    let ids = TraceIds {
        trace: TraceId::from_bytes(hex(trace)?),
        span: SpanId::from_bytes(hex(span)?),
        sampled: flags & 1 == 1,
    };
    let valid = ids.trace != TraceId::INVALID && ids.span != SpanId::INVALID;
    (end && version != 0xff && valid).then_some(ids)
}

/// Lower-case digits only, as the specification wants them.
fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_well_formed_contexts_are_continued() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(parse(good).unwrap().to_traceparent(), good);
        let later = "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00-more";
        assert!(!parse(later).unwrap().sampled);
        for bad in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b71692033\u{e4}-01",
            "0-00af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
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
