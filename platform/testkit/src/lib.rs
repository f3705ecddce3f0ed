//! What tests are built from: clocks, waiting, stand-ins for the world outside,
//! and the contract suites that every adapter of a port must pass.
//!
//! Only ever a dev-dependency: it panics where a test should fail.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

pub mod bank;
pub mod clock;
pub mod outbox;
pub mod poll;
mod script;
pub mod telegram;
pub mod tls;

pub use clock::ManualClock;
pub use poll::eventually;
