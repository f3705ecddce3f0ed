//! Assembly: builds the ship of every paid order, which takes its time.
//!
//! The event log is its memory. A paid order is committed only when its ship has been
//! announced, so a restart builds every unfinished ship anew, for the full time.

mod adapters;
mod api;
mod app;
mod config;
pub mod domain;
pub mod ports;
mod service;

pub use app::{App, BuildError, Deps};
pub use config::Config;
