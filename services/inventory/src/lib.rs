//! Inventory: the parts of a rocket and what is left of them.
//!
//! Customers read parts over gRPC and HTTP; the Order service holds, sells and gives
//! back parts over gRPC. Invariant 3 of the platform lives here: stock is never
//! negative, and `stock + held + sold` per part is constant.

pub mod adapters;
pub mod catalogue;
#[cfg(any(test, feature = "testing"))]
pub mod contract;
pub mod domain;
pub mod ports;
pub mod service;

mod api;
mod app;
mod config;

pub use api::openapi;
pub use app::{App, BuildError, Deps};
pub use config::Config;
