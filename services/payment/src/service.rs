//! The use case.

mod pay_order;

pub use pay_order::{PayError, PayOrder};
