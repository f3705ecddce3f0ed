//! Deadlines: the server's own, shortened by the caller's.

use std::time::Duration;

use axum::{extract::Request, middleware::Next, response::Response};
use http::HeaderMap;

use super::respond;
use crate::{error::ApiError, is_grpc};

pub(super) async fn enforce(most: Duration, request: Request, next: Next) -> Response {
    let grpc = is_grpc(request.headers());
    let allowed = requested(request.headers()).map_or(most, |asked| asked.min(most));
    match tokio::time::timeout(allowed, next.run(request)).await {
        Ok(response) => response,
        Err(_elapsed) => respond(grpc, ApiError::deadline()),
    }
}

/// `grpc-timeout`: up to eight digits and a unit (gRPC over HTTP/2, "Timeout").
/// A malformed one is ignored, as the server's own deadline still holds.
fn requested(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(number * 3_600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn parse(text: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-timeout", text.parse().unwrap());
        requested(&headers)
    }

    #[test]
    fn grpc_timeouts_are_read_in_every_unit() {
        assert_eq!(parse("2S"), Some(Duration::from_secs(2)));
        assert_eq!(parse("99999999H"), Some(Duration::from_hours(99_999_999)));
        assert_eq!(parse("150m"), Some(Duration::from_millis(150)));
        for bad in ["", "S", "2", "-2S", "2s", "123456789S", "2.5S"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
