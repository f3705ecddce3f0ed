//! Passwords, as given and as kept.

use std::fmt;

/// More bytes than this are refused before any hashing.
const MAX_BYTES: usize = 512;

/// A password as someone typed it. `Debug` hides it.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// The rule for a new password, for people.
    pub const EXPECTED: &'static str = "8 to 128 characters";
    /// The rule for a password that is only tried, for people.
    pub const EXPECTED_ATTEMPT: &'static str = "a password, at most 512 bytes";

    /// Reads a password that an account is to have: 8 to 128 characters, in any
    /// script (NIST SP 800-63B section 5.1.1.2 asks for length, not for composition).
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (8..=128).contains(&text.chars().count());
        fits.then(|| Self(text.to_owned()))
    }

    /// Reads a password that someone tries: anything that is there and not huge, so
    /// that a changed rule locks nobody out.
    pub fn parse_attempt(text: &str) -> Option<Self> {
        let fits = (1..=MAX_BYTES).contains(&text.len());
        fits.then(|| Self(text.to_owned()))
    }

    /// The bytes to hash.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(hidden)")
    }
}

/// A password hash in the PHC string format, salt and parameters included.
/// `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes what a hasher made or a store kept.
    pub fn from_phc(text: String) -> Self {
        Self(text)
    }

    /// The PHC string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(hidden)")
    }
}
