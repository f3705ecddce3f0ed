//! Stand-ins for tests: a hasher that counts, a store that is away.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    domain::{Credentials, LoginName, NewUser, Password, PasswordHash, Session, SessionHash, User},
    ports::{
        HashError, InsertUserError, PasswordHasher, SessionStore, StoreError, UserRepository,
        WhoamiReader,
    },
};

/// Hashes at no cost and counts what it was asked to do.
#[derive(Debug, Default)]
pub struct CountingHasher {
    hashed: AtomicUsize,
    verified: AtomicUsize,
    busy: AtomicBool,
}

impl CountingHasher {
    /// How many passwords were hashed.
    pub fn hashed(&self) -> usize {
        self.hashed.load(Ordering::SeqCst)
    }

    /// How many were verified, against a hash or against nothing.
    pub fn verified(&self) -> usize {
        self.verified.load(Ordering::SeqCst)
    }

    /// From now on it is too busy, or not.
    pub fn set_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::SeqCst);
    }

    fn admit(&self) -> Result<(), HashError> {
        if self.busy.load(Ordering::SeqCst) {
            return Err(HashError::Busy);
        }
        Ok(())
    }
}

fn mirror(password: &Password) -> PasswordHash {
    let mirrored: Vec<u8> = password.as_bytes().iter().rev().copied().collect();
    PasswordHash::from_phc(format!("mirrored{mirrored:?}"))
}

#[async_trait]
impl PasswordHasher for CountingHasher {
    async fn hash(&self, password: Password) -> Result<PasswordHash, HashError> {
        self.admit()?;
        self.hashed.fetch_add(1, Ordering::SeqCst);
        Ok(mirror(&password))
    }

    async fn verify(
        &self,
        password: Password,
        against: Option<PasswordHash>,
    ) -> Result<bool, HashError> {
        self.admit()?;
        self.verified.fetch_add(1, Ordering::SeqCst);
        Ok(against.is_some_and(|hash| hash == mirror(&password)))
    }
}

/// A store that never answers what it is asked.
#[derive(Debug, Clone, Copy)]
pub struct AwayStore;

fn away() -> StoreError {
    StoreError::new("the store is away, says its driver")
}

#[async_trait]
impl UserRepository for AwayStore {
    async fn insert(&self, _: NewUser) -> Result<(), InsertUserError> {
        Err(away().into())
    }

    async fn credentials(&self, _: &LoginName) -> Result<Option<Credentials>, StoreError> {
        Err(away())
    }

    async fn find(&self, _: Uuid) -> Result<Option<User>, StoreError> {
        Err(away())
    }
}

#[async_trait]
impl SessionStore for AwayStore {
    async fn create(&self, _: SessionHash, _: Session) -> Result<(), StoreError> {
        Err(away())
    }

    async fn find(&self, _: SessionHash, _: OffsetDateTime) -> Result<Option<Session>, StoreError> {
        Err(away())
    }

    async fn remove(&self, _: SessionHash) -> Result<bool, StoreError> {
        Err(away())
    }

    async fn of_user(&self, _: Uuid, _: OffsetDateTime) -> Result<Vec<SessionHash>, StoreError> {
        Err(away())
    }

    async fn remove_all(&self, _: Uuid) -> Result<u64, StoreError> {
        Err(away())
    }

    async fn sweep(&self, _: OffsetDateTime, _: u32) -> Result<u64, StoreError> {
        Err(away())
    }
}

#[async_trait]
impl WhoamiReader for AwayStore {
    async fn whoami(
        &self,
        _: SessionHash,
        _: OffsetDateTime,
    ) -> Result<Option<(Session, User)>, StoreError> {
        Err(away())
    }
}
