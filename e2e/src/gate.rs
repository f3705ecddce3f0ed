//! A way to a server that can be shut: behind it nothing changes, in front of it
//! connections are refused.

use std::net::SocketAddr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinHandle,
};

/// The gate. Dropping it shuts it.
#[derive(Debug)]
pub struct Gate {
    address: SocketAddr,
    behind: SocketAddr,
    listener: Option<JoinHandle<()>>,
}

impl Gate {
    /// An open gate before the server at this URL.
    pub fn before(url: &str) -> Self {
        let behind = url.trim_start_matches("http://").parse().unwrap();
        let mut gate = Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            behind,
            listener: None,
        };
        gate.open();
        gate
    }

    /// Where it stands, as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets connections through again.
    pub fn open(&mut self) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(self.address).unwrap();
        let listener = socket.listen(1_024).unwrap();
        self.address = listener.local_addr().unwrap();
        self.listener = Some(tokio::spawn(forward(listener, self.behind)));
    }

    /// Refuses connections, and cuts those that are open.
    pub fn shut(&mut self) {
        if let Some(listener) = self.listener.take() {
            listener.abort();
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.shut();
    }
}

async fn forward(listener: TcpListener, behind: SocketAddr) {
    // Dropped with this task, and with it every connection.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((mut near, _)) = listener.accept().await {
        connections.spawn(async move {
            if let Ok(mut far) = TcpStream::connect(behind).await {
                let _ = copy_bidirectional(&mut near, &mut far).await;
            }
        });
        while connections.try_join_next().is_some() {}
    }
}
