//! What the use cases need from outside, and what every adapter must hold to. The
//! suites in [`crate::contract`] check the promises made here.

use std::{error::Error, fmt::Debug, time::Duration};

use async_trait::async_trait;
use rocket_runtime::ClientAddress;
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{
    Credentials, LoginName, NewUser, Password, PasswordHash, Session, SessionHash, User,
};

/// Why a store could not answer. A caller cannot tell which kinds pass by
/// themselves, so it treats all alike: unavailable.
#[derive(Debug, Error)]
#[error("the store did not answer")]
pub struct StoreError(#[source] Box<dyn Error + Send + Sync>);

impl StoreError {
    /// Wraps what the store's driver said.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

/// Why an account could not be stored.
#[derive(Debug, Error)]
pub enum InsertUserError {
    /// Another account has this login.
    #[error("the login is taken")]
    LoginTaken,
    /// Another account has this e-mail address, disregarding case.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The accounts.
#[async_trait]
pub trait UserRepository: Send + Sync + Debug {
    /// Stores an account. Of two accounts with the same login, or the same
    /// [`crate::domain::Email::key`], at most one may ever be stored, however many
    /// replicas try at once. When both clash, the login is the one reported. Nothing
    /// of a refused account remains.
    async fn insert(&self, new: NewUser) -> Result<(), InsertUserError>;

    /// What signing in with `login` needs; one read.
    async fn credentials(&self, login: &LoginName) -> Result<Option<Credentials>, StoreError>;

    /// The account, its notification methods in the order given; one read.
    async fn find(&self, user_uuid: Uuid) -> Result<Option<User>, StoreError>;
}

/// The sessions, known by the hash of their id only: the id itself never reaches
/// the store.
#[async_trait]
pub trait SessionStore: Send + Sync + Debug {
    /// Stores a session and enters it in its user's set, both or neither. The expiry
    /// is part of the same step, so that no crash leaves an immortal session.
    async fn create(&self, hash: SessionHash, session: Session) -> Result<(), StoreError>;

    /// The session, unless it is unknown or expired at `now`. One read, no write: the
    /// gateway asks this for each request.
    async fn find(
        &self,
        hash: SessionHash,
        now: OffsetDateTime,
    ) -> Result<Option<Session>, StoreError>;

    /// Ends a session and takes it out of its user's set, both or neither. When this
    /// returns, no later `find` on any replica sees it. True when there was one.
    async fn remove(&self, hash: SessionHash) -> Result<bool, StoreError>;

    /// The user's set: the sessions that are live at `now`, in no particular order.
    async fn of_user(
        &self,
        user_uuid: Uuid,
        now: OffsetDateTime,
    ) -> Result<Vec<SessionHash>, StoreError>;

    /// Ends every session of a user, all or none; returns how many.
    async fn remove_all(&self, user_uuid: Uuid) -> Result<u64, StoreError>;

    /// Deletes up to `limit` sessions that are expired at `now`, here and in the sets;
    /// returns how many. A store that expires by itself has only its sets to prune.
    async fn sweep(&self, now: OffsetDateTime, limit: u32) -> Result<u64, StoreError>;
}

/// A live session together with its account. A port of its own, because a store
/// that has both answers with one read.
#[async_trait]
pub trait WhoamiReader: Send + Sync + Debug {
    /// The session that is live at `now` and its account; none when either is gone.
    async fn whoami(
        &self,
        hash: SessionHash,
        now: OffsetDateTime,
    ) -> Result<Option<(Session, User)>, StoreError>;
}

/// Why a password was not hashed.
#[derive(Debug, Error)]
pub enum HashError {
    /// Too many are waiting already.
    #[error("too many passwords are waiting to be hashed")]
    Busy,
    /// The hasher failed, for example on a damaged stored hash.
    #[error("hashing a password failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

/// Hashes passwords. Each call is slow on purpose; an adapter MUST run it off the
/// threads that serve requests, only so many at once, and answer
/// [`HashError::Busy`] rather than queue without bound.
#[async_trait]
pub trait PasswordHasher: Send + Sync + Debug {
    /// Hashes a new password with a fresh salt.
    async fn hash(&self, password: Password) -> Result<PasswordHash, HashError>;

    /// Whether the password is the one that was hashed. Without a hash, because there
    /// is no such account, it MUST do the same work and answer false.
    async fn verify(
        &self,
        password: Password,
        against: Option<PasswordHash>,
    ) -> Result<bool, HashError>;
}

/// Why no attempt to sign in is allowed now.
#[derive(Debug, Error)]
#[error("too many failed attempts to sign in")]
pub struct Throttled {
    /// When the next attempt is allowed, from now.
    pub retry_after: Duration,
}

/// Where an attempt to sign in comes from, as far as it is known. Attempts of which it
/// is not known count together.
pub type Source = Option<ClientAddress>;

/// Limits guessing. Attempts are counted when they begin, so that many at once get
/// no further than one after another; one that is dropped midway stays counted.
#[async_trait]
pub trait LoginThrottle: Send + Sync + Debug {
    /// Counts an attempt as failed until told otherwise, or refuses it. A refusal
    /// MUST end by itself, MUST NOT tell whether the account exists, and MUST NOT meet
    /// a source that has not failed on this account, whatever others did.
    async fn begin(
        &self,
        login: &LoginName,
        source: Source,
        now: OffsetDateTime,
    ) -> Result<(), Throttled>;

    /// The attempt was right: the failures of this source on this account are
    /// forgotten.
    async fn succeeded(&self, login: &LoginName, source: Source);

    /// The attempt was never judged: it is not counted.
    async fn withdrawn(&self, login: &LoginName, source: Source);
}
