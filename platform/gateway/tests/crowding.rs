//! One client that takes all it can get, over a real listener, while another asks.
#![allow(clippy::unwrap_used)]

mod support;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use rocket_gateway::{
    Config,
    conformance::{Echo, ScriptedIam},
};
use rocket_runtime::{
    serve::{Limits, serve},
    shutdown::CancellationToken,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
};

const GREEDY: &str = "127.0.0.1";
const OTHER: &str = "127.0.0.2";
const PATIENCE: Duration = Duration::from_secs(20);
const SHARE: usize = 3;

const HEALTH: &str = "POST /grpc.health.v1.Health/Check HTTP/1.1\r\nhost: x\r\n\
                      content-type: application/grpc\r\n";
const LOGIN: &str = "POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\n";
/// The server asks for the body when it waits for it.
const UNENDING: &str = "content-length: 100\r\nexpect: 100-continue\r\n\r\n";
const GO_ON: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
const EMPTY: &str = "content-length: 0\r\nconnection: close\r\n\r\n";

struct Door {
    address: SocketAddr,
    session: String,
    shutdown: CancellationToken,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl Door {
    async fn open() -> Self {
        let iam = ScriptedIam::new();
        let config = Config {
            max_requests: SHARE + 1,
            requests_per_network: SHARE,
            body_timeout: Duration::from_hours(1),
            ..Config::default()
        };
        let router = support::front_door_with(support::echoes(&Echo::default()), &iam, config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        tokio::spawn(serve(listener, router, Limits::default(), shutdown.clone()));
        Self {
            address,
            session: iam.sign_in().id.to_string(),
            shutdown,
        }
    }

    async fn send(&self, from: &str, request: &str) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
        let mut stream = socket.connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    async fn answer(&self, from: &str, request: &str) -> String {
        let mut stream = self.send(from, request).await;
        let mut answer = Vec::new();
        let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
        read.expect("an answer comes").unwrap();
        String::from_utf8(answer).unwrap()
    }

    /// A request whose body is waited for, and does not come.
    async fn hold(&self, head: &str) -> TcpStream {
        let mut stream = self.send(GREEDY, &format!("{head}{UNENDING}")).await;
        let mut answer = [0; GO_ON.len()];
        let read = tokio::time::timeout(PATIENCE, stream.read_exact(&mut answer)).await;
        read.expect("the body is waited for").unwrap();
        assert_eq!(answer, GO_ON, "{head}");
        stream
    }

    /// The greedy client is served when the server has seen its connections end.
    async fn resumes(&self) {
        let begun = Instant::now();
        loop {
            let answer = self.answer(GREEDY, &format!("{LOGIN}{EMPTY}")).await;
            if answer.starts_with("HTTP/1.1 200") {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "still shed: {answer}");
        }
    }

    /// The greedy client sends bodies that never end; only itself is shed.
    async fn holds_up_nobody_else(&self, kind: &str) {
        let mut held = Vec::new();
        for _ in 0..SHARE {
            held.push(self.hold(kind).await);
        }
        let shed = self.answer(GREEDY, &format!("{LOGIN}{EMPTY}")).await;
        assert!(shed.starts_with("HTTP/1.1 503"), "{shed}");
        assert!(shed.contains("\"overloaded\""), "{shed}");
        assert!(shed.contains("retry-after: 1\r\n"), "{shed}");
        for request in [HEALTH, LOGIN] {
            let answer = self.answer(OTHER, &format!("{request}{EMPTY}")).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{kind}: {answer}");
        }
        drop(held);
        self.resumes().await;
    }
}

#[tokio::test]
async fn health_checks_that_never_end_hold_up_nobody_else() {
    Door::open().await.holds_up_nobody_else(HEALTH).await;
}

#[tokio::test]
async fn sign_ins_that_never_end_hold_up_nobody_else() {
    Door::open().await.holds_up_nobody_else(LOGIN).await;
}

#[tokio::test]
async fn orders_and_logouts_that_never_end_hold_up_nobody_else() {
    let door = Door::open().await;
    for path in ["/api/v1/orders", "/api/v1/auth/logout"] {
        let session = &door.session;
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\nx-session-uuid: {session}\r\n");
        door.holds_up_nobody_else(&head).await;
    }
}
