//! The use cases, one file each. They read plain text from the transports, turn it
//! into domain types, and talk to ports.

mod check_request;
mod get_user;
mod login;
mod logout;
mod register;
mod sweep;
mod whoami;

pub use check_request::{CheckSession, Decision};
pub use get_user::{GetUser, GetUserError};
pub use login::{LogIn, LogInError, SignedIn};
pub use logout::LogOut;
pub use register::{Register, RegisterError, Registration};
pub use sweep::SweepSessions;
pub use whoami::Whoami;

#[cfg(test)]
mod tests;
