//! Paging through a user's orders, newest first.

use std::{fmt, str::FromStr};

use time::OffsetDateTime;
use uuid::Uuid;

use super::OrderStatus;

/// How many orders one page holds: 1 to 100.
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
        Self(20)
    }
}

/// The place after the last order of a page. Its text form is the page token:
/// opaque to clients, and it names no user, because a listing is always the
/// caller's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The filter it was made under; a token does not outlive its filter.
    pub status: Option<OrderStatus>,
    /// When the last order of the page was created.
    pub created_at: OffsetDateTime,
    /// Its id, which orders those created in the same microsecond.
    pub order_uuid: Uuid,
}

/// The text is no page token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a page token of an earlier answer with the same filter")]
pub struct CursorError;

const VERSION: u8 = 1;
const LENGTH: usize = 1 + 1 + 8 + 16;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros =
            i64::try_from(self.created_at.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX);
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend([VERSION, status_byte(self.status)]);
        bytes.extend(micros.to_be_bytes());
        bytes.extend(self.order_uuid.as_bytes());
        bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = decode_hex(text).ok_or(CursorError)?;
        let (&[version, status], rest) = bytes.split_first_chunk().ok_or(CursorError)?;
        let (micros, uuid) = rest.split_first_chunk().ok_or(CursorError)?;
        if version != VERSION {
            return Err(CursorError);
        }
        let nanos = i128::from(i64::from_be_bytes(*micros)) * 1_000;
        Ok(Self {
            status: status_of(status)?,
            created_at: OffsetDateTime::from_unix_timestamp_nanos(nanos)
                .map_err(|_| CursorError)?,
            order_uuid: Uuid::from_slice(uuid).map_err(|_| CursorError)?,
        })
    }
}

fn status_byte(status: Option<OrderStatus>) -> u8 {
    match status {
        None => 0,
        Some(OrderStatus::PendingPayment) => 1,
        Some(OrderStatus::Paid) => 2,
        Some(OrderStatus::Assembled) => 3,
        Some(OrderStatus::Cancelled) => 4,
    }
}

fn status_of(byte: u8) -> Result<Option<OrderStatus>, CursorError> {
    if byte == 0 {
        return Ok(None);
    }
    OrderStatus::ALL
        .into_iter()
        .find(|status| status_byte(Some(*status)) == byte)
        .map(Some)
        .ok_or(CursorError)
}

/// Lower-case only, so that one place has one token.
fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if text.len() != 2 * LENGTH {
        return None;
    }
    text.as_bytes()
        .chunks_exact(2)
        .map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?))
        .collect()
}
