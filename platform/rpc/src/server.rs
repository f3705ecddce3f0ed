//! What wraps every service's router, in this order from the outside:
//! trace and metrics, panics, load shedding, access, deadline, body limit.

mod access;
mod deadline;
mod observe;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use futures::FutureExt as _;
use tokio::sync::Semaphore;

pub use self::{
    access::{Access, Guard},
    observe::method_label,
};
use crate::{error::ApiError, is_grpc};

/// Bounds of one service's server.
#[derive(Debug, Clone, Copy)]
pub struct ServerConfig {
    /// The longest a request may take; a caller's own deadline only shortens it.
    pub deadline: Duration,
    /// The largest body that is read, in bytes.
    pub max_body: usize,
    /// Requests at work at once; more are answered 503 at once rather than queued
    /// without bound.
    pub max_concurrent: usize,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(10),
            max_body: 64 * 1024,
            max_concurrent: 1_024,
        }
    }
}

/// Wraps a service's router. Every path must be declared in `guard`: one that is
/// not is refused, whatever the router holds.
pub fn stack(router: Router, guard: Guard, config: ServerConfig) -> Router {
    let permits = Arc::new(Semaphore::new(config.max_concurrent));
    let guard = Arc::new(guard);
    let observe = observe::Observe::new();
    router
        .layer(DefaultBodyLimit::max(config.max_body))
        .layer(middleware::from_fn(move |request, next| {
            deadline::enforce(config.deadline, request, next)
        }))
        .layer(middleware::from_fn(move |request, next| {
            access::enforce(Arc::clone(&guard), request, next)
        }))
        .layer(middleware::from_fn(move |request, next| {
            shed(Arc::clone(&permits), request, next)
        }))
        .layer(middleware::from_fn(catch_panic))
        .layer(middleware::from_fn(move |request, next| {
            observe.clone().request(request, next)
        }))
}

async fn shed(permits: Arc<Semaphore>, request: Request, next: Next) -> Response {
    let grpc = is_grpc(request.headers());
    match permits.try_acquire() {
        Ok(_permit) => next.run(request).await,
        Err(_full) => respond(
            grpc,
            ApiError::unavailable("overloaded", "too many requests at once; try again"),
        ),
    }
}

async fn catch_panic(request: Request, next: Next) -> Response {
    let grpc = is_grpc(request.headers());
    // The request's state is dropped with it; what it shares are stores and channels,
    // which are whole after a panic by their own means.
    match std::panic::AssertUnwindSafe(next.run(request))
        .catch_unwind()
        .await
    {
        Ok(response) => response,
        Err(_panic) => respond(grpc, ApiError::internal("the handler panicked")),
    }
}

/// The answer for an error, in the protocol of the request.
pub fn respond(grpc: bool, error: ApiError) -> Response {
    if grpc {
        tonic::Status::from(error)
            .into_http::<axum::body::Body>()
            .into_response()
    } else {
        error.into_response()
    }
}

#[cfg(test)]
mod tests;
