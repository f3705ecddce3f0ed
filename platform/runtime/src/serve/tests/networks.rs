//! One client that opens connections without end.

use std::net::SocketAddr;

use tokio::net::TcpSocket;

use super::{
    bounds::{hello, one_answer, patient, rest},
    *,
};

async fn connect(from: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
    socket.connect(to).await.unwrap()
}

/// Its connections are at work, so none of them is ever idle for too long.
#[tokio::test]
async fn one_network_has_its_share_of_the_connections_and_the_rest_is_for_others() {
    let limits = Limits {
        connections: 4,
        connections_per_network: 2,
        ..patient()
    };
    let (address, _shutdown, _server) = start_with(hello(), limits).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = connect("127.0.0.1", address).await;
        one_answer(&mut stream).await;
        held.push(stream);
    }
    for _ in 0..5 {
        let mut more = connect("127.0.0.1", address).await;
        assert_eq!(rest(&mut more).await, "", "closed at once");
    }
    for stream in &mut held {
        one_answer(stream).await;
    }
    one_answer(&mut connect("127.0.0.2", address).await).await;

    drop(held);
    let begun = std::time::Instant::now();
    // The server learns of the closed ones in its own time.
    while !answers(connect("127.0.0.1", address).await).await {
        assert!(begun.elapsed() < Duration::from_secs(20), "never free");
    }
}

/// False when the connection is closed instead.
async fn answers(mut stream: TcpStream) -> bool {
    let request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let _ = stream.write_all(request).await;
    rest(&mut stream).await.ends_with("hello")
}

#[test]
fn half_of_the_connections_that_there_are_files_for_is_for_others() {
    let limits = Limits {
        connections: 10,
        ..Limits::default()
    };
    assert_eq!(limits.within_open_files().connections_per_network, 5);
    let usual = Limits::default();
    assert_eq!(usual.connections_per_network, usual.connections / 2);
}
