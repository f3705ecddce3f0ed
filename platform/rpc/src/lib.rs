//! How services speak: one server stack, one client stack, one error.
//!
//! [`server::stack`] wraps what a service answers (gRPC and HTTP on one router):
//! trace, metrics, deadline, size limits, load shedding, panics, and who may call
//! what. [`client`] wraps how it calls others. Both are the same over a network and
//! within one process, so what holds in one holds in the other.

pub mod client;
pub mod credential;
mod describe;
pub mod error;
pub mod http;
pub mod server;
pub mod session;

use tower::util::BoxCloneSyncService;

/// What a generated gRPC client is made of: `InventoryServiceClient::new(channel)`.
pub type Channel = BoxCloneSyncService<
    ::http::Request<tonic::body::Body>,
    ::http::Response<tonic::body::Body>,
    tonic::Status,
>;

/// True for a request or an answer of the gRPC protocol, by its content type.
pub fn is_grpc(headers: &::http::HeaderMap) -> bool {
    headers
        .get(::http::header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}
