//! Transport types and conversion, nothing else.

pub(crate) mod events;
pub(crate) mod http;
