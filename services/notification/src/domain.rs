//! What happened, and what is said about it. No I/O.

mod message;
mod notice;

pub use message::{ChatId, Delivery, KeptMessage, Message};
pub use notice::{Event, Kind, Notice, PaymentMethod};
