//! One trace, and what a bought rocket's must hold.

use std::{
    collections::{BTreeSet, HashMap},
    fmt::Write as _,
};

use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};

use super::receiver::attribute;

/// The spans of one trace, by id.
pub(super) struct Trace(HashMap<Vec<u8>, Span>);

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

impl Trace {
    pub(super) fn of(spans: &[Span], trace_id: &str) -> Self {
        let spans = spans.iter().filter(|span| hex(&span.trace_id) == trace_id);
        Self(
            spans
                .map(|span| (span.span_id.clone(), span.clone()))
                .collect(),
        )
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn named(&self, name: &str) -> Vec<&Span> {
        self.0.values().filter(|span| span.name == name).collect()
    }

    /// The names from a span up to where the client began, its own last.
    fn way_to(&self, span: &Span) -> Vec<&str> {
        let mut way = Vec::new();
        let mut next = self.0.get(&span.span_id);
        while let Some(span) = next {
            way.insert(0, span.name.as_str());
            next = self.0.get(&span.parent_span_id);
        }
        way
    }

    /// From the front door through every service to Telegram, nothing loose.
    pub(super) fn assert_is_a_bought_rocket(&self) {
        for (name, kind, service) in [
            ("POST /api/v1/orders", SpanKind::Server, "gateway"),
            ("POST /api/v1/orders", SpanKind::Server, "order"),
            (
                "POST /api/v1/orders/{order_uuid}/pay",
                SpanKind::Server,
                "gateway",
            ),
            (
                "POST /api/v1/orders/{order_uuid}/pay",
                SpanKind::Server,
                "order",
            ),
            (
                "envoy.service.auth.v3.Authorization/Check",
                SpanKind::Client,
                "gateway",
            ),
            (
                "envoy.service.auth.v3.Authorization/Check",
                SpanKind::Server,
                "iam",
            ),
            (
                "inventory.v1.InventoryService/ReserveParts",
                SpanKind::Client,
                "order",
            ),
            (
                "inventory.v1.InventoryService/ReserveParts",
                SpanKind::Server,
                "inventory",
            ),
            (
                "inventory.v1.InventoryService/CommitReservation",
                SpanKind::Server,
                "inventory",
            ),
            (
                "payment.v1.PaymentService/PayOrder",
                SpanKind::Client,
                "order",
            ),
            (
                "payment.v1.PaymentService/PayOrder",
                SpanKind::Server,
                "payment",
            ),
            ("write order", SpanKind::Client, "order"),
            ("write inventory", SpanKind::Client, "inventory"),
            ("publish order.paid", SpanKind::Producer, "order"),
            ("process order.paid", SpanKind::Consumer, "assembly"),
            ("process order.paid", SpanKind::Consumer, "notification"),
            ("publish ship.assembled", SpanKind::Producer, "assembly"),
            ("process ship.assembled", SpanKind::Consumer, "order"),
            ("process ship.assembled", SpanKind::Consumer, "notification"),
            ("user.v1.UserService/GetUser", SpanKind::Server, "iam"),
            ("POST sendMessage", SpanKind::Client, "notification"),
        ] {
            let there = self.named(name).into_iter().any(|span| {
                span.kind == kind as i32
                    && attribute(&span.attributes, "rocket.service") == Some(service)
            });
            assert!(
                there,
                "no {kind:?} span {name} of {service} in {:#?}",
                self.shown()
            );
        }
        let longest = self
            .named("POST sendMessage")
            .into_iter()
            .map(|span| self.way_to(span));
        let longest = longest.max_by_key(Vec::len).unwrap().join(" > ");
        for part in [
            "POST /api/v1/orders/{order_uuid}/pay > ",
            " > publish order.paid > process order.paid > ",
            " > publish ship.assembled > process ship.assembled > ",
        ] {
            assert!(longest.contains(part), "{part} in {longest}");
        }
        for span in self.0.values() {
            let parent = hex(&span.parent_span_id);
            let known = self.0.contains_key(&span.parent_span_id) || parent == "b7ad6b7169203331";
            assert!(known, "{} hangs loose", span.name);
            let status = span.status.as_ref().map_or(0, |status| status.code);
            assert_ne!(status, StatusCode::Error as i32, "{} failed", span.name);
        }
        self.assert_conventions();
    }

    fn assert_conventions(&self) {
        for (name, attributes) in [
            (
                "POST /api/v1/orders",
                &[
                    ("http.request.method", "POST"),
                    ("http.route", "/api/v1/orders"),
                ][..],
            ),
            (
                "payment.v1.PaymentService/PayOrder",
                &[
                    ("rpc.system", "grpc"),
                    ("rpc.service", "payment.v1.PaymentService"),
                    ("rpc.method", "PayOrder"),
                ],
            ),
            (
                "write order",
                &[("db.system.name", "sqlite"), ("db.namespace", "order")],
            ),
            (
                "process order.paid",
                &[
                    ("messaging.system", "rocket-log"),
                    ("messaging.destination.name", "order.paid"),
                ],
            ),
        ] {
            for span in self.named(name) {
                for (key, value) in attributes {
                    assert_eq!(
                        attribute(&span.attributes, key),
                        Some(*value),
                        "{name} {key}"
                    );
                }
            }
        }
    }

    fn shown(&self) -> BTreeSet<String> {
        let spans = self.0.values();
        spans
            .map(|span| {
                let service = attribute(&span.attributes, "rocket.service").unwrap_or("-");
                format!("{service}: {} (kind {})", span.name, span.kind)
            })
            .collect()
    }
}
