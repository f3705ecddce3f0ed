//! Clients that abuse HTTP/2.

use super::{
    bounds::endless,
    frames::{GOAWAY, HEADERS, RST_STREAM, connect, find, frame, get, next},
    *,
};

const SHORT: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(20);
/// RFC 9113 section 7.
const REFUSED_STREAM: [u8; 4] = 7_u32.to_be_bytes();
const ENHANCE_YOUR_CALM: [u8; 4] = 11_u32.to_be_bytes();

fn limits() -> Limits {
    Limits {
        idle: Duration::from_hours(1),
        stall: Duration::from_hours(1),
        ..Limits::default()
    }
}

async fn patiently<T>(what: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(PATIENCE, what).await;
    done.expect("the server acts within the test's patience")
}

/// Answers to pings are no requests, so they do not keep a connection.
#[tokio::test]
async fn an_idle_connection_is_told_to_go_and_closed() {
    let limits = Limits {
        idle: SHORT,
        ..limits()
    };
    let hello = Router::new().route("/", axum::routing::get(|| async { "hello" }));
    let (address, _shutdown, _server) = start_with(hello, limits).await;
    let mut client = connect(address, &[]).await;
    client.write_all(&get(1)).await.unwrap();
    patiently(async {
        assert!(find(&mut client, HEADERS).await.is_some(), "an answer");
        assert!(find(&mut client, GOAWAY).await.is_some(), "a goodbye");
        while next(&mut client).await.is_some() {}
    })
    .await;
}

#[tokio::test]
async fn more_streams_than_allowed_are_refused() {
    let silent = axum::routing::get(|| async { futures::future::pending::<()>().await });
    let limits = Limits {
        streams_per_connection: 2,
        ..limits()
    };
    let (address, _shutdown, _server) = start_with(Router::new().route("/", silent), limits).await;
    let mut client = connect(address, &[]).await;
    for stream in [1, 3, 5] {
        client.write_all(&get(stream)).await.unwrap();
    }
    let refused = patiently(find(&mut client, RST_STREAM)).await.unwrap();
    assert_eq!(
        (refused.stream, &*refused.payload),
        (5, &REFUSED_STREAM[..])
    );
}

/// CVE-2023-44487: streams opened and taken back at once cost the client nothing.
#[tokio::test]
async fn rapid_resets_end_the_connection() {
    let hello = Router::new().route("/", axum::routing::get(|| async { "hello" }));
    let (address, _shutdown, _server) = start_with(hello, limits()).await;
    let mut client = connect(address, &[]).await;
    let cancel = 8_u32.to_be_bytes();
    let mut bytes = Vec::new();
    for n in 0..2_000 {
        bytes.extend(get(2 * n + 1));
        bytes.extend(frame(RST_STREAM, 0, 2 * n + 1, &cancel));
    }
    // The server may close before it has read them all.
    let _ = client.write_all(&bytes).await;
    let goodbye = patiently(find(&mut client, GOAWAY)).await.unwrap();
    assert_eq!(goodbye.payload[4..8], ENHANCE_YOUR_CALM);
}

/// A window of zero lets a client ask for answers that it never takes.
#[tokio::test]
async fn an_answer_that_is_never_taken_is_given_up() {
    let (router, dropped) = endless();
    let limits = Limits {
        stall: SHORT,
        ..limits()
    };
    let (address, _shutdown, _server) = start_with(router, limits).await;
    // SETTINGS_INITIAL_WINDOW_SIZE, 0.
    let mut client = connect(address, &[0, 4, 0, 0, 0, 0]).await;
    client.write_all(&get(1)).await.unwrap();
    patiently(dropped).await.unwrap();
}

#[tokio::test]
async fn headers_beyond_the_bound_reach_no_handler() {
    let hello = Router::new().route("/", axum::routing::get(|| async { "hello" }));
    let limits = Limits {
        header_bytes: 16 * 1024,
        ..limits()
    };
    let (address, _shutdown, _server) = start_with(hello, limits).await;
    let mut client = connect(address, &[]).await;
    // One field after another of the same name, without an end (CVE-2024-27316).
    let field = [&[0x00, 0x01, b'a', 0x7f, 0x81, 0x07][..], &[b'b'; 256]].concat();
    let mut bytes = frame(HEADERS, 0x1, 1, &[0x82, 0x86, 0x84]);
    for _ in 0..4_000 {
        bytes.extend(frame(9, 0, 1, &field));
    }
    let _ = client.write_all(&bytes).await;
    let answered = patiently(async {
        while let Some(frame) = next(&mut client).await {
            if frame.kind == HEADERS {
                return true;
            }
        }
        false
    });
    assert!(!answered.await, "such a request was answered");
}
