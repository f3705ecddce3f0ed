//! What whole-system tests are written with: the platform as a process that can be
//! killed and started again, and a customer who uses it from outside.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

pub mod customer;
pub mod platform;

pub use customer::{Answer, Customer};
pub use platform::{Options, Platform};
