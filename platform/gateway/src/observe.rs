//! The front door's own view of each request: a span, the trace's name in the
//! answer, and a duration.

use std::time::Instant;

use axum::{extract::Request, response::Response};
use http::{HeaderName, HeaderValue};
use rocket_routes::Route;
use rocket_rpc::server::method_label;
use rocket_telemetry::{
    metrics::{self, Histogram},
    propagate, spans,
};
use tracing::{Span, info_span};

/// <https://w3c.github.io/trace-context/#traceresponse-header>
const TRACERESPONSE: HeaderName = HeaderName::from_static("traceresponse");

#[derive(Debug, Clone)]
pub(crate) struct Observe(Histogram);

impl Observe {
    pub(crate) fn new() -> Self {
        Self(metrics::histogram(
            "gateway_request_duration_seconds",
            "Duration of requests at the front door until the answer's head, by route, method, \
             status and, where the head has one, gRPC code.",
            metrics::REQUEST_SECONDS,
        ))
    }

    pub(crate) fn end(&self, observed: &Observed, response: &mut Response) {
        let trace = observed.span.in_scope(propagate::traceparent);
        if let Some(value) = trace.and_then(|text| HeaderValue::try_from(text).ok()) {
            response.headers_mut().insert(TRACERESPONSE, value);
        }
        let code = response.headers().get("grpc-status");
        let code = code.and_then(|value| value.to_str().ok()).unwrap_or("");
        if let Some(span) = spans::recorded(&observed.span) {
            let status = response.status();
            span.set("http.response.status_code", i64::from(status.as_u16()));
            if status.is_server_error() {
                span.failed(status.as_str().to_owned());
            }
        }
        self.0.record(
            observed.started.elapsed().as_secs_f64(),
            &[
                ("route", observed.route),
                ("method", observed.method),
                ("status", response.status().as_str()),
                ("code", code),
            ],
        );
    }
}

/// One request under way.
pub(crate) struct Observed {
    started: Instant,
    route: &'static str,
    method: &'static str,
    pub(crate) span: Span,
}

impl Observed {
    pub(crate) fn begin(request: &Request, route: Option<&'static Route>) -> Self {
        let matched = route.is_some();
        let route = route.map_or("unmatched", |route| route.path);
        let method = method_label(request.method());
        let span = info_span!("gateway request", otel.kind = "server", route, method);
        propagate::continue_from(&span, request.headers());
        if let Some(span) = spans::recorded(&span) {
            span.name(format!("{method} {route}"))
                .set("http.request.method", method)
                .set("url.scheme", "http");
            // Not url.path: whatever people mistake for an id ends up there.
            if matched {
                span.set("http.route", route);
            }
        }
        Self {
            started: Instant::now(),
            route,
            method,
            span,
        }
    }
}
