//! Clients that take their time, over HTTP/1.1.

use axum::extract::Extension;

use super::*;
use crate::ClientAddress;

const SHORT: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(20);
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

pub(super) fn hello() -> Router {
    Router::new().route("/", get(|| async { "hello" }))
}

/// Long but for the one bound under test, so that no other can be what ended it.
pub(super) fn patient() -> Limits {
    Limits {
        header_timeout: Duration::from_hours(1),
        idle: Duration::from_hours(1),
        stall: Duration::from_hours(1),
        ..Limits::default()
    }
}

/// Everything until the server closes; how it does so is the system's choice.
pub(super) async fn rest(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut all)).await;
    let _ = read.expect("the server closes the connection");
    String::from_utf8(all).unwrap()
}

pub(super) async fn one_answer(stream: &mut TcpStream) {
    stream.write_all(REQUEST).await.unwrap();
    let mut text = Vec::new();
    while !text.ends_with(b"hello") {
        let mut byte = [0];
        let read = tokio::time::timeout(PATIENCE, stream.read_exact(&mut byte)).await;
        read.expect("an answer comes").unwrap();
        text.push(byte[0]);
    }
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let limits = Limits {
        header_timeout: SHORT,
        ..patient()
    };
    let (address, _shutdown, _server) = start_with(hello(), limits).await;
    for said in [
        &b""[..],
        b"PRI * HTT",
        b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ",
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let begun = std::time::Instant::now();
        stream.write_all(said).await.unwrap();
        assert_eq!(rest(&mut stream).await, "", "{said:?}");
        assert!(begun.elapsed() >= SHORT, "{said:?}");
    }
}

#[tokio::test]
async fn headers_that_do_not_end_are_not_waited_for_on_a_used_connection_either() {
    let limits = Limits {
        header_timeout: SHORT,
        ..patient()
    };
    let (address, _shutdown, _server) = start_with(hello(), limits).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    one_answer(&mut stream).await;
    stream.write_all(b"GET / HTTP/1.1\r\nx-").await.unwrap();
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_time_and_not_before() {
    let limits = Limits {
        idle: SHORT,
        ..patient()
    };
    let (address, _shutdown, _server) = start_with(hello(), limits).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    one_answer(&mut stream).await;
    one_answer(&mut stream).await;
    let begun = std::time::Instant::now();
    assert_eq!(rest(&mut stream).await, "");
    assert!(begun.elapsed() >= SHORT);
}

#[tokio::test]
async fn a_request_that_takes_longer_than_an_idle_connection_may_is_answered() {
    let limits = Limits {
        header_timeout: Duration::from_millis(20),
        idle: Duration::from_millis(20),
        stall: Duration::from_millis(20),
        ..Limits::default()
    };
    let slow = get(|| async {
        tokio::time::sleep(SHORT).await;
        "hello"
    });
    let (address, _shutdown, _server) = start_with(Router::new().route("/", slow), limits).await;
    one_answer(&mut TcpStream::connect(address).await.unwrap()).await;
}

/// All places taken by connections that say nothing, and by ones that said something
/// once: whoever comes next is served when their time is over.
#[tokio::test]
async fn a_flood_of_idle_connections_locks_nobody_out() {
    let limits = Limits {
        connections: 4,
        header_timeout: SHORT,
        ..patient()
    };
    let (address, _shutdown, _server) = start_with(hello(), limits).await;
    let mut idle = Vec::new();
    for said_something in [true, true, false, false] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        if said_something {
            one_answer(&mut stream).await;
        }
        idle.push(stream);
    }
    let begun = std::time::Instant::now();
    one_answer(&mut TcpStream::connect(address).await.unwrap()).await;
    assert!(begun.elapsed() >= SHORT / 2, "there was no crowd");
    for stream in &mut idle {
        assert_eq!(rest(stream).await, "");
    }
}

/// Tells when it is dropped.
struct Tell(Option<tokio::sync::oneshot::Sender<()>>);

impl Drop for Tell {
    fn drop(&mut self) {
        let _ = self.0.take().unwrap().send(());
    }
}

/// A router whose answer never ends, and what tells that it was given up.
pub(super) fn endless() -> (Router, tokio::sync::oneshot::Receiver<()>) {
    let (sender, dropped) = tokio::sync::oneshot::channel();
    let tell = Arc::new(std::sync::Mutex::new(Some(Tell(Some(sender)))));
    let handler = move || {
        let tell = tell.lock().unwrap().take();
        async move {
            let chunks = futures::stream::repeat_with(move || {
                let _held = &tell;
                Ok::<_, std::io::Error>(vec![0; 64 * 1024])
            });
            Body::from_stream(chunks)
        }
    };
    (Router::new().route("/", get(handler)), dropped)
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answer_is_cut_off() {
    let (router, dropped) = endless();
    let limits = Limits {
        stall: SHORT,
        ..patient()
    };
    let (address, _shutdown, _server) = start_with(router, limits).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    let given_up = tokio::time::timeout(PATIENCE, dropped).await;
    given_up.expect("the answer is given up").unwrap();
    drop(stream);
}

#[tokio::test]
async fn a_request_carries_its_clients_address_whatever_the_client_says() {
    let whoami =
        get(|Extension(client): Extension<ClientAddress>| async move { client.ip().to_string() });
    let (address, _shutdown, _server) = start(Router::new().route("/", whoami)).await;
    let request = "GET / HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 192.0.2.1\r\n\
                   forwarded: for=192.0.2.1\r\nconnection: close\r\n\r\n";
    assert!(exchange(address, request).await.ends_with("127.0.0.1"));
}
