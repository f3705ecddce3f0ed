//! The Order service: creates, prices, charges, cancels and expires orders of
//! rocket parts, and tells what became of them. See the README beside this crate.

pub mod adapters;
pub mod api;
mod app;
mod config;
#[cfg(any(test, feature = "testing"))]
pub mod contract;
pub mod domain;
pub mod ports;
pub mod service;

pub use api::openapi;
pub use app::{App, BuildError, Deps};
pub use config::{Config, ConfigError, KeyTimes, PaymentTimes, StreamLimits, SweepIntervals};
