//! One HTTP/1.1 connection that is kept open, with one call at a time.
//!
//! Hyper without a pool above it: the generator shares its cores with what it
//! measures, and a worker that owns its connection needs no pool.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::target::Target;

const SESSION: HeaderName = HeaderName::from_static("x-session-uuid");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A request, to be sent as often as needed.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) session: Option<HeaderValue>,
    pub(super) key: Option<HeaderValue>,
    /// JSON; empty for none.
    pub(super) body: Bytes,
}

/// What came back.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Bytes,
}

/// No answer came.
#[derive(Debug, thiserror::Error)]
pub(super) enum TransportError {
    #[error("no connection")]
    Connect(#[source] std::io::Error),
    #[error("the connection broke")]
    Broken(#[source] hyper::Error),
    #[error("no answer in time")]
    Timeout,
    #[error("no request can be made of this")]
    Request(#[source] http::Error),
}

/// A connection that opens itself when it is needed.
#[derive(Debug)]
pub(super) struct Connection {
    target: Arc<Target>,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    pub(super) fn new(target: Arc<Target>) -> Self {
        Self {
            target,
            sender: None,
        }
    }

    /// Sends the request and reads the whole answer, within `limit`.
    pub(super) async fn call(
        &mut self,
        call: &Call,
        limit: Duration,
    ) -> Result<Answer, TransportError> {
        // Taken out, and put back only after a whole answer: what a failure leaves
        // behind is never used again.
        let sender = self.sender.take();
        let exchange = self.exchange(sender, call);
        let (sender, answer) = tokio::time::timeout(limit, exchange)
            .await
            .map_err(|_| TransportError::Timeout)??;
        self.sender = Some(sender);
        Ok(answer)
    }

    async fn exchange(
        &self,
        sender: Option<SendRequest<Full<Bytes>>>,
        call: &Call,
    ) -> Result<(SendRequest<Full<Bytes>>, Answer), TransportError> {
        // The server closes idle connections; that is no failure.
        let mut sender = match still_open(sender).await {
            Some(sender) => sender,
            None => self.open().await?,
        };
        let request = self.request(call).map_err(TransportError::Request)?;
        let response = sender
            .send_request(request)
            .await
            .map_err(TransportError::Broken)?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(TransportError::Broken)?;
        let answer = Answer {
            status: parts.status,
            retry_after: retry_after(parts.headers.get(header::RETRY_AFTER)),
            body: body.to_bytes(),
        };
        Ok((sender, answer))
    }

    async fn open(&self) -> Result<SendRequest<Full<Bytes>>, TransportError> {
        let connecting = TcpStream::connect(self.target.address());
        let stream = tokio::time::timeout(CONNECT_TIMEOUT, connecting)
            .await
            .map_err(|_| TransportError::Timeout)?
            .map_err(TransportError::Connect)?;
        stream.set_nodelay(true).map_err(TransportError::Connect)?;
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .map_err(TransportError::Broken)?;
        // It ends when the sender is dropped; its error is the call's too.
        tokio::spawn(connection);
        Ok(sender)
    }

    fn request(&self, call: &Call) -> Result<Request<Full<Bytes>>, http::Error> {
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(self.target.path(&call.path))
            .header(header::HOST, self.target.host());
        if let Some(session) = &call.session {
            request = request.header(SESSION, session);
        }
        if let Some(key) = &call.key {
            request = request.header(IDEMPOTENCY_KEY, key);
        }
        if !call.body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        request.body(Full::new(call.body.clone()))
    }
}

async fn still_open(sender: Option<SendRequest<Full<Bytes>>>) -> Option<SendRequest<Full<Bytes>>> {
    let mut sender = sender?;
    sender.ready().await.ok()?;
    Some(sender)
}

/// Whole seconds; the form with a date is not used by this API.
fn retry_after(value: Option<&HeaderValue>) -> Option<Duration> {
    let seconds = value?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}
