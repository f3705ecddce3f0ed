//! What is charged, and what came of it. No I/O.

mod charge;
mod method;

pub use charge::{Charge, Outcome};
pub use method::PaymentMethod;
