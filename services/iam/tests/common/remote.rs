//! The service behind a real listener, and a client's way to it.

use rocket_runtime::{
    serve::{Limits, serve},
    shutdown::CancellationToken,
};
use tokio::{net::TcpListener, task::JoinHandle};
use tonic::{
    Request,
    transport::{Channel, Endpoint},
};

use super::Iam;

pub(crate) struct Remote {
    pub(crate) iam: Iam,
    pub(crate) channel: Channel,
    shutdown: CancellationToken,
    server: JoinHandle<()>,
}

pub(crate) async fn remote(iam: Iam) -> Remote {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let router = iam.app.router();
    let server = tokio::spawn(serve(listener, router, Limits::default(), shutdown.clone()));
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    Remote {
        channel: endpoint.connect().await.unwrap(),
        iam,
        shutdown,
        server,
    }
}

impl Remote {
    /// Ends the server, in order, and gives the service back.
    pub(crate) async fn stop(self) -> Iam {
        drop(self.channel);
        self.shutdown.cancel();
        self.server.await.unwrap();
        self.iam
    }
}

/// As somebody with this session.
pub(crate) fn of_session<T>(message: T, session: &str) -> Request<T> {
    with(message, "x-session-uuid", session)
}

/// As a service with this credential.
pub(crate) fn of_service<T>(message: T, secret: &str) -> Request<T> {
    with(message, "authorization", &format!("Bearer {secret}"))
}

fn with<T>(message: T, name: &'static str, value: &str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert(name, value.parse().unwrap());
    request
}
