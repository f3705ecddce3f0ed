//! Export over OTLP (<https://opentelemetry.io/docs/specs/otlp/>) to a collector.
//!
//! A collector may be away, slow or silent without anyone noticing but who reads its
//! data: what waits for it is bounded, what does not fit is dropped and counted, and
//! the log says so once a minute.

mod bounded;
mod environment;
mod exporting;
mod failures;
mod pairs;
mod providers;

pub use environment::{EnvironmentError, Otlp};
pub(crate) use providers::{Providers, start};

/// How long the end of the process waits for the collector to take the rest.
pub(crate) const FLUSH: std::time::Duration = std::time::Duration::from_secs(5);
