//! Sessions and their ids.

use std::fmt;

use sha2::{Digest as _, Sha256};
use time::{Duration, OffsetDateTime};
use uuid::{Uuid, Variant};

use super::LoginName;

/// How long a session lasts from its beginning; use does not prolong it.
pub const SESSION_LIFETIME: Duration = Duration::hours(24);

/// The secret that proves a session. Only its holder has it: stores keep its
/// [`SessionHash`]. `Debug` hides it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SessionId(Uuid);

impl SessionId {
    /// A new id: a UUIDv4, whose 122 random bits come straight from the operating
    /// system. Fails only when the operating system has no randomness to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes)?;
        let uuid = uuid::Builder::from_random_bytes(bytes).into_uuid();
        debug_assert_eq!(uuid.get_variant(), Variant::RFC4122);
        Ok(Self(uuid))
    }

    /// Reads an id in its one accepted spelling, 36 characters with hyphens; `None`
    /// for everything else.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 36 {
            return None;
        }
        Uuid::try_parse(text).ok().map(Self)
    }

    /// What a store keeps in place of the id: the SHA-256 of its 16 bytes. The id is
    /// random, so no salt and no slow function is needed.
    pub fn hash(&self) -> SessionHash {
        SessionHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// The id itself, for its holder.
    pub fn reveal(&self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for SessionId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(hidden)")
    }
}

/// The SHA-256 of a session id. `Debug` hides it, as it tells sessions apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionHash([u8; 32]);

impl SessionHash {
    /// Takes back what a store kept.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to keep.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SessionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionHash(hidden)")
    }
}

/// Who is signed in, since when and until when: all that a check answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The account that signed in.
    pub user_uuid: Uuid,
    /// Its login when it signed in.
    pub login: LoginName,
    /// When it signed in, UTC.
    pub created_at: OffsetDateTime,
    /// The first moment at which the session is no more, UTC.
    pub expires_at: OffsetDateTime,
}

impl Session {
    /// A session that begins now.
    pub fn begin(user_uuid: Uuid, login: LoginName, now: OffsetDateTime) -> Self {
        Self {
            user_uuid,
            login,
            created_at: now,
            expires_at: now + SESSION_LIFETIME,
        }
    }

    /// Whether the session still counts.
    pub fn is_live(&self, now: OffsetDateTime) -> bool {
        now < self.expires_at
    }
}
