//! Payment: charges an order, once per order and attempt.
//!
//! It keeps nothing itself. Whether money moved is the provider's knowledge, and the
//! provider recognises a repeated request by its key; see [`ports::PaymentProvider`].

mod adapters;
mod api;
mod app;
mod config;
#[cfg(any(test, feature = "testing"))]
pub mod contract;
pub mod domain;
pub mod ports;
mod service;

pub use adapters::{HttpProvider, HttpProviderError, SimulatedProvider};
pub use app::{App, BuildError, Deps};
pub use config::{ApiKey, Config, HttpProviderConfig, ProviderConfig};
pub use service::{PayError, PayOrder};
