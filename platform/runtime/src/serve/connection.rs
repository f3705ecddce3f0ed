//! One connection, from its first byte to its last.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use http::{Request, Response, Version};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{net::TcpStream, sync::Semaphore};
use tower::ServiceExt as _;
use tracing::debug;

use super::{
    Limits,
    activity::{Activity, Patience},
    follow::{Bytestream, Followed, follow},
};
use crate::{client_address::ClientAddress, shutdown::CancellationToken};

/// How long a connection that was asked to end may take to do so, when there is
/// nothing under way on it.
const GOODBYE: Duration = Duration::from_secs(5);

/// What HTTP/2 may buffer of one request's body; the largest body fits.
const STREAM_WINDOW: u32 = 64 * 1024;
/// What it may buffer of all bodies of one connection.
const CONNECTION_WINDOW: u32 = 256 * 1024;
/// What it may buffer of one answer.
const SEND_BUFFER: usize = 64 * 1024;
/// Requests that a client may open and take back at once before the connection is
/// closed (CVE-2023-44487), and faulty ones before it is.
const RESETS: usize = 20;
const FAULTY: usize = 64;

/// Serves connections alike.
pub(super) struct Connections {
    builder: Builder<TokioExecutor>,
    router: Router,
    limits: Limits,
    permits: Arc<Semaphore>,
    shutdown: CancellationToken,
}

impl Connections {
    pub(super) fn new(
        router: Router,
        limits: Limits,
        permits: Arc<Semaphore>,
        shutdown: CancellationToken,
    ) -> Arc<Self> {
        Arc::new(Self {
            builder: builder(limits),
            router,
            limits,
            permits,
            shutdown,
        })
    }

    /// Serves one connection to its end.
    pub(super) fn serve(
        self: &Arc<Self>,
        stream: TcpStream,
        client: ClientAddress,
    ) -> impl Future<Output = ()> + Send + 'static {
        let this = Arc::clone(self);
        async move { this.serve_one(stream, client).await }
    }

    async fn serve_one(&self, stream: TcpStream, client: ClientAddress) {
        let activity = Activity::begin();
        let io = TokioIo::new(Bytestream::new(stream, activity.clone()));
        let (router, requests) = (self.router.clone(), activity.clone());
        let service = service_fn(move |request| answer(router.clone(), client, &requests, request));
        let connection = self.builder.serve_connection(io, service);
        tokio::pin!(connection);
        let Limits {
            header_timeout,
            idle,
            stall,
            ..
        } = self.limits;
        let often = header_timeout.min(idle).min(stall);
        loop {
            let patience = activity.patience(&self.limits, self.crowded());
            let again = patience.until(often);
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        debug!(%error, "connection ended with an error");
                    }
                    return;
                }
                () = tokio::time::sleep_until(again) => {}
                () = self.shutdown.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    let _ = connection.await;
                    return;
                }
            }
            match activity.patience(&self.limits, self.crowded()) {
                waiting if !waiting.over() => {}
                Patience::Request(_) => {
                    connection.as_mut().graceful_shutdown();
                    let _ = tokio::time::timeout(GOODBYE, connection).await;
                    return;
                }
                over => {
                    debug!(?over, "connection closed: the client takes too long");
                    return;
                }
            }
        }
    }

    /// Less than a quarter of the connections is free.
    fn crowded(&self) -> bool {
        self.permits.available_permits() < self.limits.connections / 4
    }
}

/// One request and its answer. When the client goes away, hyper drops this.
fn answer(
    router: Router,
    client: ClientAddress,
    activity: &Activity,
    request: Request<Incoming>,
) -> impl Future<Output = Result<Response<Followed>, Infallible>> + Send + use<> {
    let open = activity.request(request.version() == Version::HTTP_2);
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(client);
    let answer = router.oneshot(request);
    async move { Ok(follow(answer.await?, open)) }
}

fn builder(limits: Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    let buffer = usize::try_from(limits.header_bytes).unwrap_or(usize::MAX);
    builder
        .http1()
        .timer(TokioTimer::new())
        // The connection's own patience tells headers that do not come from a
        // connection that is idle; hyper's does not.
        .header_read_timeout(None)
        .max_headers(limits.header_count)
        .max_buf_size(buffer.max(8 * 1024));
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(Duration::from_secs(30)))
        .keep_alive_timeout(Duration::from_secs(20))
        .max_header_list_size(limits.header_bytes)
        .max_concurrent_streams(limits.streams_per_connection)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(FAULTY);
    builder
}
