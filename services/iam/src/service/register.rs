//! A customer opens an account.

use std::sync::Arc;

use rocket_runtime::{SharedClock, SharedIds};
use thiserror::Error;
use tracing::instrument;
use uuid::Uuid;

use crate::{
    domain::{
        Email, LoginName, NewUser, NotificationMethod, Password, User, Violation, methods_from,
    },
    ports::{HashError, InsertUserError, PasswordHasher, StoreError, UserRepository},
};

/// What a customer hands in, unchecked. It has no `Debug`: it carries a password.
#[derive(Clone, Default)]
pub struct Registration {
    /// The login they want.
    pub login: String,
    /// Their e-mail address.
    pub email: String,
    /// Their password.
    pub password: String,
    /// Provider and target of each way to reach them.
    pub notification_methods: Vec<(String, String)>,
}

/// Why an account was not opened.
#[derive(Debug, Error)]
pub enum RegisterError {
    /// Some fields break their rule; all of them are named.
    #[error("some fields are not valid")]
    Invalid(Vec<Violation>),
    /// Another account has this login.
    #[error("the login is taken")]
    LoginTaken,
    /// Another account has this e-mail address.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// The password was not hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<InsertUserError> for RegisterError {
    fn from(error: InsertUserError) -> Self {
        match error {
            InsertUserError::LoginTaken => Self::LoginTaken,
            InsertUserError::EmailTaken => Self::EmailTaken,
            InsertUserError::Store(source) => Self::Store(source),
        }
    }
}

/// Opens accounts.
#[derive(Debug, Clone)]
pub struct Register {
    users: Arc<dyn UserRepository>,
    hasher: Arc<dyn PasswordHasher>,
    clock: SharedClock,
    ids: SharedIds,
}

impl Register {
    /// From its ports.
    pub fn new(
        users: Arc<dyn UserRepository>,
        hasher: Arc<dyn PasswordHasher>,
        clock: SharedClock,
        ids: SharedIds,
    ) -> Self {
        Self {
            users,
            hasher,
            clock,
            ids,
        }
    }

    /// Opens an account and returns its id.
    #[instrument(name = "register user", skip_all)]
    pub async fn run(&self, registration: &Registration) -> Result<Uuid, RegisterError> {
        let valid = Valid::check(registration).map_err(RegisterError::Invalid)?;
        let password_hash = self.hasher.hash(valid.password).await?;
        let now = self.clock.now();
        let user = User {
            user_uuid: self.ids.next_id(),
            login: valid.login,
            email: valid.email,
            notification_methods: valid.notification_methods,
            created_at: now,
            updated_at: now,
        };
        let user_uuid = user.user_uuid;
        self.users
            .insert(NewUser {
                user,
                password_hash,
            })
            .await?;
        Ok(user_uuid)
    }
}

struct Valid {
    login: LoginName,
    email: Email,
    password: Password,
    notification_methods: Vec<NotificationMethod>,
}

impl Valid {
    /// Reads every field before it answers, so that a client learns all its mistakes
    /// at once.
    fn check(given: &Registration) -> Result<Self, Vec<Violation>> {
        let login = LoginName::parse(&given.login)
            .ok_or_else(|| Violation::new("login", LoginName::EXPECTED));
        let email =
            Email::parse(&given.email).ok_or_else(|| Violation::new("email", Email::EXPECTED));
        let password = Password::parse(&given.password)
            .ok_or_else(|| Violation::new("password", Password::EXPECTED));
        let methods = given
            .notification_methods
            .iter()
            .map(|(provider_name, target)| (provider_name.as_str(), target.as_str()));
        match (login, email, password, methods_from(methods)) {
            (Ok(login), Ok(email), Ok(password), Ok(notification_methods)) => Ok(Self {
                login,
                email,
                password,
                notification_methods,
            }),
            (login, email, password, methods) => {
                let single = [login.err(), email.err(), password.err()];
                let many = methods.err().unwrap_or_default();
                Err(single.into_iter().flatten().chain(many).collect())
            }
        }
    }
}
