//! What whole-system tests are written with: the platform as a process that can be
//! killed and started again, and a customer who uses it from outside.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

pub mod audit;
pub mod crowd;
pub mod customer;
pub mod disk;
pub mod echo;
pub mod gate;
pub mod platform;
pub mod usage;

pub use audit::{Audit, Report};
pub use crowd::{Crowd, Seen};
pub use customer::{Answer, Customer};
pub use disk::Disk;
pub use echo::Echo;
pub use gate::Gate;
pub use platform::{Options, Platform};
