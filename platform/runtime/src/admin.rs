//! The admin listener: for operators and probes, never routed outside.

use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};

use crate::health::Health;

/// `/livez`, `/readyz` (503 with the parts until all are ready) and `/version`;
/// the caller merges `/metrics`.
pub fn router(health: Health, version: &'static str) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .route("/version", get(move || async move { version }))
        .with_state(health)
}

async fn ready(State(health): State<Health>) -> impl IntoResponse {
    let status = if health.is_ready() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(health.report()))
}
