//! Paging through parts, in the order of name and id.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Filter, Part};

/// How many parts a page holds: 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize(u32);

/// The number is no page size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a page size from 1 to 100")]
pub struct PageSizeError;

impl PageSize {
    /// The largest page.
    pub const MAX: u32 = 100;

    /// A page size from 1 to [`Self::MAX`].
    pub const fn new(size: u32) -> Result<Self, PageSizeError> {
        if size == 0 || size > Self::MAX {
            return Err(PageSizeError);
        }
        Ok(Self(size))
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(50)
    }
}

/// The place of a part in the listing. Ids break ties between equal names; both are
/// compared byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageKey {
    /// The part's name.
    pub name: String,
    /// The part's id.
    pub uuid: Uuid,
}

/// The text is not a page token of a listing with this filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected the page token of an earlier answer with the same filter")]
pub struct PageTokenError;

const VERSION: u8 = 1;
const CHECK: usize = 16;
const UUID: usize = 16;

impl PageKey {
    /// The place of `part`.
    pub fn of(part: &Part) -> Self {
        Self {
            name: part.details.name.clone(),
            uuid: part.uuid,
        }
    }

    /// The opaque token that continues a listing with `filter` after this place:
    /// base64url of version, checksum, id and name. The checksum covers the filter,
    /// so a token of another filter is refused rather than silently misread. It
    /// guards against mistakes; a token opens nothing that a caller may not see.
    pub fn token(&self, filter: &Filter) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(self.checksum(filter));
        bytes.extend(self.uuid.as_bytes());
        bytes.extend(self.name.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a token that [`PageKey::token`] made for the same filter.
    pub fn from_token(token: &str, filter: &Filter) -> Result<Self, PageTokenError> {
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| PageTokenError)?;
        let (&[version], rest) = bytes.split_first_chunk().ok_or(PageTokenError)?;
        let (checksum, rest) = rest.split_first_chunk::<CHECK>().ok_or(PageTokenError)?;
        let (uuid, name) = rest.split_first_chunk::<UUID>().ok_or(PageTokenError)?;
        let key = Self {
            name: String::from_utf8(name.to_vec()).map_err(|_| PageTokenError)?,
            uuid: Uuid::from_bytes(*uuid),
        };
        if version != VERSION || *checksum != key.checksum(filter) {
            return Err(PageTokenError);
        }
        Ok(key)
    }

    fn checksum(&self, filter: &Filter) -> [u8; CHECK] {
        let mut digest = Sha256::new();
        digest.update([VERSION]);
        digest.update(filter.fingerprint());
        digest.update(self.uuid.as_bytes());
        digest.update(self.name.as_bytes());
        let all: [u8; 32] = digest.finalize().into();
        let mut checksum = [0; CHECK];
        checksum.copy_from_slice(&all[..CHECK]);
        checksum
    }
}
