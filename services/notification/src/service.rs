//! The use cases.

mod notify_user;
mod pacer;
mod sweep;

pub use notify_user::{NotifyError, NotifyUser, Telegram};
pub use pacer::Pacer;
pub(crate) use sweep::Sweep;
