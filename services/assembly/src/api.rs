//! Transport types and conversion, nothing else.

pub(crate) mod order_paid;
