//! Idempotency keys.

use async_trait::async_trait;
use time::OffsetDateTime;
use uuid::Uuid;

use super::StoreError;

/// The name of one request that must not happen twice.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyRef {
    /// Whose.
    pub user_uuid: Uuid,
    /// Method and path, ids included.
    pub route: String,
    /// The client's key: 1 to 255 visible ASCII characters.
    pub key: String,
}

/// A wish to answer the request named by a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewClaim {
    /// SHA-256 of what the request asks for.
    pub request_hash: [u8; 32],
    /// Names the claimant; only it may end the claim.
    pub holder: Uuid,
    /// The id that the request's work is to be known by, if it is new.
    pub operation: Uuid,
    /// Now.
    pub now: OffsetDateTime,
    /// The end of the claimant's lease.
    pub until: OffsetDateTime,
}

/// An answer, as first given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The content type; empty without a body.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// What came of [`IdempotencyKeys::claim`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The caller is to do the work.
    Granted {
        /// What the work is known by: the claimant's own proposal, or that of
        /// an earlier claimant who never ended.
        operation: Uuid,
        /// True in the latter case.
        resumed: bool,
    },
    /// The work was done.
    Done(KeptAnswer),
    /// Somebody is doing the work.
    InFlight,
    /// The key named another request before.
    Reused,
}

/// Idempotency keys and the answers given under them.
///
/// An adapter MUST make each method one atomic step. A claim whose lease ran out
/// (or ends later than [`super::MAX_LEASE`] from now) may be taken by the next
/// claimant, with the same operation.
#[async_trait]
pub trait IdempotencyKeys: Send + Sync {
    /// Claims the key, or says why not.
    async fn claim(&self, key: &KeyRef, claim: NewClaim) -> Result<Claim, StoreError>;

    /// Ends the holder's claim: keeps its answer.
    async fn keep(&self, key: &KeyRef, holder: Uuid, answer: &KeptAnswer)
    -> Result<(), StoreError>;

    /// Ends the holder's claim without an answer but keeps the operation, for a
    /// request whose effect is not known yet.
    async fn reopen(&self, key: &KeyRef, holder: Uuid) -> Result<(), StoreError>;

    /// Ends the holder's claim as if it had never been.
    async fn forget(&self, key: &KeyRef, holder: Uuid) -> Result<(), StoreError>;

    /// Drops at most `limit` keys first seen before `created_before`, and says
    /// how many. Writes nothing when there are none.
    async fn sweep(&self, created_before: OffsetDateTime, limit: u32) -> Result<u64, StoreError>;
}
