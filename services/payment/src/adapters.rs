//! The providers that there are.

mod http;
mod simulated;

pub use http::{HttpProvider, HttpProviderError};
pub use simulated::SimulatedProvider;
