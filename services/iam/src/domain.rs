//! What IAM knows about: accounts, how to reach them, passwords and sessions.
//! No I/O and no transport here.

mod email;
mod login;
mod notification_method;
mod password;
mod session;
mod user;
mod violation;

pub use email::Email;
pub use login::LoginName;
pub use notification_method::{MAX_NOTIFICATION_METHODS, NotificationMethod, methods_from};
pub use password::{Password, PasswordHash};
pub use session::{SESSION_LIFETIME, Session, SessionHash, SessionId};
pub use user::{Credentials, NewUser, User};
pub use violation::Violation;

#[cfg(test)]
mod tests;
