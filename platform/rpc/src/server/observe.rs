//! One span and one duration for every request.

use std::{collections::HashSet, sync::LazyLock, time::Instant};

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use http::Method;
use rocket_telemetry::{
    metrics::{self, Histogram},
    propagate, spans,
};
use tracing::{Instrument as _, Span, info_span};

use crate::{describe, is_grpc};

#[derive(Clone)]
pub(super) struct Observe {
    http: Histogram,
    rpc: Histogram,
}

impl Observe {
    pub(super) fn new() -> Self {
        Self {
            http: metrics::histogram(
                "http_server_request_duration_seconds",
                "Duration of HTTP requests, by route, method and status.",
                metrics::REQUEST_SECONDS,
            ),
            rpc: metrics::histogram(
                "rpc_server_duration_seconds",
                "Duration of gRPC calls, by method and code.",
                metrics::REQUEST_SECONDS,
            ),
        }
    }

    pub(super) async fn request(self, request: Request, next: Next) -> Response {
        let started = Instant::now();
        let grpc = is_grpc(request.headers());
        let route = route(&request, grpc);
        let method = request.method().clone();
        let span = info_span!(
            "request",
            otel.kind = "server",
            rocket.service = service(&route),
            route = %route,
            method = %method,
        );
        propagate::continue_from(&span, request.headers());
        begin(&span, grpc, &route, method_label(&method));
        let response = next.run(request).instrument(span.clone()).await;
        end(&span, grpc, &response);
        let seconds = started.elapsed().as_secs_f64();
        if grpc {
            let code = response.headers().get("grpc-status");
            let code = code.and_then(|value| value.to_str().ok()).unwrap_or("0");
            self.rpc
                .record(seconds, &[("method", &route), ("code", code)]);
        } else {
            self.http.record(
                seconds,
                &[
                    ("route", &route),
                    ("method", method_label(&method)),
                    ("status", response.status().as_str()),
                ],
            );
        }
        response
    }
}

fn begin(span: &Span, grpc: bool, route: &str, method: &'static str) {
    if grpc {
        describe::call(span, route);
    } else if let Some(span) = spans::recorded(span) {
        span.name(format!("{method} {route}"))
            .set("http.request.method", method)
            .set("http.route", route.to_owned());
    }
}

fn end(span: &Span, grpc: bool, response: &Response) {
    if grpc {
        let code = describe::code(response.headers());
        describe::answer(span, code, code.is_fault());
    } else if let Some(span) = spans::recorded(span) {
        let status = response.status();
        span.set("http.response.status_code", i64::from(status.as_u16()));
        if status.is_server_error() {
            span.failed(status.as_str().to_owned());
        }
    }
}

/// The service whose router has this route: packages and paths say it.
fn service(route: &str) -> &'static str {
    let path = route.strip_prefix("/api/v1").unwrap_or(route);
    let word = path.split(['/', '.']).find(|word| !word.is_empty());
    match word.unwrap_or_default() {
        "orders" => "order",
        "parts" | "inventory" => "inventory",
        "payment" => "payment",
        "notifications" => "notification",
        "auth" | "user" | "envoy" => "iam",
        _ => "",
    }
}

/// A bounded name for what was asked: never the path as the client wrote it,
/// unless it is a method of a service that is mounted here.
fn route(request: &Request, grpc: bool) -> String {
    let Some(matched) = request.extensions().get::<MatchedPath>() else {
        return "unknown".to_owned();
    };
    if grpc && is_known_method(request.uri().path()) {
        return request.uri().path().to_owned();
    }
    matched.as_str().to_owned()
}

fn is_known_method(path: &str) -> bool {
    METHODS.contains(path)
}

/// Read once from the descriptors, so that a client cannot make new label values by
/// calling methods that do not exist.
static METHODS: LazyLock<HashSet<String>> = LazyLock::new(known_methods);

fn known_methods() -> HashSet<String> {
    use prost::Message as _;

    let set = prost_types::FileDescriptorSet::decode(rocket_proto::FILE_DESCRIPTOR_SET)
        .unwrap_or_default();
    let mut methods = HashSet::new();
    for file in set.file {
        for service in &file.service {
            for method in &service.method {
                methods.insert(format!(
                    "/{}.{}/{}",
                    file.package(),
                    service.name(),
                    method.name()
                ));
            }
        }
    }
    methods.insert("/grpc.health.v1.Health/Check".to_owned());
    methods.insert("/grpc.health.v1.Health/Watch".to_owned());
    methods
}

/// The method as a label: clients may invent methods, and labels may not grow with them.
pub fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
