//! How large a request may be.

use std::fmt::Write as _;

use super::Target;

const LOGIN: &str = "/api/v1/auth/login";
const LIMIT: usize = 16 * 1024;

async fn posted(target: &Target, path: &str, headers: &[(&str, &str)], rest: &str) -> u16 {
    let before = target.echo.hits();
    let answer = target.send_with("POST", path, headers, rest).await;
    let arrived = target.echo.hits() > before;
    assert_eq!(arrived, answer.status == 200, "{path}: {}", answer.status);
    answer.status
}

/// A body of the route's limit passes; one byte more is 413, announced or not.
pub async fn bodies_are_limited(target: &Target) {
    for (bytes, status) in [(LIMIT, 200), (LIMIT + 1, 413), (1 << 30, 413)] {
        let length = bytes.to_string();
        let headers = [("content-length", &*length)];
        // What is too large is refused by its announcement alone.
        let body = if status == 200 {
            "x".repeat(bytes)
        } else {
            String::new()
        };
        assert_eq!(posted(target, LOGIN, &headers, &body).await, status);
    }
    let chunked = [("transfer-encoding", "chunked")];
    for (last, status) in [("", 200), ("1\r\nx\r\n", 413)] {
        let mut body = String::new();
        for _ in 0..4 {
            write!(body, "1000\r\n{}\r\n", "x".repeat(0x1000)).unwrap();
        }
        // The end is left out where it must not matter.
        let end = if status == 200 { "0\r\n\r\n" } else { "" };
        body.push_str(last);
        body.push_str(end);
        assert_eq!(posted(target, LOGIN, &chunked, &body).await, status);
    }
}

/// Who has no session is not even read: the answer comes before the body does.
pub async fn strangers_send_no_body(target: &Target) {
    let headers = [("content-length", "1000")];
    assert_eq!(posted(target, "/api/v1/orders", &headers, "").await, 401);
}

/// Too large or too many headers are 431.
pub async fn headers_are_limited(target: &Target) {
    let large = "x".repeat(17 * 1024);
    target
        .refused("GET", "/healthz", &[("x-large", &large)], &[431])
        .await;
    let names: Vec<_> = (0..200).map(|n| format!("x-many-{n}")).collect();
    let many: Vec<_> = names.iter().map(|name| (name.as_str(), "1")).collect();
    target.refused("GET", "/healthz", &many, &[431]).await;
    let path = format!("/healthz?{}", "x".repeat(20 * 1024));
    target.refused("GET", &path, &[], &[414, 431]).await;
}
