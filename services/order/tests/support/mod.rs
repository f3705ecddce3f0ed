//! What the tests of this service are built from. Each test file uses a part of it.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

pub mod audit;
pub mod bank;
pub mod fuse;
pub mod grpc;
pub mod server;
pub mod stock;
pub mod world;

use rocket_rpc::session::SessionToken;
use uuid::Uuid;

/// A small, readable id.
pub fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// Any session; the use cases only pass it on.
pub fn session() -> SessionToken {
    SessionToken::new(Uuid::new_v4())
}
