//! Events between services: the log that carries them, who sends and who takes in.
//!
//! [`EventLog`] is the port; [`embedded::EmbeddedLog`] keeps it in one SQLite file.
//! [`relay`] sends what services wrote into their outboxes; [`consumer`] hands
//! records to a [`Handler`] and commits what is done; [`letters`] shows what could not
//! be handled and brings it back.

pub mod cloud;
pub mod consumer;
#[cfg(any(test, feature = "testing"))]
pub mod contract;
pub mod embedded;
pub mod letters;
mod log;
pub mod relay;
mod spans;
pub mod topics;

pub use consumer::{ConsumerConfig, HandleError, Handler};
pub use log::{
    Delivery, EventLog, Headers, LogBrowser, LogError, Partition, Record, Signal, Subscription,
};
