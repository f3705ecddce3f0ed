//! One listener for HTTP/1.1 and HTTP/2 with prior knowledge (gRPC).

use std::{io, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Response, header::CONTENT_TYPE},
    middleware,
};
use futures::StreamExt as _;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tracing::{debug, warn};

use crate::{backoff::Backoff, shutdown::CancellationToken};

/// Bounds on what one listener accepts.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Open connections; more wait in the operating system's queue.
    pub connections: usize,
    /// Requests at once on one HTTP/2 connection.
    pub streams_per_connection: u32,
    /// Bytes of one request's headers. The front door has a narrower bound of its
    /// own and says what is wrong; this one only cuts off.
    pub header_bytes: u32,
    /// Headers of one request (HTTP/1.1); the same holds.
    pub header_count: usize,
    /// How long a client may take to send its headers.
    pub header_timeout: Duration,
    /// How long open requests may take to end after shutdown was asked for.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            streams_per_connection: 256,
            header_bytes: 64 * 1024,
            header_count: 128,
            header_timeout: Duration::from_secs(10),
            drain: Duration::from_secs(10),
        }
    }
}

/// Serves `router` on `listener` until `shutdown`, then lets open requests end,
/// for at most `limits.drain`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: CancellationToken,
) {
    let builder = Arc::new(builder(limits));
    let permits = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let ending = shutdown.clone();
    let router = router.layer(middleware::map_response(move |response| {
        let ending = ending.clone();
        async move { end_with(ending, response) }
    }));
    let mut failures = 0;
    loop {
        // The permit is taken before accepting: connections beyond the bound wait
        // in the listen queue, where they cost this process nothing.
        let permit = tokio::select! {
            () = shutdown.cancelled() => break,
            permit = Arc::clone(&permits).acquire_owned() => match permit {
                Ok(permit) => permit,
                Err(_closed) => break,
            },
        };
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _peer)) => {
                failures = 0;
                stream
            }
            Err(error) => {
                failures += 1;
                pause_after(&error, failures).await;
                continue;
            }
        };
        // Small answers would otherwise wait for the peer's delayed acknowledgement.
        let _ = stream.set_nodelay(true);
        let connection = connection(&builder, stream, router.clone());
        let watched = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = watched.await {
                debug!(%error, "connection ended with an error");
            }
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(limits.drain, graceful.shutdown())
        .await
        .is_err()
    {
        warn!("requests still open after the drain time are cut off");
    }
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

fn builder(limits: Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_headers(limits.header_count)
        .max_buf_size(
            usize::try_from(limits.header_bytes)
                .unwrap_or(usize::MAX)
                .max(8 * 1024),
        );
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(Duration::from_secs(30)))
        .keep_alive_timeout(Duration::from_secs(20))
        .max_header_list_size(limits.header_bytes)
        .max_concurrent_streams(limits.streams_per_connection);
    builder
}

fn connection(
    builder: &Arc<Builder<TokioExecutor>>,
    stream: TcpStream,
    router: Router,
) -> impl hyper_util::server::graceful::GracefulConnection<
    Error = Box<dyn std::error::Error + Send + Sync>,
> + Send
+ 'static {
    builder
        .serve_connection_with_upgrades(TokioIo::new(stream), TowerToHyperService::new(router))
        .into_owned()
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
