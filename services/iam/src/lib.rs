//! Identity: accounts, sessions, and the gateway's question whether a request may pass.
//!
//! [`App`] is the whole service; `README.md` beside this crate tells what it answers.

pub mod adapters;
pub mod api;
mod app;
mod config;
#[cfg(any(test, feature = "testing"))]
pub mod contract;
pub mod domain;
#[cfg(any(test, feature = "testing"))]
pub mod fakes;
pub mod ports;
pub mod service;

pub use api::openapi;
pub use app::{App, BuildError, Deps, Ports};
pub use config::{Config, CookieConfig, HashingConfig, SameSite, ThrottleConfig};
