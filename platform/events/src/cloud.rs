//! CloudEvents 1.0, binary content mode of the Kafka protocol binding
//! (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md>):
//! attributes are headers with the prefix `ce_`, the value is the event's data.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use crate::log::Headers;

/// The header with the event's id.
pub const ID: &str = "ce_id";
/// The header with the trace that caused the event.
pub const TRACEPARENT: &str = "traceparent";

/// The namespace of event ids.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f0e_1d5c_37c4_5b7e_9a1f_2c8d_4b60_a7e3);

/// The id of an order's event of a kind: always the same, so that a repeated send
/// is recognised.
pub fn event_uuid(order_uuid: Uuid, kind: &str) -> Uuid {
    let mut name = Vec::with_capacity(16 + kind.len());
    name.extend_from_slice(order_uuid.as_bytes());
    name.extend_from_slice(kind.as_bytes());
    Uuid::new_v5(&NAMESPACE, &name)
}

/// The headers of an event. `kind` is the type, for example `events.v1.OrderPaid`;
/// `source` the service that says so.
pub fn headers(
    id: Uuid,
    kind: &str,
    source: &str,
    at: OffsetDateTime,
    traceparent: Option<String>,
) -> Headers {
    let mut headers = vec![
        (ID.to_owned(), id.to_string()),
        ("ce_type".to_owned(), kind.to_owned()),
        ("ce_source".to_owned(), source.to_owned()),
        ("ce_specversion".to_owned(), "1.0".to_owned()),
        ("content-type".to_owned(), "application/protobuf".to_owned()),
    ];
    // A time outside years 0 to 9999 has no RFC 3339 form; the attribute is optional.
    if let Ok(time) = at.format(&Rfc3339) {
        headers.push(("ce_time".to_owned(), time));
    }
    if let Some(traceparent) = traceparent {
        headers.push((TRACEPARENT.to_owned(), traceparent));
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_id_depends_on_order_and_kind_alone() {
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(event_uuid(a, "order.paid"), event_uuid(a, "order.paid"));
        assert_ne!(event_uuid(a, "order.paid"), event_uuid(b, "order.paid"));
        assert_ne!(event_uuid(a, "order.paid"), event_uuid(a, "ship.assembled"));
        // Written down, because a change would make old events look new.
        assert_eq!(event_uuid(a, "order.paid").get_version_num(), 5);
    }
}
