//! What every service is built from and that carries no protocol: time, ids,
//! money, background tasks, back-off, readiness and the listener.

pub mod admin;
pub mod backoff;
mod client_address;
pub mod clock;
pub mod faults;
pub mod health;
pub mod ids;
pub mod money;
mod open_files;
pub mod serve;
mod shares;
pub mod shutdown;
pub mod tasks;

pub use client_address::ClientAddress;
pub use clock::{Clock, SharedClock, SystemClock};
pub use ids::{IdSource, SharedIds, SystemIds};
pub use shares::{Share, Shares};
