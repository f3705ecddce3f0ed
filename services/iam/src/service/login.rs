//! Someone signs in.

use std::sync::Arc;

use rocket_runtime::SharedClock;
use thiserror::Error;
use time::OffsetDateTime;
use tracing::instrument;

use crate::{
    domain::{Credentials, LoginName, Password, Session, SessionId, Violation},
    ports::{
        HashError, LoginThrottle, PasswordHasher, SessionStore, Source, StoreError, Throttled,
        UserRepository,
    },
};

/// Why nobody was signed in.
#[derive(Debug, Error)]
pub enum LogInError {
    /// A field is missing or huge.
    #[error("some fields are not valid")]
    Invalid(Vec<Violation>),
    /// No such account, or another password. Which of the two is never told.
    #[error("the login or the password is wrong")]
    InvalidCredentials,
    /// Too many failures before this attempt.
    #[error(transparent)]
    Throttled(#[from] Throttled),
    /// The password was not hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operating system gave no randomness for a session id.
    #[error("no randomness for a session id")]
    Random(#[source] getrandom::Error),
}

/// A new session, for its holder.
#[derive(Debug, Clone, Copy)]
pub struct SignedIn {
    /// The secret that proves the session.
    pub session_id: SessionId,
    /// When it ends, UTC.
    pub expires_at: OffsetDateTime,
}

/// Signs people in.
#[derive(Debug, Clone)]
pub struct LogIn {
    users: Arc<dyn UserRepository>,
    sessions: Arc<dyn SessionStore>,
    hasher: Arc<dyn PasswordHasher>,
    throttle: Arc<dyn LoginThrottle>,
    clock: SharedClock,
}

impl LogIn {
    /// From its ports.
    pub fn new(
        users: Arc<dyn UserRepository>,
        sessions: Arc<dyn SessionStore>,
        hasher: Arc<dyn PasswordHasher>,
        throttle: Arc<dyn LoginThrottle>,
        clock: SharedClock,
    ) -> Self {
        Self {
            users,
            sessions,
            hasher,
            throttle,
            clock,
        }
    }

    /// Begins a session for whoever knows the account's password.
    #[instrument(name = "log in", skip_all)]
    pub async fn run(
        &self,
        login: &str,
        password: &str,
        source: Source,
    ) -> Result<SignedIn, LogInError> {
        let password = check(login, password).map_err(LogInError::Invalid)?;
        // That no account can have such a name is public, so it may cost less.
        let login = LoginName::parse(login).ok_or(LogInError::InvalidCredentials)?;
        let now = self.clock.now();
        self.throttle.begin(&login, source, now).await?;
        match self.authenticate(&login, password).await {
            Ok(Some(account)) => {
                self.throttle.succeeded(&login, source).await;
                self.begin_session(account).await
            }
            Ok(None) => Err(LogInError::InvalidCredentials),
            Err(not_judged) => {
                self.throttle.withdrawn(&login, source).await;
                Err(not_judged)
            }
        }
    }

    /// The account, when the password is its own. An unknown login takes the same
    /// path and the same work as a wrong password.
    async fn authenticate(
        &self,
        login: &LoginName,
        password: Password,
    ) -> Result<Option<Credentials>, LogInError> {
        let account = self.users.credentials(login).await?;
        let against = account
            .as_ref()
            .map(|account| account.password_hash.clone());
        let right = self.hasher.verify(password, against).await?;
        Ok(account.filter(|_| right))
    }

    async fn begin_session(&self, account: Credentials) -> Result<SignedIn, LogInError> {
        let session_id = SessionId::random().map_err(LogInError::Random)?;
        let session = Session::begin(account.user_uuid, account.login, self.clock.now());
        let expires_at = session.expires_at;
        self.sessions.create(session_id.hash(), session).await?;
        Ok(SignedIn {
            session_id,
            expires_at,
        })
    }
}

fn check(login: &str, password: &str) -> Result<Password, Vec<Violation>> {
    let mut violations = Vec::new();
    if login.is_empty() {
        violations.push(Violation::new("login", "the login of an account"));
    }
    match Password::parse_attempt(password) {
        Some(password) if violations.is_empty() => return Ok(password),
        Some(_) => {}
        None => violations.push(Violation::new("password", Password::EXPECTED_ATTEMPT)),
    }
    Err(violations)
}
