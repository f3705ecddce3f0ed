//! Which paths are looked at at all.
//!
//! Two programs that read one path differently (the gateway and the service behind
//! it) are how a protected path gets past a check. No route needs percent-encoding,
//! so there is nothing to decode: a path is either plain already or refused. The
//! normal form of an accepted path is therefore the path itself, byte for byte.

use std::{error::Error, fmt};

/// The longest path that is looked at, in bytes. The longest route with its ids
/// filled in is under 100.
pub const MAX_PATH_BYTES: usize = 1_024;

/// RFC 3986: what `pchar` holds besides letters and digits.
const PLAIN: &[u8] = b"-._~!$&'()*+,;=:@";

/// A path with exactly one reading: absolute, of plain segments (RFC 3986 `pchar`
/// without percent-encoding), none of them empty but a last one, none `.` or `..`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NormalPath<'a>(&'a str);

impl<'a> NormalPath<'a> {
    /// The path, as it was sent.
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

impl fmt::Display for NormalPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Why a path is refused; the answer is 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PathRefused {
    /// Longer than [`MAX_PATH_BYTES`].
    TooLong,
    /// It does not start with a slash.
    NotAbsolute,
    /// Any percent sign: an encoded slash, dot, NUL or letter, or a malformed one.
    Encoded,
    /// A segment `.` or `..`.
    DotSegment,
    /// Two slashes in a row.
    EmptySegment,
    /// A backslash, which some readers take for a slash.
    Backslash,
    /// A control character.
    Control,
    /// A byte above 0x7F.
    NotAscii,
    /// `?` or `#`: where the path ends is not for this function to decide.
    Delimiter,
    /// Another character that a path cannot hold unencoded (RFC 3986 section 3.3).
    Character,
}

impl fmt::Display for PathRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the path is too long",
            Self::NotAbsolute => "the path must start with a slash",
            Self::Encoded => "the path must not be percent-encoded",
            Self::DotSegment => "the path must not hold a dot segment",
            Self::EmptySegment => "the path must not hold two slashes in a row",
            Self::Backslash => "the path must not hold a backslash",
            Self::Control => "the path must not hold a control character",
            Self::NotAscii => "the path must be ASCII",
            Self::Delimiter => "the path must end before the query and the fragment",
            Self::Character => "the path holds a character that is not allowed there",
        })
    }
}

impl Error for PathRefused {}

/// Accepts a request's path (without query) if it has one reading only.
///
/// Nothing is rewritten: no decoding, no case folding, no slash folding. A trailing
/// slash is accepted and then fits no route.
pub fn normalise(raw: &[u8]) -> Result<NormalPath<'_>, PathRefused> {
    if raw.len() > MAX_PATH_BYTES {
        return Err(PathRefused::TooLong);
    }
    if raw.first() != Some(&b'/') {
        return Err(PathRefused::NotAbsolute);
    }
    raw.iter().copied().try_for_each(check_byte)?;
    let path = std::str::from_utf8(raw).map_err(|_| PathRefused::NotAscii)?;
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        match segment {
            "." | ".." => return Err(PathRefused::DotSegment),
            "" if segments.peek().is_some() => return Err(PathRefused::EmptySegment),
            _ => {}
        }
    }
    Ok(NormalPath(path))
}

fn check_byte(byte: u8) -> Result<(), PathRefused> {
    match byte {
        _ if byte == b'/' || PLAIN.contains(&byte) || byte.is_ascii_alphanumeric() => Ok(()),
        b'%' => Err(PathRefused::Encoded),
        b'\\' => Err(PathRefused::Backslash),
        b'?' | b'#' => Err(PathRefused::Delimiter),
        0..=0x1f | 0x7f => Err(PathRefused::Control),
        0x80.. => Err(PathRefused::NotAscii),
        _ => Err(PathRefused::Character),
    }
}
