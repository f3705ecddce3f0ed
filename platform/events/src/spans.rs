//! What exported spans say of events
//! (<https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/>).

use rocket_telemetry::{propagate, spans};
use tracing::{Span, info_span};

use crate::{
    cloud, letters,
    log::{Delivery, Record},
};

/// The embedded log's name among messaging systems.
const SYSTEM: &str = "rocket-log";

/// A span for each record that is appended, each in its own trace, which the record
/// then carries on: a batch holds the events of many. Drop them when it is done.
/// None where nothing is exported; the records then carry on the trace as it came.
pub(crate) fn append(records: &mut [Record]) -> Vec<Span> {
    if !spans::exporting() {
        return Vec::new();
    }
    records.iter_mut().map(append_one).collect()
}

fn append_one(record: &mut Record) -> Span {
    let source = record.header(letters::GROUP).or(record.header("ce_source"));
    let span = info_span!(
        "publish",
        otel.kind = "producer",
        rocket.service = source.unwrap_or_default()
    );
    propagate::set_parent(&span, record.header(cloud::TRACEPARENT));
    if let Some(span) = spans::recorded(&span) {
        span.name(format!("publish {}", record.topic))
            .set("messaging.system", SYSTEM)
            .set("messaging.operation.type", "send")
            .set("messaging.destination.name", record.topic.clone())
            .set("messaging.message.key", record.key.clone());
    }
    if let Some(traceparent) = propagate::traceparent_of(&span) {
        let headers = &mut record.headers;
        headers.retain(|(name, _)| name != cloud::TRACEPARENT);
        headers.push((cloud::TRACEPARENT.to_owned(), traceparent));
    }
    span
}

/// Describes the span in which a record is taken in.
pub(crate) fn consume(span: &Span, delivery: &Delivery, group: &'static str) {
    if let Some(span) = spans::recorded(span) {
        span.name(format!("process {}", delivery.record.topic))
            .set("messaging.system", SYSTEM)
            .set("messaging.operation.type", "process")
            .set("messaging.destination.name", delivery.record.topic.clone())
            .set(
                "messaging.destination.partition.id",
                delivery.partition.to_string(),
            )
            .set("messaging.offset", delivery.offset)
            .set("messaging.consumer.group.name", group);
    }
}
