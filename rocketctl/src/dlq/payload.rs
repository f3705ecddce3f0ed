//! A payload, for people.

use std::fmt::Write as _;

use prost::Message as _;
use rocket_events::topics;
use rocket_proto::{
    events::v1::{OrderPaid, ShipAssembled},
    payment::v1::PaymentMethod,
};
use serde_json::{Value, json};
use time::OffsetDateTime;

/// Bytes that text shows of a payload which is no message.
const SHOWN: usize = 1_024;

/// A payload as its topic's message, or why it is none.
pub(super) enum Decoded<'a> {
    Message { kind: &'static str, event: Value },
    Bytes { bytes: &'a [u8], problem: String },
}

/// Decodes what `topic` should carry.
pub(super) fn decode<'a>(topic: &str, bytes: &'a [u8]) -> Decoded<'a> {
    let message = match topic {
        topics::ORDER_PAID => OrderPaid::decode(bytes)
            .map(|event| ("events.v1.OrderPaid", order_paid(&event)))
            .map_err(|error| format!("not an events.v1.OrderPaid: {error}")),
        topics::SHIP_ASSEMBLED => ShipAssembled::decode(bytes)
            .map(|event| ("events.v1.ShipAssembled", ship_assembled(&event)))
            .map_err(|error| format!("not an events.v1.ShipAssembled: {error}")),
        _ => Err(format!("no message is known for {topic}")),
    };
    match message {
        Ok((kind, event)) => Decoded::Message { kind, event },
        Err(problem) => Decoded::Bytes { bytes, problem },
    }
}

impl Decoded<'_> {
    pub(super) fn into_json(self) -> Value {
        match self {
            Self::Message { kind, event } => json!({"type": kind, "event": event}),
            Self::Bytes { bytes, problem } => json!({"hex": hex(bytes), "problem": problem}),
        }
    }

    pub(super) fn into_text(self) -> String {
        match self {
            Self::Message { kind, event } => format!("{kind} {event:#}"),
            Self::Bytes { bytes, problem } => {
                let shown = &bytes[..bytes.len().min(SHOWN)];
                let rest = bytes.len() - shown.len();
                let rest = match rest {
                    0 => String::new(),
                    more => format!("\n... and {more} bytes more; --json has them all"),
                };
                format!("{problem}\n{}{rest}", lines(&hex(shown)))
            }
        }
    }
}

/// By the names that the wire contract gives; `occurred_at` as RFC 3339.
fn order_paid(event: &OrderPaid) -> Value {
    let method = PaymentMethod::try_from(event.payment_method);
    json!({
        "event_uuid": event.event_uuid,
        "order_uuid": event.order_uuid,
        "user_uuid": event.user_uuid,
        "payment_method": method.map_or_else(
            |_| json!(event.payment_method),
            |method| json!(method.as_str_name()),
        ),
        "transaction_uuid": event.transaction_uuid,
        "amount": event.amount,
        "currency": event.currency,
        "occurred_at": event.occurred_at.as_ref().map(|at| time(at.seconds, at.nanos)),
    })
}

fn ship_assembled(event: &ShipAssembled) -> Value {
    json!({
        "event_uuid": event.event_uuid,
        "order_uuid": event.order_uuid,
        "user_uuid": event.user_uuid,
        "build_time": event.build_time.as_ref().map(|time| {
            json!({"seconds": time.seconds, "nanos": time.nanos})
        }),
        "occurred_at": event.occurred_at.as_ref().map(|at| time(at.seconds, at.nanos)),
    })
}

/// RFC 3339, or the two numbers where they are no time of it.
fn time(seconds: i64, nanos: i32) -> Value {
    let at = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    let text = OffsetDateTime::from_unix_timestamp_nanos(at)
        .ok()
        .and_then(|at| {
            at.format(&time::format_description::well_known::Rfc3339)
                .ok()
        });
    match text {
        Some(text) => json!(text),
        None => json!({"seconds": seconds, "nanos": nanos}),
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Thirty-two bytes a line.
fn lines(hex: &str) -> String {
    let mut text = String::with_capacity(hex.len() + hex.len() / 64);
    for (index, digit) in hex.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            text.push('\n');
        }
        text.push(digit);
    }
    text
}
