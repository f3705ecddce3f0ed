//! gRPC-Web, byte for byte (PROTOCOL-WEB.md of gRPC).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rocket_routes::{Access, Protocol, table};

use super::Target;

const LIST_PARTS: &str = "/inventory.v1.InventoryService/ListParts";
const LOGIN: &str = "/auth.v1.AuthService/Login";
/// A message of no bytes: no compression, length zero.
const EMPTY: &str = "\0\0\0\0\0";
/// The same in base64.
const EMPTY_TEXT: &str = "AAAAAAA=";

/// What a gRPC-Web call was answered.
#[derive(Debug)]
pub struct WebAnswer {
    media: String,
    in_headers: Option<u32>,
    /// The messages.
    pub messages: Vec<Vec<u8>>,
    /// The trailers in the body, one to a line; none when the body has none.
    pub trailers: Option<String>,
}

impl WebAnswer {
    /// The gRPC status, which must be in exactly one place.
    pub fn status(&self) -> u32 {
        let in_body = self.trailers.as_ref().map(|trailers| {
            let line = trailers
                .lines()
                .find(|line| line.starts_with("grpc-status"));
            let status = line.and_then(|line| line.split(':').nth(1)).unwrap();
            status.trim().parse().unwrap()
        });
        assert!(in_body.is_some() ^ self.in_headers.is_some(), "{self:?}");
        in_body.or(self.in_headers).unwrap()
    }
}

/// Calls a method with an empty message in the binary form.
pub async fn call(target: &Target, path: &str, metadata: &[(&str, &str)]) -> WebAnswer {
    call_as(target, path, "application/grpc-web+proto", metadata).await
}

async fn call_as(target: &Target, path: &str, media: &str, metadata: &[(&str, &str)]) -> WebAnswer {
    let text = media.starts_with("application/grpc-web-text");
    let body = if text { EMPTY_TEXT } else { EMPTY };
    let length = body.len().to_string();
    let mut headers = metadata.to_vec();
    headers.extend([
        ("content-type", media),
        ("accept", media),
        ("x-grpc-web", "1"),
        ("content-length", &length),
    ]);
    let answer = target.send_with("POST", path, &headers, body).await;
    assert_eq!(answer.status, 200, "gRPC's own status says what was wrong");
    let chunked = answer.header("transfer-encoding") == Some("chunked");
    let mut bytes = if chunked {
        unchunked(&answer.bytes)
    } else {
        answer.bytes.clone()
    };
    if text {
        bytes = decoded(&bytes);
    }
    let in_headers = answer.header("grpc-status").map(|s| s.parse().unwrap());
    let media = answer.header("content-type").unwrap_or_default().to_owned();
    read(media, in_headers, &bytes)
}

/// RFC 9112 section 7.1, without extensions.
fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let line = rest.windows(2).position(|pair| pair == b"\r\n").unwrap();
        let size = std::str::from_utf8(&rest[..line]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return whole;
        }
        let begin = line + 2;
        whole.extend(&rest[begin..begin + size]);
        rest = &rest[begin + size + 2..];
    }
}

/// Pieces of base64, each with its own padding.
fn decoded(text: &[u8]) -> Vec<u8> {
    let quads = text.chunks(4).map(|quad| STANDARD.decode(quad).unwrap());
    quads.flatten().collect()
}

fn read(media: String, in_headers: Option<u32>, mut rest: &[u8]) -> WebAnswer {
    let (mut messages, mut trailers) = (Vec::new(), None);
    while let Some((head, more)) = rest.split_at_checked(5) {
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        let (payload, more) = more.split_at(usize::try_from(length).unwrap());
        rest = more;
        if head[0] & 0x80 == 0 {
            assert_eq!(trailers, None, "a message after the trailers");
            messages.push(payload.to_vec());
        } else {
            trailers = Some(String::from_utf8(payload.to_vec()).unwrap());
        }
    }
    assert!(rest.is_empty(), "half a frame: {rest:?}");
    WebAnswer {
        media,
        in_headers,
        messages,
        trailers,
    }
}

/// Every gRPC route is there, in both forms, with the session as metadata or cookie.
pub async fn a_call_is_answered_with_its_trailers_in_the_body(target: &Target) {
    let id = target.iam.sign_in().id.to_string();
    let cookie = format!("session_uuid={id}");
    for media in [
        "application/grpc-web",
        "application/grpc-web+proto",
        "application/grpc-web-text",
        "application/grpc-web-text+proto",
    ] {
        for session in [("x-session-uuid", &*id), ("cookie", &*cookie)] {
            let before = target.echo.hits();
            let answer = call_as(target, LIST_PARTS, media, &[session]).await;
            assert_eq!(target.echo.hits(), before + 1);
            assert_eq!(answer.status(), 0, "{media}");
            assert!(answer.trailers.is_some(), "{answer:?}");
            assert_eq!(answer.messages, [b""]);
            let text = media.starts_with("application/grpc-web-text");
            let expected = if text { "-text" } else { "" };
            let expected = format!("application/grpc-web{expected}");
            assert!(answer.media.starts_with(&expected), "{answer:?}");
        }
    }
    for route in table().iter().filter(|r| r.protocol == Protocol::Grpc) {
        let session = [("x-session-uuid", &*id)];
        assert_eq!(call(target, route.path, &session).await.status(), 0);
        let expected = if route.access == Access::Public {
            0
        } else {
            16
        };
        let answer = call(target, route.path, &[]).await;
        assert_eq!(answer.status(), expected, "{}", route.path);
    }
}

/// What the gateway refuses, it refuses as gRPC-Web, and nothing arrives.
pub async fn refusals_come_in_the_same_form(target: &Target) {
    let session = target.iam.sign_in();
    let id = session.id.to_string();
    let live = [("x-session-uuid", &*id)];
    let large = "x".repeat(17 * 1024);
    let before = target.echo.hits();
    for (path, metadata, status) in [
        (LIST_PARTS, &[][..], 16),
        (LIST_PARTS, &[("x-session-uuid", "x")][..], 16),
        ("/payment.v1.PaymentService/PayOrder", &live[..], 12),
        ("/user.v1.UserService/GetUser", &live[..], 12),
        ("/nowhere/At", &live[..], 12),
        ("/api/v1/orders", &live[..], 3),
        (LIST_PARTS, &[live[0], ("x-large", &large)][..], 8),
    ] {
        let answer = call(target, path, metadata).await;
        assert_eq!(answer.status(), status, "{path} {answer:?}");
        assert!(answer.messages.is_empty());
        assert!(answer.media.starts_with("application/grpc-web"));
    }
    target.iam.end(session);
    assert_eq!(call(target, LIST_PARTS, &live).await.status(), 16);
    assert_eq!(target.echo.hits(), before);

    // What is not base64 is not called either.
    let headers = [
        ("content-type", "application/grpc-web-text"),
        ("content-length", "8"),
    ];
    let answer = target.send_with("POST", LOGIN, &headers, "!!!!!!!!").await;
    assert_eq!(answer.header("grpc-status"), Some("3"), "{answer:?}");
    assert_eq!(target.echo.hits(), before);
}

/// A browser asks before it sends gRPC-Web to another origin, and is told nothing
/// that would let it; nor does any other answer.
pub async fn pages_of_other_origins_are_let_in_nowhere(target: &Target) {
    let id = target.iam.sign_in().id.to_string();
    let preflight = [
        ("origin", "https://elsewhere.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type,x-grpc-web"),
    ];
    let origin = [
        ("origin", "https://elsewhere.example"),
        ("x-session-uuid", &*id),
    ];
    for path in [LIST_PARTS, LOGIN, "/api/v1/orders", "/healthz"] {
        let asked = target
            .refused("OPTIONS", path, &preflight, &[403, 404, 405])
            .await;
        let sent = target.send("GET", path, &origin).await;
        for answer in [asked, sent] {
            let cors = answer.headers.iter();
            let cors = cors.filter(|(name, _)| name.starts_with("access-control-"));
            assert_eq!(cors.count(), 0, "{path}: {answer:?}");
        }
    }
}
