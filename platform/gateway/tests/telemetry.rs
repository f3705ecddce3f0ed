//! A request's trace and its metric. Telemetry belongs to the process, so it has
//! this file to itself.
#![allow(clippy::unwrap_used)]

mod support;

use axum::{body::Body, extract::Request};
use rocket_gateway::conformance::{Echo, ScriptedIam};
use rocket_telemetry::{Config as TelemetryConfig, init};
use tower::ServiceExt as _;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

#[tokio::test]
async fn a_trace_goes_through_and_labels_stay_bounded() {
    let telemetry = init(&TelemetryConfig::default()).unwrap();
    let (iam, echo) = (ScriptedIam::new(), Echo::default());
    let id = iam.sign_in().id.to_string();
    let door = support::front_door(support::echoes(&echo), &iam);
    let send = |method: &str, path: &str, parent: Option<String>| {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("x-session-uuid", &id);
        if let Some(parent) = parent {
            request = request.header("traceparent", parent);
        }
        door.clone().oneshot(request.body(Body::empty()).unwrap())
    };

    let parent = format!("00-{TRACE}-b7ad6b7169203331-01");
    let path = "/api/v1/orders/0190b2f4-7a3c-7d55-9c1e-3f2a6b8c4d10";
    let answer = send("GET", path, Some(parent.clone())).await.unwrap();
    for name in ["traceresponse", "x-echo-received-traceparent"] {
        let value = answer.headers()[name].to_str().unwrap();
        assert!(value.contains(TRACE), "{name}: {value}");
        assert_ne!(value, parent, "{name}");
    }
    // Refusals have a trace as well, a new one where none was sent.
    let answer = send("GET", "/nowhere/at/all", None).await.unwrap();
    let value = answer.headers()["traceresponse"].to_str().unwrap();
    assert!(value.len() == 55 && !value.contains(TRACE));
    send("BREW", "/nowhere/else", None).await.unwrap();

    let text = telemetry.metrics_reader().text();
    assert!(
        text.contains(r#"route="/api/v1/orders/{order_uuid}""#),
        "{text}"
    );
    assert!(text.contains(r#"route="unmatched""#) && text.contains(r#"method="other""#));
    for unbounded in ["0190b2f4", "nowhere", "BREW"] {
        assert!(!text.contains(unbounded), "{unbounded}");
    }
}
