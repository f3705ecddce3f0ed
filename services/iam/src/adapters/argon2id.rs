//! Passwords, hashed with argon2id on the blocking pool.

mod memory;

use std::{error::Error, fmt, hint::black_box, sync::Arc};

use argon2::{Algorithm, Argon2, Block, Params, Version, password_hash::phc};
use async_trait::async_trait;
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};
use tracing::{Span, instrument};

use self::memory::Memory;
use crate::{
    config::HashingConfig,
    domain::{Password, PasswordHash},
    ports::{HashError, PasswordHasher},
};

type BoxError = Box<dyn Error + Send + Sync>;

/// Bytes of a hash, as the PHC string format and OWASP have it.
const OUTPUT: usize = Params::DEFAULT_OUTPUT_LEN;

/// Why a hasher cannot be made.
#[derive(Debug, Error)]
pub enum HasherError {
    /// argon2 does not take these parameters.
    #[error("argon2id does not take these parameters: {0}")]
    Parameters(argon2::Error),
    /// Nothing could ever be hashed.
    #[error("at least one password at a time must be hashed")]
    NoConcurrency,
}

/// argon2id with a bounded number of hashes at work and a bounded number waiting.
#[derive(Clone)]
pub struct Argon2idHasher {
    argon2: Arc<Argon2<'static>>,
    memory: Arc<Memory>,
    /// One per hash at work.
    working: Arc<Semaphore>,
    /// One per hash at work or waiting.
    admitted: Arc<Semaphore>,
}

impl Argon2idHasher {
    /// A hasher with these parameters and bounds.
    pub fn new(config: &HashingConfig) -> Result<Self, HasherError> {
        if config.concurrent == 0 {
            return Err(HasherError::NoConcurrency);
        }
        let params = Params::new(config.memory_kib, config.iterations, config.lanes, None)
            .map_err(HasherError::Parameters)?;
        Ok(Self {
            memory: Arc::new(Memory::new(params.block_count())),
            argon2: Arc::new(Argon2::new(Algorithm::Argon2id, Version::V0x13, params)),
            working: Arc::new(Semaphore::new(config.concurrent)),
            admitted: Arc::new(Semaphore::new(config.concurrent + config.waiting)),
        })
    }

    /// Runs `work` on the blocking pool when its turn comes. The permits go with the
    /// work: a caller that stops waiting does not make room while it still runs.
    async fn run<T, F>(&self, work: F) -> Result<T, HashError>
    where
        T: Send + 'static,
        F: FnOnce(&Argon2<'static>, &mut [Block]) -> Result<T, BoxError> + Send + 'static,
    {
        let admitted = admit(&self.admitted)?;
        let working = Arc::clone(&self.working)
            .acquire_owned()
            .await
            .map_err(|closed| HashError::Failed(closed.into()))?;
        let (argon2, memory) = (Arc::clone(&self.argon2), Arc::clone(&self.memory));
        let span = Span::current();
        let job = move || {
            let _permits = (admitted, working);
            span.in_scope(|| memory.lend(|blocks| work(&argon2, blocks)))
        };
        tokio::task::spawn_blocking(job)
            .await
            .map_err(|panicked| HashError::Failed(panicked.into()))?
            .map_err(HashError::Failed)
    }
}

fn admit(semaphore: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, HashError> {
    Arc::clone(semaphore)
        .try_acquire_owned()
        .map_err(|error| match error {
            TryAcquireError::NoPermits => HashError::Busy,
            TryAcquireError::Closed => HashError::Failed(error.into()),
        })
}

#[async_trait]
impl PasswordHasher for Argon2idHasher {
    #[instrument(name = "hash password", skip_all)]
    async fn hash(&self, password: Password) -> Result<PasswordHash, HashError> {
        self.run(move |argon2, blocks| {
            let hash = hash(argon2, &password, blocks)?;
            Ok(PasswordHash::from_phc(hash.to_string()))
        })
        .await
    }

    #[instrument(name = "verify password", skip_all)]
    async fn verify(
        &self,
        password: Password,
        against: Option<PasswordHash>,
    ) -> Result<bool, HashError> {
        self.run(move |argon2, blocks| {
            if let Some(stored) = against {
                return verify(&password, &stored, blocks);
            }
            // Verifying is hashing again with the stored salt, so hashing with a fresh
            // one is the same work, and no dummy hash needs to be kept.
            black_box(hash(argon2, &password, blocks)?);
            Ok(false)
        })
        .await
    }
}

fn hash(
    argon2: &Argon2<'static>,
    password: &Password,
    blocks: &mut [Block],
) -> Result<phc::PasswordHash, BoxError> {
    let salt = phc::Salt::generate();
    let mut output = [0; OUTPUT];
    argon2.hash_password_into_with_memory(password.as_bytes(), &salt, &mut output, blocks)?;
    Ok(phc::PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: argon2.params().try_into()?,
        salt: Some(salt),
        hash: Some(phc::Output::new(&output)?),
    })
}

/// With the parameters that the stored hash has, which may be older ones.
fn verify(
    password: &Password,
    stored: &PasswordHash,
    blocks: &mut [Block],
) -> Result<bool, BoxError> {
    let stored = phc::PasswordHash::new(stored.as_str())?;
    let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else {
        return Err("a stored hash without salt or output".into());
    };
    let params = Params::try_from(&stored)?;
    let version = stored
        .version
        .map_or(Ok(Version::V0x13), Version::try_from)?;
    let needed = params.block_count();
    let argon2 = Argon2::new(
        Algorithm::try_from(stored.algorithm.as_str())?,
        version,
        params,
    );
    let mut output = [0; phc::Output::MAX_LENGTH];
    let output = &mut output[..expected.len()];
    if let Some(blocks) = blocks.get_mut(..needed) {
        argon2.hash_password_into_with_memory(password.as_bytes(), salt, output, blocks)?;
    } else {
        argon2.hash_password_into(password.as_bytes(), salt, output)?;
    }
    // Compares in constant time.
    Ok(phc::Output::new(output)? == *expected)
}

impl fmt::Debug for Argon2idHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Argon2idHasher")
            .field("free", &self.working.available_permits())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
