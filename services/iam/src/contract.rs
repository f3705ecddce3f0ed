//! What every adapter of a port must do, as suites to run against it. Each suite
//! makes its own accounts and sessions, so it may run on a store that holds others.
//!
//! The suites panic where a promise is broken, as tests do.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

mod sessions;
mod users;
mod whoami;

pub use sessions::session_store;
pub use users::user_repository;
pub use whoami::whoami_reader;

use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{
    Email, LoginName, NewUser, NotificationMethod, PasswordHash, Session, SessionHash, SessionId,
    User,
};

/// Now, as precise as every store keeps it.
fn now() -> OffsetDateTime {
    rocket_runtime::clock::truncate_to_micros(OffsetDateTime::now_utc())
}

/// A login that no other run uses.
fn unique_name() -> String {
    format!("user-{}", Uuid::new_v4().simple())
}

/// An account that may be stored.
fn new_user(login: &str, email: &str) -> NewUser {
    let methods = [("telegram", "4711"), ("email", "b"), ("telegram", "a")];
    NewUser {
        user: User {
            user_uuid: Uuid::now_v7(),
            login: LoginName::parse(login).unwrap(),
            email: Email::parse(email).unwrap(),
            notification_methods: methods
                .map(|(name, target)| NotificationMethod::from_stored(name.into(), target.into()))
                .to_vec(),
            created_at: now(),
            updated_at: now(),
        },
        password_hash: PasswordHash::from_phc("$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA".into()),
    }
}

/// A session that begins now.
fn new_session(user_uuid: Uuid) -> (SessionHash, Session) {
    let login = LoginName::parse("ann").unwrap();
    let hash = SessionId::random().unwrap().hash();
    (hash, Session::begin(user_uuid, login, now()))
}
