//! Accounts.

use time::OffsetDateTime;
use uuid::Uuid;

use super::{Email, LoginName, NotificationMethod, PasswordHash};

/// An account, without its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The account's id (UUIDv7).
    pub user_uuid: Uuid,
    /// What its owner signs in with.
    pub login: LoginName,
    /// Its e-mail address.
    pub email: Email,
    /// How to reach its owner, in the order given.
    pub notification_methods: Vec<NotificationMethod>,
    /// When it was registered, UTC.
    pub created_at: OffsetDateTime,
    /// When it last changed, UTC.
    pub updated_at: OffsetDateTime,
}

/// An account that is about to be stored.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The account.
    pub user: User,
    /// Its password, hashed.
    pub password_hash: PasswordHash,
}

/// What signing in needs to know of an account.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The account's id.
    pub user_uuid: Uuid,
    /// Its login.
    pub login: LoginName,
    /// Its password, hashed.
    pub password_hash: PasswordHash,
}
