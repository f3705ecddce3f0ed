//! How a service calls another.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderName, HeaderValue, Request, Response, header::AUTHORIZATION};
use rocket_telemetry::propagate;
use tonic::{Status, body::Body};
use tower::{Service, ServiceExt as _};
use tracing::{Instrument as _, Span, info_span};

use crate::{Channel, credential::Credential, describe};

const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// How one service calls one other.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// How long a call may take; it is sent along as `grpc-timeout`.
    pub deadline: Duration,
    /// What proves the caller to the callee's internal methods.
    pub credential: Option<Credential>,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(2),
            credential: None,
        }
    }
}

/// Calls a service of this process: its router is called as if a connection had
/// brought the request, so its own stack (limits, access, deadline) holds as well.
pub fn in_process(router: axum::Router, config: &ClientConfig) -> Channel {
    Channel::new(Stack::new(InProcess(router), config))
}

/// The client side of every call: deadline, credential, trace.
#[derive(Clone)]
struct Stack<S> {
    inner: S,
    deadline: Duration,
    timeout: HeaderValue,
    authorization: Option<HeaderValue>,
}

impl<S> Stack<S> {
    fn new(inner: S, config: &ClientConfig) -> Self {
        // The gRPC wire form holds at most eight digits.
        let millis = config.deadline.as_millis().min(99_999_999);
        let timeout = HeaderValue::try_from(format!("{millis}m"))
            .unwrap_or(HeaderValue::from_static("2000m"));
        let authorization = config.credential.as_ref().and_then(|credential| {
            let mut value = HeaderValue::try_from(credential.bearer()).ok()?;
            value.set_sensitive(true);
            Some(value)
        });
        Self {
            inner,
            deadline: config.deadline,
            timeout,
            authorization,
        }
    }
}

type CallFuture = Pin<Box<dyn Future<Output = Result<Response<Body>, Status>> + Send>>;

impl<S> Service<Request<Body>> for Stack<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Status> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Status;
    type Future = CallFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> CallFuture {
        let span = info_span!("call", otel.kind = "client", to = request.uri().path());
        describe::call(&span, request.uri().path());
        let headers = request.headers_mut();
        headers.insert(GRPC_TIMEOUT, self.timeout.clone());
        if let Some(value) = &self.authorization {
            headers.insert(AUTHORIZATION, value.clone());
        }
        span.in_scope(|| propagate::inject(headers));
        let call = self.inner.clone().oneshot(request);
        let limited = tokio::time::timeout(self.deadline, call);
        Box::pin(
            async move {
                let outcome = limited.await.unwrap_or_else(|_elapsed| {
                    Err(Status::deadline_exceeded("no answer within the deadline"))
                });
                let code = match &outcome {
                    Ok(response) => describe::code(response.headers()),
                    Err(status) => status.code().into(),
                };
                describe::answer(&Span::current(), code, code.is_error());
                outcome
            }
            .instrument(span),
        )
    }
}

#[derive(Clone)]
struct InProcess(axum::Router);

impl Service<Request<Body>> for InProcess {
    type Response = Response<Body>;
    type Error = Status;
    type Future = CallFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> CallFuture {
        let call = self.0.clone().oneshot(request.map(axum::body::Body::new));
        Box::pin(async move {
            match call.await {
                Ok(response) => Ok(response.map(Body::new)),
                Err(never) => match never {},
            }
        })
    }
}
