//! One listener for HTTP/1.1 and HTTP/2 with prior knowledge (gRPC).

mod activity;
mod connection;
mod follow;

use std::{io, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Response, header::CONTENT_TYPE},
    middleware,
};
use futures::StreamExt as _;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use self::connection::Connections;
use crate::{
    ClientAddress, Share, Shares, backoff::Backoff, open_files, shutdown::CancellationToken,
};

/// Bounds on what one listener accepts. The three times that a client may take are
/// looked at as often as the shortest of them is long, so what is over ends at most
/// that much later.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Open connections; more wait in the operating system's queue. When three in
    /// four are taken, a silent connection is closed after `header_timeout`.
    pub connections: usize,
    /// Open connections of one client network ([`ClientAddress::network`]); more are
    /// closed at once, so that nobody can take every place by being busy.
    pub connections_per_network: usize,
    /// Requests at once on one HTTP/2 connection.
    pub streams_per_connection: u32,
    /// Bytes of one request's headers. The front door has a narrower bound of its
    /// own and says what is wrong; this one only cuts off.
    pub header_bytes: u32,
    /// Headers of one request (HTTP/1.1); the same holds.
    pub header_count: usize,
    /// How long a client may take to send a request's headers, the first byte of a
    /// new connection included.
    pub header_timeout: Duration,
    /// How long a connection may have no request under way.
    pub idle: Duration,
    /// How long a client may take nothing of an answer that waits for it. Event
    /// streams say something every 15 seconds, so this must be longer.
    pub stall: Duration,
    /// How long open requests may take to end after shutdown was asked for.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            connections_per_network: 2_048,
            streams_per_connection: 128,
            header_bytes: 64 * 1024,
            header_count: 128,
            header_timeout: Duration::from_secs(10),
            idle: Duration::from_mins(1),
            stall: Duration::from_secs(30),
            drain: Duration::from_secs(10),
        }
    }
}

impl Limits {
    /// No more connections than the process may open files, with as many left for
    /// stores and the rest, and no more than half of them for one network; where the system lets it, the process's limit is raised
    /// first. Without files nothing works, so a flood must not have them all.
    #[must_use]
    pub fn within_open_files(mut self) -> Self {
        self.connections = open_files::connections_within(self.connections);
        self.connections_per_network = self.connections_per_network.min(self.connections / 2);
        self
    }
}

/// Serves `router` on `listener` until `shutdown`, then lets open requests end,
/// for at most `limits.drain`. Each request carries its [`ClientAddress`].
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: CancellationToken,
) {
    let permits = Arc::new(Semaphore::new(limits.connections));
    let shares = Shares::new(limits.connections_per_network);
    let open = TaskTracker::new();
    let cut_off = CancellationToken::new();
    let ending = shutdown.clone();
    let router = router.layer(middleware::map_response(move |response| {
        let ending = ending.clone();
        async move { end_with(ending, response) }
    }));
    let connections = Connections::new(router, limits, Arc::clone(&permits), shutdown.clone());
    let mut failures = 0;
    while let Some(permit) = room(&permits, &shutdown).await {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                failures = 0;
                let client = ClientAddress::new(peer.ip());
                let Some(share) = shares.take(client) else {
                    debug!(%peer, "connection closed: its network has too many");
                    continue;
                };
                let serving = connections.serve(prompt(stream), client);
                open.spawn(until(cut_off.clone(), (permit, share), serving));
            }
            Err(error) => {
                failures += 1;
                pause_after(&error, failures).await;
            }
        }
    }
    drop(listener);
    open.close();
    if tokio::time::timeout(limits.drain, open.wait())
        .await
        .is_err()
    {
        warn!("requests still open after the drain time are cut off");
        cut_off.cancel();
    }
}

/// The permit is taken before accepting: connections beyond the bound wait in the
/// listen queue, where they cost this process nothing.
async fn room(
    permits: &Arc<Semaphore>,
    shutdown: &CancellationToken,
) -> Option<OwnedSemaphorePermit> {
    tokio::select! {
        () = shutdown.cancelled() => None,
        permit = Arc::clone(permits).acquire_owned() => permit.ok(),
    }
}

async fn until(
    cut_off: CancellationToken,
    place: (OwnedSemaphorePermit, Share),
    serving: impl Future<Output = ()>,
) {
    tokio::select! {
        () = serving => {}
        () = cut_off.cancelled() => {}
    }
    drop(place);
}

/// Small answers would otherwise wait for the peer's delayed acknowledgement.
fn prompt(stream: TcpStream) -> TcpStream {
    let _ = stream.set_nodelay(true);
    stream
}

/// An event stream goes on for as long as there is something to tell, which would
/// hold up the end; its client connects again by itself (WHATWG HTML, section 9.2).
fn end_with(shutdown: CancellationToken, response: Response<Body>) -> Response<Body> {
    let streams = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    if !streams {
        return response;
    }
    response.map(|body| {
        let until = body
            .into_data_stream()
            .take_until(shutdown.cancelled_owned());
        Body::from_stream(until)
    })
}

/// An accept error is either the client's (gone already) or ours (no file
/// descriptors left); the latter needs time, not a busy loop.
async fn pause_after(error: &io::Error, failures: u32) {
    warn!(%error, "accepting a connection failed");
    let backoff = Backoff {
        base: Duration::from_millis(5),
        max: Duration::from_secs(1),
    };
    tokio::time::sleep(backoff.delay(failures)).await;
}

#[cfg(test)]
mod tests;
