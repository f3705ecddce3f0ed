#![allow(clippy::unwrap_used)]

mod bounds;
mod frames;
mod multiplexed;
mod networks;

use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

async fn start(
    router: Router,
) -> (
    std::net::SocketAddr,
    CancellationToken,
    tokio::task::JoinHandle<()>,
) {
    start_with(router, Limits::default()).await
}

async fn start_with(
    router: Router,
    limits: Limits,
) -> (
    std::net::SocketAddr,
    CancellationToken,
    tokio::task::JoinHandle<()>,
) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let server = tokio::spawn(serve(listener, router, limits, shutdown.clone()));
    (address, shutdown, server)
}

async fn exchange(address: std::net::SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn an_open_request_ends_before_the_server_does() {
    let (entered, mut wait) = tokio::sync::mpsc::channel(1);
    let release = Arc::new(tokio::sync::Notify::new());
    let gate = Arc::clone(&release);
    let router = Router::new().route(
        "/",
        get(move || async move {
            entered.send(()).await.unwrap();
            gate.notified().await;
            "done"
        }),
    );
    let (address, shutdown, server) = start(router).await;
    let answer = tokio::spawn(async move {
        exchange(
            address,
            "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        )
        .await
    });
    wait.recv().await.unwrap();
    shutdown.cancel();
    release.notify_one();
    assert!(answer.await.unwrap().ends_with("done"));
    server.await.unwrap();
}

#[tokio::test]
async fn too_many_headers_are_refused_with_431() {
    use std::fmt::Write as _;

    let (address, shutdown, server) = start(Router::new().route("/", get(|| async { "ok" }))).await;
    let mut request = String::from("GET / HTTP/1.1\r\nhost: x\r\n");
    for n in 0..200 {
        write!(request, "x-{n}: 1\r\n").unwrap();
    }
    request.push_str("\r\n");
    let answer = exchange(address, &request).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    shutdown.cancel();
    server.await.unwrap();
}

#[tokio::test]
async fn an_event_stream_does_not_hold_up_the_end() {
    let stream = || async {
        let forever = futures::stream::once(async { Ok::<_, std::io::Error>("data: 1\n\n") })
            .chain(futures::stream::pending());
        (
            [(CONTENT_TYPE, "text/event-stream")],
            Body::from_stream(forever),
        )
    };
    let (address, shutdown, server) = start(Router::new().route("/", get(stream))).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    let request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    client.write_all(request).await.unwrap();
    let mut seen = vec![0; 4_096];
    let mut text = String::new();
    while !text.contains("data: 1") {
        let read = client.read(&mut seen).await.unwrap();
        text.push_str(std::str::from_utf8(&seen[..read]).unwrap());
    }
    shutdown.cancel();
    // Without an end of the stream this waits for the whole drain time and is cut off.
    let mut rest = String::new();
    client.read_to_string(&mut rest).await.unwrap();
    assert!(rest.ends_with("0\r\n\r\n"), "cut off: {rest:?}");
    server.await.unwrap();
}
